"""What the platform that is asked for can start; without one asked for there is nothing to say."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.catalog.platforms import Platform
from pcisolve.firmware.guest_view import guest_domain
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of


def platform_of(problem: Problem) -> Platform | None:
    """The platform asked for; None when none is."""
    return problem.catalog.platform(problem.options.platform) if problem.options.platform else None


class _PlatformRule(Rule[Controller]):
    """Shared by the platform rules: their breaches follow from the controllers alone."""

    stage = "qemu"

    def keeps(self, layout: Layout, case: Controller) -> bool:
        """Whether the platform has what the controller needs."""
        raise NotImplementedError

    def candidates(self, question: Question) -> Iterable[Controller]:
        """The controllers the rule looks at."""
        return question.problem.roots

    def cases(self, question: Question) -> Iterable[Controller]:
        if platform_of(question.problem) is None:
            return ()
        layout = question.layout
        return [one for one in self.candidates(question) if not self.keeps(layout, one)]

    def check(self, layout: Layout, case: Controller) -> bool:
        return self.keeps(layout, case)

    def _points(self, case: Controller) -> tuple[Point, ...]:
        node = case.node or case.view
        return (Point(node, "index" if "index" in node.attributes else ""),)


class PlatformDomains(_PlatformRule):
    """The platform asked for has as many PCI domains as the guest has roots, with those numbers.

    Most have one: x86 and ARM machines of QEMU. --platform names the platform; without it this is a note.
    """

    id = "platform-domains"
    source = "models/platforms; plat-qemu-x86-arm, plat-pseries, plat-cloud-hypervisor, plat-acpi"
    allows = ("q35: <memballoon model='virtio'/>",)

    def keeps(self, layout: Layout, case: Controller) -> bool:
        platform, problem = platform_of(layout.problem), layout.problem
        if platform is None or problem.machine.zpci:
            return True
        if platform.domains == 1:
            return case is problem.roots[0]
        return guest_domain(layout, case) < platform.first_domain + platform.domains

    def tell(self, question: Question, case: Controller) -> Telling:
        platform, problem = platform_of(question.problem), question.problem
        if platform is None or platform.domains == 1:
            able = [one.name for one in problem.catalog.platforms() if one.hypervisor and one.domains > 1]
            message = (
                f"{problem.options.platform} has one PCI domain, so it cannot start {name_of(case)}; "
                f"platforms with several: {', '.join(able)}"
            )
        else:
            domain = guest_domain(question.layout, case)
            last = platform.first_domain + platform.domains - 1
            message = f"{name_of(case)} is PCI domain {domain:04x}; the last one of {platform.name} is {last:04x}"
        return Telling(message, self._points(case))


class PlatformBridges(_PlatformRule):
    """The platform asked for has PCI bridges, if the guest has some."""

    id = "platform-bridges"
    source = "models/platforms; plat-cloud-hypervisor"
    allows = ("q35: <memballoon model='virtio'/>",)

    def candidates(self, question: Question) -> Iterable[Controller]:
        return [one for one in question.controllers if not one.is_root]

    def keeps(self, layout: Layout, case: Controller) -> bool:
        platform = platform_of(layout.problem)
        return platform is None or platform.bridges or layout.problem.machine.zpci

    def tell(self, question: Question, case: Controller) -> Telling:
        name = question.problem.options.platform
        message = f"{name} has no PCI bridges, so it cannot start {name_of(case)}; devices sit on the roots there"
        return Telling(message, self._points(case))


class PlatformFunctions(Rule[Part]):
    """The platform asked for has slots of several functions, if the guest uses them."""

    id = "platform-multifunction"
    place = True
    stage = "qemu"
    source = "models/platforms; plat-cloud-hypervisor, plat-s390"
    allows = ("q35: <memballoon model='virtio'/>",)

    def cases(self, question: Question) -> Iterable[Part]:
        platform = platform_of(question.problem)
        if platform is None or platform.multifunction or question.problem.machine.zpci:
            return ()
        return [part for part in question.placed if question.choice.places[part].function]

    def check(self, layout: Layout, case: Part) -> bool:
        return layout.places[case].function == 0

    def tell(self, question: Question, case: Part) -> Telling:
        name, where = question.problem.options.platform, question.choice.addresses[case]
        message = f"{name_of(case)} is at {where}; slots of {name} have function 0 only"
        return Telling(message, (Point(case.place_node, "function" if case.address_node is not None else ""),))


RULES: tuple[Rule[Controller] | Rule[Part], ...] = (PlatformDomains(), PlatformBridges(), PlatformFunctions())

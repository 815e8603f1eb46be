"""Controllers of the PIIX3 chip on machines with another chipset."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.core.kinds import CONVENTIONAL
from pcisolve.problem.layout import Layout
from pcisolve.problem.own_place import at_own_place
from pcisolve.problem.parts import Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Question, Rule, Telling, name_of, point


class Piix3Place(Rule[Part]):
    """The place of a PIIX3 controller is for a bus 0 that is conventional PCI.

    libvirt takes USB controller 0 of model piix3-uhci, or of none where that is the default, for the one inside the
    PIIX3 when it is at 0000:00:01.2, and IDE controller 0 at 0000:00:01.1, on every machine. That is what is left when
    a guest is changed from pc to q35. Anywhere else on bus 0 a piix3-uhci is an ordinary device.
    """

    id = "piix3-usb-place"
    impossible = True
    source = "libvirt src/qemu/qemu_domain_address.c qemuDomainCollectPCIAddress, tried with 9.0.0"
    allows = (
        "pc: <controller type='usb' index='0' model='piix3-uhci'><address type='pci' slot='1' function='2'/>"
        "</controller>",
        "q35: <controller type='usb' index='0' model='piix3-uhci'><address type='pci' slot='2'/></controller>",
        "pseries: <controller type='usb' index='0' model='piix3-uhci'><address type='pci' slot='1' function='2'/>"
        "</controller>",
    )
    forbids = (
        "q35: <controller type='usb' index='0' model='piix3-uhci'><address type='pci' slot='1' function='2'/>"
        "</controller>",
        "q35: <controller type='usb' index='0'><address type='pci' slot='1' function='2'/></controller>",
    )

    def cases(self, question: Question) -> Iterable[Part]:
        problem = question.problem
        return [part for part in problem.by_kind("controller") if not self._keeps(problem, part)]

    def _keeps(self, problem: Problem, part: Part) -> bool:
        root = problem.table.by_index.get(0)
        if root is None or root.model is None or root.model.accepts & CONVENTIONAL:
            return True
        return not at_own_place(part)

    def check(self, layout: Layout, case: Part) -> bool:
        return self._keeps(layout.problem, case)

    def tell(self, question: Question, case: Part) -> Telling:
        family, where = question.problem.machine.family, case.pinned
        message = (
            f"{name_of(case)} is at {where}, which libvirt takes for its place inside a PIIX3 chip; "
            f"bus 0 of {family} is PCI Express, and the PIIX3 needs conventional PCI"
        )
        return Telling(message, (point(case, "slot"),))


RULES: tuple[Rule[Part], ...] = (Piix3Place(),)

"""What --policy libvirt adds to the laws: libvirt's own choice, and where its search gives up."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.core.address import HIGHEST_FLAT_INDEX
from pcisolve.core.kinds import spoken
from pcisolve.firstfit.run import NO_ROOM_FOR_ADDED
from pcisolve.problem.choice import Failure
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.rules.blame import is_added, why_added
from pcisolve.rules.rule import Question, Rule, Telling, name_of, point


class AskedAddress(Rule[Part]):
    """An address in the input is kept.

    libvirt makes one exception: an address one bus above the highest, where a bridge must be added first,
    moves up by one bus (explicit-bus-bumped).
    """

    id = "address-as-asked"
    source = "libvirt src/conf/domain_addr.c, tried with 9.0.0"
    allows = ("q35: <memballoon model='virtio'><address type='pci' slot='3'/></memballoon>",)

    def cases(self, question: Question) -> Iterable[Part]:
        return [part for part in question.problem.parts if part.pinned is not None and part in question.choice.places]

    def check(self, layout: Layout, case: Part) -> bool:
        if case in layout.choice.moved or case.pinned is None:
            return True
        here, asked = layout.places.get(case), case.pinned
        return here is not None and here[1:] == (asked.slot, asked.function)

    def tell(self, question: Question, case: Part) -> Telling:
        return Telling(f"{name_of(case)} asks for {case.asked}", (point(case),))


class SearchEnds(Rule[Failure]):
    """Every part that needs a place finds one.

    libvirt adds root ports for express devices and bridges (on pseries: roots) for conventional ones, and
    nothing for controllers that need a special bus.
    """

    id = "alg-find"
    room = True
    source = "libvirt src/conf/domain_addr.c virDomainPCIAddressSetGrow, tried with 9.0.0"
    allows = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'/>"
        "<controller type='pci' index='2' model='pcie-switch-upstream-port'/>"
        "<controller type='pci' index='3' model='pcie-switch-downstream-port'/>",
    )
    forbids = ("q35: <controller type='pci' index='1' model='pcie-switch-downstream-port'/>",)

    def cases(self, question: Question) -> Iterable[Failure]:
        if question.problem.flat and any(one.index > HIGHEST_FLAT_INDEX for one in question.controllers):
            return ()  # rule index-max-255 says it, and nothing is searched for up there
        return [one for one in question.choice.failures if one.rule != "no-pci-buses"]

    def check(self, layout: Layout, case: Failure) -> bool:
        if case.rule in ("alg-busnr", "phb-max-31"):
            option = "busNr" if case.rule == "alg-busnr" else "index"
            return isinstance(case.part, Controller) and layout.target(case.part, option) is not None
        if case.rule == NO_ROOM_FOR_ADDED:
            return False
        return case.part in layout.places

    def tell(self, question: Question, case: Failure) -> Telling:
        part, problem = case.part, question.problem
        if is_added(part):
            what, where = why_added(problem)
            message = f"{what}: libvirt adds the missing controllers below it, and there is no room for all of them"
            return Telling(message, (where,), (self._needs(case),))
        message = self._needs(case)
        if case.rule == "alg-busnr":
            message += "; give it a busNr by hand"
        return Telling(message, (point(part),))

    def _needs(self, case: Failure) -> str:
        part = case.part
        if case.rule == "alg-busnr":
            return f"{name_of(part)} needs a busNr, and none is left below the lowest one"
        if case.rule == "phb-max-31":
            return f"{name_of(part)} needs a target index, and all 31 are taken"
        nothing = ", and libvirt adds no controller that has one" if isinstance(part, Controller) else ""
        return f"no place is left for {name_of(part)}: it needs a free slot that takes {spoken(part.needs)}{nothing}"


RULES: tuple[Rule[Part] | Rule[Failure], ...] = (AskedAddress(), SearchEnds())

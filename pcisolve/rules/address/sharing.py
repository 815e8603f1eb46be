"""Parts against each other and against the chipset: one place, one part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from pcisolve.catalog.machines import Fixed, Reserved
from pcisolve.catalog.matching import matches
from pcisolve.core.address import Address
from pcisolve.problem.choice import Place
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.rules.rule import Question, Rule, Telling, name_of, point

if TYPE_CHECKING:
    from pcisolve.placing.layout_model import LayoutModel


class Shared(NamedTuple):
    """Parts that ask for one place, and what the chipset has there."""

    place: Place
    parts: tuple[Part, ...]
    reserved: Reserved | None


class Duplicate(Rule[Shared]):
    """No two parts share an address, and none sits on a function of the chipset."""

    id = "addr-duplicate"
    common = True
    source = "libvirt src/conf/domain_addr.c virDomainPCIAddressReserveAddrInternal, tried with 9.0.0"
    allows = (
        "q35: <memballoon model='virtio'><address type='pci' slot='3'/></memballoon>"
        "<rng model='virtio'><address type='pci' slot='3' function='1'/></rng>",
    )
    forbids = (
        "q35: <memballoon model='virtio'><address type='pci' slot='3'/></memballoon>"
        "<rng model='virtio'><address type='pci' slot='3'/></rng>",
        "q35: <memballoon model='virtio'><address type='pci' slot='0x1f'/></memballoon>",
    )

    def cases(self, question: Question) -> Iterator[Shared]:
        places: dict[Place, list[Part]] = {}
        for part in question.placed:
            places.setdefault(question.choice.places[part], []).append(part)
        chipset = {Place(0, one.slot, one.function): one for one in question.problem.machine.reserved}
        for place, parts in places.items():
            if len(parts) > 1 or place in chipset:
                yield Shared(place, tuple(parts), chipset.get(place))

    def check(self, layout: Layout, case: Shared) -> bool:
        here = [part for part in case.parts if layout.places.get(part) == case.place]
        return len(here) + (case.reserved is not None) <= 1

    def post(self, model: LayoutModel) -> None:
        from pcisolve.placing.slots import give_slots

        give_slots(model)

    def tell(self, question: Question, case: Shared) -> Telling:
        first = case.parts[0]
        address = question.choice.addresses[first]
        if case.reserved is not None:
            message = f"{name_of(first)} is at {address}, where the machine has its {case.reserved.what}"
            return Telling(message, (point(first, "slot"),))
        parts = sorted(case.parts, key=lambda part: part.place_node.number)
        message = f"{' and '.join(name_of(part) for part in parts[:2])} are both at {address}"
        if len(parts) > 2:
            message = f"{len(parts)} parts are at {address}"
        points = [point(parts[-1], "slot"), *(point(part, "slot", "is there already") for part in parts[:-1])]
        return Telling(message, tuple(points))


class FixedPart(NamedTuple):
    """A part that the chipset has at one place."""

    part: Part
    fixed: Fixed


class FixedPlace(Rule[FixedPart]):
    """Some controllers are part of the chipset and have their place there."""

    id = "chipset-place"
    source = "libvirt src/qemu/qemu_domain_address.c, tried with 9.0.0: piix3-ide, piix3-usb, q35-sata"
    allows = ("q35: <controller type='sata' index='0'><address type='pci' slot='0x1f' function='2'/></controller>",)
    forbids = ("q35: <controller type='sata' index='0'><address type='pci' slot='3'/></controller>",)

    def cases(self, question: Question) -> Iterator[FixedPart]:
        for fixed in question.problem.machine.fixed:
            for part in question.problem.by_kind(fixed.element):
                if part in question.choice.places and matches(fixed.when, part.view):
                    yield FixedPart(part, fixed)

    def check(self, layout: Layout, case: FixedPart) -> bool:
        return layout.places[case.part] == (0, case.fixed.slot, case.fixed.function)

    def tell(self, question: Question, case: FixedPart) -> Telling:
        home = Address(0, 0, case.fixed.slot, case.fixed.function)
        message = f"{name_of(case.part)} is part of the chipset and always at {home}"
        return Telling(message, (point(case.part, "slot"),))


RULES: tuple[Rule[Shared] | Rule[FixedPart], ...] = (Duplicate(), FixedPlace())

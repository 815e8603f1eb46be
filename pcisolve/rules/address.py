"""An address against its own limits and against the bus it names (sections 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.catalog.machines import Fixed, Reserved
from pcisolve.catalog.matching import matches
from pcisolve.core.address import FUNCTIONS_PER_SLOT, SLOTS_PER_BUS, Address
from pcisolve.core.kinds import ENDPOINT, spoken
from pcisolve.encoding.desk import ANYWHERE, Desk
from pcisolve.problem.firstfit.choice import Place
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of, point

HIGHEST_BUS = 0xFF
LAST_SLOT = SLOTS_PER_BUS - 1


class _AskedNumber(Rule[Part]):
    """Shared by the three limits on the numbers of an address."""

    attribute: str
    highest: int

    def cases(self, question: Question) -> Iterable[Part]:
        return [part for part in question.problem.parts if part.pinned is not None]

    def encode(self, desk: Desk, case: Part) -> None:
        desk.require(self.claim(case), self._value(case) <= self.highest)

    def check(self, layout: Layout, case: Part) -> bool:
        return not self._value(case) > self.highest

    def _value(self, case: Part) -> int:
        asked = case.pinned
        return int(getattr(asked, self.attribute)) if asked is not None else 0

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"{name_of(case)} asks for {self.attribute} {self._value(case)}; the highest is {self.highest}"
        return Telling(message, (point(case, self.attribute),))


class SlotNumber(_AskedNumber):
    """A slot is at most 31."""

    id = "addr-slot-5bit"
    source = "libvirt src/util/virpci.c, tried with 9.0.0; PCI: five bits"
    attribute, highest = "slot", SLOTS_PER_BUS - 1
    allows = ("q35: <memballoon model='virtio'><address type='pci' slot='30'/></memballoon>",)
    forbids = ("q35: <memballoon model='virtio'><address type='pci' slot='32'/></memballoon>",)


class FunctionNumber(_AskedNumber):
    """A function is at most 7."""

    id = "addr-function-3bit"
    source = "libvirt src/util/virpci.c, tried with 9.0.0; PCI: three bits"
    attribute, highest = "function", FUNCTIONS_PER_SLOT - 1
    allows = ("q35: <memballoon model='virtio'><address type='pci' slot='3' function='7'/></memballoon>",)
    forbids = ("q35: <memballoon model='virtio'><address type='pci' slot='3' function='8'/></memballoon>",)


class BusNumber(_AskedNumber):
    """In today's scheme a bus is at most 0xff.

    The multi-domain scheme counts buses instead of bounding their ids; --bus-bits bounds them there too.
    """

    id = "addr-bus-8bit"
    source = "libvirt src/util/virpci.c, tried with 9.0.0"
    attribute, highest = "bus", HIGHEST_BUS
    allows = (
        "pc: <controller type='pci' index='255' model='pci-bridge'/><memballoon model='virtio'>"
        "<address type='pci' bus='0xff' slot='1'/></memballoon>",
    )
    forbids = ("q35: <memballoon model='virtio'><address type='pci' bus='0x100' slot='0'/></memballoon>",)

    def cases(self, question: Question) -> Iterable[Part]:
        bounded = question.problem.flat or question.problem.options.bus_bits == 8
        return super().cases(question) if bounded else ()


class DomainZero(Rule[Part]):
    """In today's scheme every address is in PCI domain 0."""

    id = "addr-domain-zero"
    source = "libvirt src/conf/domain_addr.c virDomainPCIAddressValidate, tried with 9.0.0"
    allows = ("q35: <memballoon model='virtio'><address type='pci' domain='0' slot='3'/></memballoon>",)
    forbids = ("q35: <memballoon model='virtio'><address type='pci' domain='1' slot='3'/></memballoon>",)

    def cases(self, question: Question) -> Iterable[Part]:
        if not question.problem.flat:
            return ()
        return [part for part in question.problem.parts if part.pinned is not None and part.pinned.domain]

    def encode(self, desk: Desk, case: Part) -> None:
        desk.require(self.claim(case), case.pinned is None or case.pinned.domain == 0)

    def check(self, layout: Layout, case: Part) -> bool:
        return case.pinned is None or not case.pinned.domain

    def tell(self, question: Question, case: Part) -> Telling:
        asked = case.pinned or Address(0, 0, 0, 0)
        message = (
            f"{name_of(case)} asks for PCI domain {asked.domain:#06x}, but there is only domain 0; "
            f"--scheme multi-domain reads root controllers as further domains"
        )
        return Telling(message, (point(case, "domain"),))


class AskedBus(NamedTuple):
    """A part and the index of the controller whose bus it is on."""

    part: Part
    bus: int


class BusExists(Rule[AskedBus]):
    """A controller must provide the bus an address names."""

    id = "addr-bus-exists"
    source = "libvirt src/conf/domain_addr.c virDomainPCIAddressValidate, tried with 9.0.0"
    allows = ("q35: <memballoon model='virtio'><address type='pci' bus='1' slot='0'/></memballoon>",)
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-expander-bus'>"
        "<address type='pci' bus='9' slot='0'/></controller>",
    )

    def cases(self, question: Question) -> Iterable[AskedBus]:
        if not question.problem.flat:
            return ()
        places = question.choice.places
        return [AskedBus(part, places[part].provider) for part in question.placed if part.pinned and part.needs]

    def encode(self, desk: Desk, case: AskedBus) -> None:
        desk.require(self.claim(case), desk.code(Place(case.bus, 0, 0)) is not None)

    def check(self, layout: Layout, case: AskedBus) -> bool:
        return layout.provider(case.part) is not None

    def tell(self, question: Question, case: AskedBus) -> Telling:
        what, who = spoken(case.part.needs), name_of(case.part)
        message = f"{who} is on bus {case.bus:#04x}, which no controller provides; none can be added for {what}"
        return Telling(message, (point(case.part, "bus"),))


class _OnBus(Rule[Part]):
    """Shared by the rules about a part and the bus it is on."""

    def cases(self, question: Question) -> Iterable[Part]:
        return [part for part in question.placed if part.needs]

    def provider(self, question: Question, case: Part) -> Controller | None:
        index = question.choice.places[case].provider
        return next((one for one in question.controllers if one.index == index), None)

    def points(self, question: Question, case: Part, attribute: str) -> tuple[Point, ...]:
        provider = self.provider(question, case)
        if provider is None or provider.node is None:
            return (point(case, attribute),)
        return (point(case, attribute), Point(provider.node, "model", "provides that bus"))


class KindMatch(_OnBus):
    """A controller takes only the kinds of parts its bus is made for.

    Conventional and express devices may be mixed by explicit address and by the chipset; libvirt's own
    search does not.
    """

    id = "addr-kind-match"
    source = "libvirt src/conf/domain_addr.c virDomainPCIAddressFlagsCompatible, tried with 9.0.0"
    allows = ("q35: <memballoon model='virtio'><address type='pci' slot='3'/></memballoon>",)
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-expander-bus'/>"
        "<memballoon model='virtio'><address type='pci' bus='1' slot='0'/></memballoon>",
    )

    def encode(self, desk: Desk, case: Part) -> None:
        desk.confine(self.claim(case), case, lambda one: ANYWHERE if _takes(one.model, case) else None)

    def check(self, layout: Layout, case: Part) -> bool:
        provider = layout.provider(case)
        if provider is None or provider.model is None:
            return True
        accepts = provider.model.accepts
        return bool(accepts & case.explicit_needs) or bool(accepts & ENDPOINT and case.explicit_needs & ENDPOINT)

    def tell(self, question: Question, case: Part) -> Telling:
        provider = self.provider(question, case)
        where = name_of(provider) if provider else "that bus"
        accepted = spoken(provider.model.accepts) if provider and provider.model else "nothing"
        message = f"{name_of(case)} is {spoken(case.needs)} and cannot be plugged into {where}, which takes {accepted}"
        return Telling(message, self.points(question, case, "bus"))


def _takes(model: ControllerModel | None, part: Part) -> bool:
    if model is None:
        return True  # rule model-required
    accepts = model.accepts
    return bool(part.explicit_needs & (accepts | ENDPOINT if accepts & ENDPOINT else accepts))


class SlotMin(_OnBus):
    """Slot 0 of most conventional buses is not for devices."""

    id = "addr-slot-min"
    source = "libvirt src/conf/domain_addr.c virDomainPCIAddressBusSetModel, tried with 9.0.0"
    allows = ("pc: <memballoon model='virtio'><address type='pci' slot='3'/></memballoon>",)
    forbids = (
        "pc: <controller type='pci' index='1' model='pci-bridge'/>"
        "<memballoon model='virtio'><address type='pci' bus='1' slot='0'/></memballoon>",
    )

    def encode(self, desk: Desk, case: Part) -> None:
        desk.confine(self.claim(case), case, lambda one: (one.model.min_slot, LAST_SLOT) if one.model else ANYWHERE)

    def check(self, layout: Layout, case: Part) -> bool:
        provider = layout.provider(case)
        return provider is None or provider.model is None or layout.places[case].slot >= provider.model.min_slot

    def tell(self, question: Question, case: Part) -> Telling:
        provider = self.provider(question, case)
        lowest = provider.model.min_slot if provider and provider.model else 0
        where = name_of(provider) if provider else "that bus"
        slot = question.choice.places[case].slot
        message = f"{name_of(case)} is in slot {slot} of {where}, whose lowest slot is {lowest}"
        return Telling(message, self.points(question, case, "slot"))


class SlotMax(_OnBus):
    """A port has one slot, slot 0; other buses have 32."""

    id = "addr-slot-max"
    source = "libvirt src/conf/domain_addr.c virDomainPCIAddressBusSetModel, tried with 9.0.0"
    allows = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'/><memballoon model='virtio'>"
        "<address type='pci' bus='1' slot='0'/></memballoon>",
    )
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'/>"
        "<memballoon model='virtio'><address type='pci' bus='1' slot='1'/></memballoon>",
    )

    def encode(self, desk: Desk, case: Part) -> None:
        desk.confine(self.claim(case), case, lambda one: (0, one.model.max_slot) if one.model else ANYWHERE)

    def check(self, layout: Layout, case: Part) -> bool:
        provider = layout.provider(case)
        return provider is None or provider.model is None or not layout.places[case].slot > provider.model.max_slot

    def tell(self, question: Question, case: Part) -> Telling:
        provider = self.provider(question, case)
        highest = provider.model.max_slot if provider and provider.model else 31
        where = name_of(provider) if provider else "that bus"
        slot = question.choice.places[case].slot
        only = "has only slot 0" if highest == 0 else f"has no slot above {highest}"
        message = f"{name_of(case)} is in slot {slot} of {where}, which {only}"
        return Telling(message, self.points(question, case, "slot"))


class Integrated(_OnBus):
    """Some devices are part of the root complex and sit on bus 0 of domain 0."""

    id = "integrated-bus0"
    source = "libvirt src/conf/domain_addr.c VIR_PCI_CONNECT_INTEGRATED, tried with 9.0.0"
    allows = ("q35: <iommu model='virtio'/>",)
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'/>"
        "<iommu model='virtio'><address type='pci' bus='1' slot='0'/></iommu>",
    )

    def cases(self, question: Question) -> Iterable[Part]:
        return [part for part in question.placed if part.integrated]

    def encode(self, desk: Desk, case: Part) -> None:
        desk.confine(self.claim(case), case, lambda one: ANYWHERE if one.index == 0 else None)

    def check(self, layout: Layout, case: Part) -> bool:
        return layout.places[case].provider == 0

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"{name_of(case)} is an integrated device and must be on bus 0 of domain 0"
        return Telling(message, (point(case, "bus"),))


class Shared(NamedTuple):
    """Parts that ask for one place, and what the chipset has there."""

    place: Place
    parts: tuple[Part, ...]
    reserved: Reserved | None


class Duplicate(Rule[Shared]):
    """No two parts share an address, and none sits on a function of the chipset."""

    id = "addr-duplicate"
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

    def encode(self, desk: Desk, case: Shared) -> None:
        if len(case.parts) > 1:
            desk.differ(self.claim(case), case.parts)
        code = desk.code(case.place)
        if case.reserved is not None and code is not None:
            for part in case.parts:
                desk.limit(self.claim(case), part, [(-1, code - 1), (code + 1, code + (1 << 40))])

    def check(self, layout: Layout, case: Shared) -> bool:
        here = [part for part in case.parts if layout.places.get(part) == case.place]
        return len(here) + (case.reserved is not None) <= 1

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


class AllPlacesDiffer(Rule[tuple[Part, ...]]):
    """No two parts are given one place.

    The same law as addr-duplicate, said once over everything that is placed, so that no choice of the
    solver can break it.
    """

    id = "places-differ"
    source = "libvirt src/conf/domain_addr.c virDomainPCIAddressReserveAddrInternal"
    allows = ("q35: <memballoon model='virtio'/><rng model='virtio'/>",)

    def cases(self, question: Question) -> Iterable[tuple[Part, ...]]:
        parts = tuple(part for part in question.placed if part.pinned is None)
        return (parts,) if parts else ()

    def encode(self, desk: Desk, case: tuple[Part, ...]) -> None:
        desk.differ(self.claim(case), case)

    def check(self, layout: Layout, case: tuple[Part, ...]) -> bool:
        return len({layout.places[part] for part in case}) == len(case)

    def tell(self, question: Question, case: tuple[Part, ...]) -> Telling:
        return Telling(f"{len(case)} parts need places of their own", tuple(point(part) for part in case[:1]))


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

    def encode(self, desk: Desk, case: FixedPart) -> None:
        desk.fix(self.claim(case), case.part, Place(0, case.fixed.slot, case.fixed.function))

    def check(self, layout: Layout, case: FixedPart) -> bool:
        return layout.places[case.part] == (0, case.fixed.slot, case.fixed.function)

    def tell(self, question: Question, case: FixedPart) -> Telling:
        home = Address(0, 0, case.fixed.slot, case.fixed.function)
        message = f"{name_of(case.part)} is part of the chipset and always at {home}"
        return Telling(message, (point(case.part, "slot"),))


RULES: tuple[Rule[Part] | Rule[AskedBus] | Rule[Shared] | Rule[FixedPart] | Rule[tuple[Part, ...]], ...] = (
    SlotNumber(),
    FunctionNumber(),
    BusNumber(),
    DomainZero(),
    BusExists(),
    KindMatch(),
    SlotMin(),
    SlotMax(),
    Integrated(),
    Duplicate(),
    AllPlacesDiffer(),
    FixedPlace(),
)

"""An address against the bus it names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.core.address import SLOTS_PER_BUS
from pcisolve.core.kinds import ENDPOINT, spoken
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.rules.blame import machine_notes
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of, point
from pcisolve.rules.structural import Structural

if TYPE_CHECKING:
    from pcisolve.placing.index_model import IndexModel

LAST_SLOT = SLOTS_PER_BUS - 1


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

    def check(self, layout: Layout, case: AskedBus) -> bool:
        return layout.provider(case.part) is not None

    def tell(self, question: Question, case: AskedBus) -> Telling:
        what, who = spoken(case.part.needs), name_of(case.part)
        message = f"{who} is on bus {case.bus:#04x}, which no controller provides; none can be added for {what}"
        return Telling(message, (point(case.part, "bus"),))


class _OnBus(Structural[Part]):
    """Shared by the rules about a part and the bus it is on. What the chipset has on bus 0 needs no bus to agree."""

    def cases(self, question: Question) -> Iterable[Part]:
        chipset = question.choice.chipset
        return [part for part in question.placed if part.needs and part not in chipset]

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
    definition = True
    follows_from = ("rfc-own-address",)
    source = "libvirt src/conf/domain_addr.c virDomainPCIAddressFlagsCompatible, tried with 9.0.0"
    allows = ("q35: <memballoon model='virtio'><address type='pci' slot='3'/></memballoon>",)
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-expander-bus'/>"
        "<memballoon model='virtio'><address type='pci' bus='1' slot='0'/></memballoon>",
    )

    def number(self, model: IndexModel, case: Part) -> None:
        from pcisolve.placing.index_model import ANYWHERE

        model.confine(case, lambda one: ANYWHERE if _takes(one.model, case) else None)

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
        return Telling(message, self.points(question, case, "bus"), machine_notes(question.problem))


def _takes(model: ControllerModel | None, part: Part) -> bool:
    if model is None:
        return True  # rule model-required
    accepts = model.accepts
    return bool(part.explicit_needs & (accepts | ENDPOINT if accepts & ENDPOINT else accepts))


class SlotMin(_OnBus):
    """Slot 0 of most conventional buses is not for devices."""

    id = "addr-slot-min"
    definition = True
    follows_from = ("rfc-own-address",)
    source = "libvirt src/conf/domain_addr.c virDomainPCIAddressBusSetModel, tried with 9.0.0"
    allows = ("pc: <memballoon model='virtio'><address type='pci' slot='3'/></memballoon>",)
    forbids = (
        "pc: <controller type='pci' index='1' model='pci-bridge'/>"
        "<memballoon model='virtio'><address type='pci' bus='1' slot='0'/></memballoon>",
    )

    def number(self, model: IndexModel, case: Part) -> None:
        from pcisolve.placing.index_model import ANYWHERE

        model.confine(case, lambda one: (one.model.min_slot, LAST_SLOT) if one.model else ANYWHERE)

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
    definition = True
    follows_from = ("rfc-own-address",)
    source = "libvirt src/conf/domain_addr.c virDomainPCIAddressBusSetModel, tried with 9.0.0"
    allows = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'/><memballoon model='virtio'>"
        "<address type='pci' bus='1' slot='0'/></memballoon>",
    )
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'/>"
        "<memballoon model='virtio'><address type='pci' bus='1' slot='1'/></memballoon>",
    )

    def number(self, model: IndexModel, case: Part) -> None:
        from pcisolve.placing.index_model import ANYWHERE

        model.confine(case, lambda one: (0, one.model.max_slot) if one.model else ANYWHERE)

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


class Integrated(Rule[Part]):
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

    def check(self, layout: Layout, case: Part) -> bool:
        return layout.places[case].provider == 0

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"{name_of(case)} is an integrated device and must be on bus 0 of domain 0"
        return Telling(message, (point(case, "bus"),))


RULES: tuple[Rule[Part] | Rule[AskedBus], ...] = (BusExists(), KindMatch(), SlotMin(), SlotMax(), Integrated())

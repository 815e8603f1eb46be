"""An address against its own limits."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.core.address import FUNCTIONS_PER_SLOT, SLOTS_PER_BUS, Address
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.rules.rule import Question, Rule, Telling, name_of, point

HIGHEST_BUS = 0xFF


class _AskedNumber(Rule[Part]):
    """Shared by the three limits on the numbers of an address, which count even where libvirt drops it."""

    attribute: str
    highest: int

    def cases(self, question: Question) -> Iterable[Part]:
        return [part for part in question.problem.parts if part.asked is not None]

    def check(self, layout: Layout, case: Part) -> bool:
        return not self._value(case) > self.highest

    def _value(self, case: Part) -> int:
        asked = case.asked
        return int(getattr(asked, self.attribute)) if asked is not None else 0

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"{name_of(case)} asks for {self.attribute} {self._value(case)}; the highest is {self.highest}"
        return Telling(message, (point(case, self.attribute),))


class SlotNumber(_AskedNumber):
    """A slot is at most 31."""

    id = "addr-slot-5bit"
    common = True
    source = "libvirt src/util/virpci.c, tried with 9.0.0; PCI: five bits"
    attribute = "slot"
    highest = SLOTS_PER_BUS - 1
    allows = ("q35: <memballoon model='virtio'><address type='pci' slot='30'/></memballoon>",)
    forbids = ("q35: <memballoon model='virtio'><address type='pci' slot='32'/></memballoon>",)


class FunctionNumber(_AskedNumber):
    """A function is at most 7; of an address that names no place it is not looked at (fact addr-all-zero-is-unset)."""

    id = "addr-function-3bit"
    common = True
    source = "libvirt src/util/virpci.c, tried with 9.0.0; PCI: three bits"
    attribute = "function"
    highest = FUNCTIONS_PER_SLOT - 1
    allows = ("q35: <memballoon model='virtio'><address type='pci' slot='3' function='7'/></memballoon>",)
    forbids = ("q35: <memballoon model='virtio'><address type='pci' slot='3' function='8'/></memballoon>",)

    def cases(self, question: Question) -> Iterable[Part]:
        return [part for part in question.problem.parts if part.asked is not None and not part.asked.is_unset]


class BusNumber(_AskedNumber):
    """In today's scheme a bus is at most 0xff.

    The multi-domain scheme counts buses instead of bounding their ids; --bus-bits bounds them there too.
    """

    id = "addr-bus-8bit"
    common = True
    source = "libvirt src/util/virpci.c, tried with 9.0.0"
    attribute = "bus"
    highest = HIGHEST_BUS
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

    def check(self, layout: Layout, case: Part) -> bool:
        return case.pinned is None or not case.pinned.domain

    def tell(self, question: Question, case: Part) -> Telling:
        asked = case.pinned or Address(0, 0, 0, 0)
        message = (
            f"{name_of(case)} asks for PCI domain {asked.domain:#06x}, but there is only domain 0; "
            f"--scheme multi-domain reads root controllers as further domains"
        )
        return Telling(message, (point(case, "domain"),))


RULES: tuple[Rule[Part], ...] = (SlotNumber(), FunctionNumber(), BusNumber(), DomainZero())

"""PCI addresses, printed dddd:bb:ss.f as QEMU, libvirt and lspci do."""

from __future__ import annotations

from typing import NamedTuple

SLOTS_PER_BUS = 32
FUNCTIONS_PER_SLOT = 8
PLACES_PER_BUS = SLOTS_PER_BUS * FUNCTIONS_PER_SLOT


class Address(NamedTuple):
    """Where a part sits: PCI domain, bus of that domain, slot 0..31, function 0..7.

    Domain and bus are as written in the XML, not as the guest numbers them
    (rules.md: xml-bus-is-index). Widths in print are minimums (addr-print-format).
    """

    domain: int
    bus: int
    slot: int
    function: int

    def __str__(self) -> str:
        return f"{self.domain:04x}:{self.bus:02x}:{self.slot:02x}.{self.function:x}"

    @property
    def devfn(self) -> int:
        """Slot and function as one number 0..255, the order in which a bus is searched."""
        return self.slot * FUNCTIONS_PER_SLOT + self.function

    @property
    def is_unset(self) -> bool:
        """Domain, bus and slot all zero mean "please choose" (rules.md: addr-all-zero-is-unset)."""
        return not (self.domain or self.bus or self.slot)


def parse_address(text: str) -> Address:
    """Read dddd:bb:ss.f (hexadecimal).

    Raises:
        ValueError: the text is not of that form.
    """
    domain, bus, rest = text.split(":")
    slot, function = rest.split(".")
    return Address(int(domain, 16), int(bus, 16), int(slot, 16), int(function, 16))

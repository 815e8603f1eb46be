"""PCI addresses, printed dddd:bb:ss.f as QEMU, libvirt and lspci do."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

SLOTS_PER_BUS = 32
FUNCTIONS_PER_SLOT = 8
PLACES_PER_BUS = SLOTS_PER_BUS * FUNCTIONS_PER_SLOT
BUSES_PER_DOMAIN = 256  # PCI: the bus number of a transaction has eight bits (rule rfc-256)
HIGHEST_FLAT_INDEX = 255  # of a controller where there is one PCI domain (rule index-max-255)


class Address(NamedTuple):
    """Where a part sits: PCI domain, bus of that domain, slot 0..31, function 0..7.

    Domain and bus are as written in the XML, not as the guest numbers them
    (fact xml-bus-is-index). Widths in print are minimums (addr-print-format).
    """

    domain: int
    bus: int
    slot: int
    function: int

    def __str__(self) -> str:
        return _text(self)

    @property
    def devfn(self) -> int:
        """Slot and function as one number 0..255, the order in which a bus is searched."""
        return self.slot * FUNCTIONS_PER_SLOT + self.function

    @property
    def attributes(self) -> dict[str, str]:
        """As libvirt writes it in XML. Source of the widths: virPCIDeviceAddressFormat (rule addr-print-format)."""
        return dict(_attributes(self))

    @property
    def is_unset(self) -> bool:
        """Domain, bus and slot all zero mean "please choose" (fact addr-all-zero-is-unset)."""
        return not (self.domain or self.bus or self.slot)


# Both are remembered: the guests of a fleet have the same few addresses.


@lru_cache(maxsize=4096)
def _text(address: Address) -> str:
    return f"{address.domain:04x}:{address.bus:02x}:{address.slot:02x}.{address.function:x}"


@lru_cache(maxsize=4096)
def _attributes(address: Address) -> dict[str, str]:
    return {
        "domain": f"{address.domain:#06x}",
        "bus": f"{address.bus:#04x}",
        "slot": f"{address.slot:#04x}",
        "function": f"{address.function:#x}",
    }


def parse_address(text: str) -> Address:
    """Read dddd:bb:ss.f (hexadecimal).

    Raises:
        ValueError: the text is not of that form.
    """
    domain, bus, rest = text.split(":")
    slot, function = rest.split(".")
    return Address(int(domain, 16), int(bus, 16), int(slot, 16), int(function, 16))

"""Typed values out of elements; what cannot be read is kept as a finding, not raised."""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.core.address import Address
from pcisolve.core.node import Node
from pcisolve.core.numbers import parse_auto_radix, parse_decimal
from pcisolve.problem.parts import NO_ZPCI, ZpciIds

UINT32_MAX = 0xFFFFFFFF
INT32_MAX = 0x7FFFFFFF
_ADDRESS_TYPES = frozenset(
    {"pci", "drive", "virtio-serial", "ccid", "usb", "spapr-vio", "virtio-s390", "ccw", "virtio-mmio", "isa"}
    | {"dimm", "unassigned"}
)
_MAXIMUM = {"memReserve": (1 << 64) - 1}  # of <target> options; INT32_MAX for the others


class Unreadable(NamedTuple):
    """A value the parser of libvirt refuses: where, and what was expected instead."""

    rule: str
    node: Node
    attribute: str
    text: str
    expected: str


class Reader:
    """Reads typed values and collects what is unreadable, in document order."""

    def __init__(self) -> None:
        self.unreadable: list[Unreadable] = []

    def refuse(self, rule: str, node: Node, attribute: str, text: str, expected: str) -> None:
        """Keep a value as unreadable."""
        self.unreadable.append(Unreadable(rule, node, attribute, text, expected))

    def unsigned(
        self, node: Node, attribute: str, rule: str = "addr-parse-radix", limit: int = UINT32_MAX
    ) -> int | None:
        """A number with C radix; None when absent or unreadable."""
        text = node.attributes.get(attribute)
        if text is None:
            return None
        try:
            value = parse_auto_radix(text)
        except ValueError:
            value = -1
        if 0 <= value <= limit:
            return value
        self.refuse(rule, node, attribute, text, "a number such as 31, 0x1f or 037 (a leading 0 means octal)")
        return None

    def index(self, node: Node) -> int | None:
        """A controller index: decimal only (rule index-parse); None when absent or unreadable."""
        text = node.attributes.get("index")
        if text is None:
            return None
        try:
            value = parse_decimal(text)
        except ValueError:
            value = -1
        if 0 <= value <= INT32_MAX:
            return value
        self.refuse("index-parse", node, "index", text, "a decimal number from 0 to 2147483647")
        return None

    def word(self, node: Node, attribute: str, allowed: tuple[str, ...], rule: str) -> str | None:
        """One of a few words; None when absent or unreadable."""
        text = node.attributes.get(attribute)
        if text is None or text in allowed:
            return text
        self.refuse(rule, node, attribute, text, " or ".join(allowed))
        return None

    def address_type(self, address: Node) -> str:
        """The type of an <address>; "" when it is missing or unknown, which is refused."""
        text = address.attributes.get("type")
        if text in _ADDRESS_TYPES:
            return text
        self.refuse("addr-type", address, "type", text or "", "an address type such as pci, drive, usb or ccw")
        return ""

    def pci_address(self, address: Node) -> Address:
        """A PCI address as written; a missing attribute is 0 (rule addr-missing-attrs)."""
        number = self.unsigned
        return Address(
            number(address, "domain") or 0,
            number(address, "bus") or 0,
            number(address, "slot") or 0,
            number(address, "function") or 0,
        )

    def zpci(self, address: Node) -> ZpciIds:
        """The <zpci> child of an address; both ids None without one."""
        ids = address.first("zpci") if address.children else None
        if ids is None:
            return NO_ZPCI
        return ZpciIds(self.unsigned(ids, "uid"), self.unsigned(ids, "fid"))

    def targets(self, controller: Node, options: tuple[str, ...]) -> dict[str, int | str]:
        """The <target> options of a PCI controller, as far as they are readable (rules 1.4)."""
        found: dict[str, int | str] = {}
        target = controller.first("target")
        if target is None:
            return found
        for option in options:
            if option in target.attributes:
                value = self.unsigned(target, option, "target-number", _MAXIMUM.get(option, INT32_MAX))
                if value is not None:
                    found[option] = value
        hotplug = self.word(target, "hotplug", ("on", "off"), "target-hotplug")
        if hotplug is not None:
            found["hotplug"] = hotplug
        node = target.first("node")
        if node is not None:
            self._node(node, found)
        return found

    def _node(self, node: Node, found: dict[str, int | str]) -> None:
        try:
            found["node"] = parse_decimal(node.text)
        except ValueError:
            self.refuse("target-node", node, "", node.text, "the number of a guest NUMA cell")

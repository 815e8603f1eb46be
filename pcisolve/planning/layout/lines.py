"""Controllers as lines of XML, for trees that are built before libvirt's reading of them is asked for."""

from __future__ import annotations


class ControllerLines:
    """Writes PCI controllers with indexes from 1."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        """All lines."""
        return "".join(self._lines)

    def add(self, model: str, inner: str) -> int:
        """One more, with the elements that are in it; its index."""
        index = len(self._lines) + 1
        self._lines.append(f"    <controller type='pci' index='{index}' model='{model}'>{inner}</controller>\n")
        return index

    def expander(self, first: int, node: int | None) -> int:
        """One more PCI Express expander bus, with its first bus number and NUMA node; its index."""
        inner = "" if node is None else f"<node>{node}</node>"
        return self.add("pcie-expander-bus", f"<target busNr='{first}'>{inner}</target>")


def address_line(bus: int, slot: int, function: int, *, multifunction: bool = False) -> str:
    """The address of a controller on the bus of an earlier one."""
    multi = " multifunction='on'" if multifunction else ""
    return f"<address type='pci' domain='0x0000' bus='{bus:#04x}' slot='{slot:#04x}' function='{function:#x}'{multi}/>"

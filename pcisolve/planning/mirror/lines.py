"""The controllers of a mirrored tree as lines of XML, and where each of the host's functions goes."""

from __future__ import annotations

from pcisolve.core.address import FUNCTIONS_PER_SLOT, Address
from pcisolve.planning.mirror.shape import Branch, Shape

_BUSES = 256


class Lines:
    """Writes controllers with indexes from 1; an expander's bus numbers are taken from the highest down.

    Attributes:
        places: the guest's address of each function of the host.
    """

    def __init__(self, shapes: list[Shape], nodes: dict[int, int], *, on_zero: bool) -> None:
        self.places: dict[Address, Address] = {}
        self._lines: list[str] = []
        self._index = 0
        top = _BUSES
        for number, shape in enumerate(shapes):
            root = 0
            if number or not on_zero:
                top -= shape.ports + 1
                root = self._expander(top, None if shape.node is None else nodes[shape.node])
            for at, branch in enumerate(shape.kept()):
                self._branch(branch, root, at)

    @property
    def text(self) -> str:
        """All lines."""
        return "".join(self._lines)

    def _expander(self, bus: int, node: int | None) -> int:
        inner = "" if node is None else f"<node>{node}</node>"
        return self._add("pcie-expander-bus", f"<target busNr='{bus}'>{inner}</target>")

    def _branch(self, branch: Branch, root: int, at: int) -> None:
        slot, function = divmod(at, FUNCTIONS_PER_SLOT)
        # Bus 0 has devices of the chipset: libvirt finds the slots there.
        port = self._add("pcie-root-port", _address(root, slot, function) if root else "")
        if branch.cards == 1:
            self._card(branch.switches[0][0], port)
            return
        # The largest is the one that is dissolved: any saves the same, this keeps most cards near the root.
        first, *rest = sorted(branch.switches, key=len, reverse=True)
        upper = self._add("pcie-switch-upstream-port", _address(port, 0, 0))
        for number, functions in enumerate(first):
            self._card(functions, self._downstream(upper, number))
        for number, cards in enumerate(rest, len(first)):
            below = self._add("pcie-switch-upstream-port", _address(self._downstream(upper, number), 0, 0))
            for inner, functions in enumerate(cards):
                self._card(functions, self._downstream(below, inner))

    def _downstream(self, upstream: int, at: int) -> int:
        slot, function = divmod(at, FUNCTIONS_PER_SLOT)
        return self._add("pcie-switch-downstream-port", _address(upstream, slot, function))

    def _card(self, functions: list[Address], port: int) -> None:
        self.places.update((one, Address(0, port, 0, number)) for number, one in enumerate(functions))

    def _add(self, model: str, inner: str) -> int:
        self._index += 1
        self._lines.append(f"    <controller type='pci' index='{self._index}' model='{model}'>{inner}</controller>\n")
        return self._index


def _address(bus: int, slot: int, function: int) -> str:
    multi = " multifunction='on'" if function == 0 else ""
    return f"<address type='pci' domain='0x0000' bus='{bus:#04x}' slot='{slot:#04x}' function='{function:#x}'{multi}/>"

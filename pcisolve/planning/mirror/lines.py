"""The controllers of a mirrored tree as lines of XML, and where each of the host's functions goes."""

from __future__ import annotations

from pcisolve.core.address import FUNCTIONS_PER_SLOT, Address
from pcisolve.planning.layout.lines import ControllerLines, address_line
from pcisolve.planning.mirror.shape import Branch, Shape

_BUSES = 256


class Lines:
    """Writes controllers with indexes from 1; an expander's bus numbers are taken from the highest down.

    Attributes:
        places: the guest's address of each function of the host.
    """

    def __init__(self, shapes: list[Shape], nodes: dict[int, int], *, on_zero: bool) -> None:
        self.places: dict[Address, Address] = {}
        self._lines = ControllerLines()
        top = _BUSES
        for number, shape in enumerate(shapes):
            root = 0
            if number or not on_zero:
                top -= shape.ports + 1
                root = self._lines.expander(top, None if shape.node is None else nodes[shape.node])
            for at, branch in enumerate(shape.kept()):
                self._branch(branch, root, at)

    @property
    def text(self) -> str:
        """All lines."""
        return self._lines.text

    def _branch(self, branch: Branch, root: int, at: int) -> None:
        slot, function = divmod(at, FUNCTIONS_PER_SLOT)
        # Bus 0 has devices of the chipset: libvirt finds the slots there.
        port = self._lines.add("pcie-root-port", _address(root, slot, function) if root else "")
        if branch.cards == 1:
            self._card(branch.switches[0][0], port)
            return
        # The largest is the one that is dissolved: any saves the same, this keeps most cards near the root.
        first, *rest = sorted(branch.switches, key=len, reverse=True)
        upper = self._lines.add("pcie-switch-upstream-port", _address(port, 0, 0))
        for number, functions in enumerate(first):
            self._card(functions, self._downstream(upper, number))
        for number, cards in enumerate(rest, len(first)):
            below = self._lines.add("pcie-switch-upstream-port", _address(self._downstream(upper, number), 0, 0))
            for inner, functions in enumerate(cards):
                self._card(functions, self._downstream(below, inner))

    def _downstream(self, upstream: int, at: int) -> int:
        slot, function = divmod(at, FUNCTIONS_PER_SLOT)
        return self._lines.add("pcie-switch-downstream-port", _address(upstream, slot, function))

    def _card(self, functions: list[Address], port: int) -> None:
        self.places.update((one, Address(0, port, 0, number)) for number, one in enumerate(functions))


def _address(bus: int, slot: int, function: int) -> str:
    return address_line(bus, slot, function, multifunction=not function)

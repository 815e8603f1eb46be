"""SLOF (pseries): one BAR after the other, in the order of slots, each aligned to its size.

Memory below 4 GiB takes all but 64-bit prefetchable BARs; a bridge's windows begin at 1 MiB and 4 GiB and have room for
later: 1 MiB and 2 GiB. SLOF does not look whether it is beyond a window. Each host bridge has windows of its own.
Source: SLOF board-qemu/slof/pci-phb.fs, slof/fs/pci-scan.fs and pci-properties.fs; QEMU 7.2 hw/ppc/spapr.c
(spapr_phb_placement) and include/hw/pci-host/spapr.h.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.firmware.memory.tree import FOUR_GIB, GIB, MIB, Bus, Function, Outcome, Range, Windows, up

_BAR_LEAST: Final = 0x10000  # qemu,mem-bar-min-align
_LATER: Final = (MIB, 2 * GIB)  # that a bridge keeps free in its windows
_GRAIN: Final = (MIB, FOUR_GIB)


class Slof(NamedTuple):
    """The windows of a host bridge: below 4 GiB, and above."""

    low: Range
    high: Range


class _Walk:
    """What is next in each window, low and high."""

    __slots__ = ("addresses", "beyond", "next", "platform", "windows")

    def __init__(self, platform: Slof) -> None:
        self.platform = platform
        self.next = [platform.low.base, platform.high.base]
        self.beyond = [False, False]
        self.addresses: dict[tuple[Function, int], int] = {}
        self.windows: dict[Function, Windows] = {}

    def bars(self, one: Function) -> None:
        for bar in one.bars:
            kind = int(bar.wide and bar.prefetchable)
            here = up(self.next[kind], max(bar.size, _BAR_LEAST))
            self.addresses[one, bar.number] = here
            self._go(kind, here + bar.size)

    def _go(self, kind: int, to: int) -> None:
        self.next[kind] = to
        window = self.platform.high if kind else self.platform.low
        self.beyond[kind] = self.beyond[kind] or to > window.end

    def enter(self) -> tuple[int, int]:
        """The windows of a bridge begin."""
        for kind in (0, 1):
            self._go(kind, up(self.next[kind], _GRAIN[kind]))
        return self.next[0], self.next[1]

    def leave(self, one: Function, begun: tuple[int, int]) -> None:
        """The windows of a bridge end; its own BARs are behind them."""
        for kind in (0, 1):
            self._go(kind, up(self.next[kind] + _LATER[kind], _GRAIN[kind]))
        self.windows[one] = Windows(Range(begun[0], self.next[0]), Range(begun[1], self.next[1]))
        self.bars(one)


def slof(top: Bus, platform: Slof) -> Outcome:
    """Where SLOF puts everything that is below one host bridge; addresses even of what is beyond a window.

    Costs time and memory per BAR and bridge.
    """
    walk = _Walk(platform)
    takers: dict[Function, list[int]] = {}
    for one in top.functions:
        before = list(walk.next)
        _bus(walk, one)
        takers[one] = [after - first for after, first in zip(walk.next, before, strict=True)]
    low, high = (now - first.base for now, first in zip(walk.next, platform, strict=True))
    lacks = "low" if walk.beyond[0] else "high" if walk.beyond[1] else ""
    return Outcome(
        low=low,
        low_room=platform.low.size,
        high=high,
        end=walk.next[1] if high else 0,
        fits=not lacks,
        takers=tuple((one, sizes[0]) for one, sizes in takers.items()),
        addresses=walk.addresses,
        windows=walk.windows,
        high_room=platform.high.size,
        above=tuple((one, sizes[1]) for one, sizes in takers.items() if sizes[1]),
        lacks=lacks,
    )


def _bus(walk: _Walk, top: Function) -> None:
    waiting: list[tuple[Function, tuple[int, int] | None]] = [(top, None)]
    while waiting:
        one, begun = waiting.pop()
        if begun is not None:
            walk.leave(one, begun)
        elif one.bus is None:
            walk.bars(one)
        else:
            waiting.append((one, walk.enter()))
            waiting += [(inner, None) for inner in reversed(one.bus.functions)]

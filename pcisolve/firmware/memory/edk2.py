"""edk2 (OVMF, AAVMF): one list below 4 GiB and one above, each in a window of its own.

Below a bridge what is not prefetchable has to be below 4 GiB, and so has every 32-bit BAR; its prefetchable window
holds either 64-bit BARs or 32-bit ones. Where the lists do not fit, the largest device is left without addresses.
Source: edk2 MdeModulePkg/Bus/Pci/PciBusDxe/PciResourceSupport.c, MdeModulePkg/Bus/Pci/PciHostBridgeDxe/PciHostBridge.c,
OvmfPkg/PciHotPlugInitDxe/PciHotPlugInit.c.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.firmware.memory.tree import MIB, Bus, Function, Outcome, Range, depth_first, up

_GRAIN: Final = MIB  # a bridge's windows
_HOTPLUG: Final = 2 * MIB  # that OvmfPkg keeps free behind a bridge that takes devices later


class Edk2(NamedTuple):
    """The windows that edk2 has, each None where it has none.

    Attributes:
        low: below 4 GiB.
        high: above.
        pads: bytes of prefetchable memory above 4 GiB that it keeps free behind a hot-plug bridge; 0 for none.
        hotplug: whether it keeps memory free for devices that come later: OVMF does, AAVMF does not.
    """

    low: Range
    high: Range | None
    pads: int
    hotplug: bool


class _Node:
    """A BAR, or a bridge's window."""

    __slots__ = ("align", "function", "padding", "size")

    def __init__(self, function: Function, size: int, align: int, padding: bool) -> None:
        self.function, self.size, self.align, self.padding = function, size, align, padding


class _Lists(NamedTuple):
    """What a bus wants: memory and prefetchable memory below 4 GiB, and the same where it may be above."""

    memory: list[_Node]
    prefetchable: list[_Node]
    wide: list[_Node]
    wide_prefetchable: list[_Node]


def edk2(tops: list[Bus], platform: Edk2) -> Outcome:
    """Whether edk2 finds place for everything; where, it does not say. Costs time and memory per BAR and bridge."""
    buses = depth_first(tops)
    above = {one.bus: one for bus in buses for one in bus.functions if one.bus is not None}
    windows: dict[Bus, _Lists] = {}
    for bus in reversed(buses):
        windows[bus] = _collected(bus, above.get(bus), windows, platform)
    low = [size for bus in tops if (size := _length(windows[bus].memory)[0])]
    high = [size for bus in tops if (size := _length(windows[bus].wide)[0])]
    room = platform.low.size
    needs = [_length(windows[bus].memory) for bus in tops]
    far = [_length(windows[bus].wide) for bus in tops]
    takers = tuple((one.function, one.size) for bus in tops for one in windows[bus].memory if not one.padding)
    if platform.high is None or not _placed(far, platform.high):
        needs += far
    fits = _placed(needs, platform.low)
    if not fits and platform.hotplug:  # what is kept free is given up before a device is
        return edk2(tops, platform._replace(hotplug=False))
    end = 0 if platform.high is None else platform.high.base + sum(high)
    return Outcome(sum(low), room, sum(high), end, fits, takers, {}, {})


def _collected(bus: Bus, bridge: Function | None, windows: dict[Bus, _Lists], platform: Edk2) -> _Lists:
    found = _Lists([], [], [], [])
    for one in bus.functions:
        for bar in one.bars:
            _insert(found[bar.prefetchable + 2 * bar.wide], _Node(one, bar.size, bar.size, False))
        if one.bus is not None:
            for into, inside in zip(found, windows[one.bus], strict=True):
                if inside:
                    _insert(into, _Node(one, *_length(inside), False))
    if bridge is not None and bridge.hotplug and platform.hotplug:
        if platform.pads:
            _insert(found.wide_prefetchable, _Node(bridge, platform.pads, platform.pads, True))
        least = 1 << (bridge.reserve - 1).bit_length() if bridge.reserve else _HOTPLUG
        _insert(found.memory, _Node(bridge, least, least, True))
    _degrade(found, bridge)
    return found


def _degrade(found: _Lists, bridge: Function | None) -> None:
    """What a bridge cannot hand on as it is goes into another window; a root has one for each half of the addresses."""
    memory, prefetchable, wide, wide_prefetchable = found
    if bridge is None:
        _merge(memory, prefetchable)
        _merge(wide, wide_prefetchable)
        return
    _merge(memory, wide)
    if wide_prefetchable:
        _merge(memory, prefetchable)


def _merge(into: list[_Node], nodes: list[_Node]) -> None:
    for one in nodes:
        _insert(into, one)
    nodes.clear()


def _insert(nodes: list[_Node], node: _Node) -> None:
    """Largest alignment first; among equals as InsertResourceNode has it."""
    at, rest = 0, node.size % node.align
    while at < len(nodes) and node.align <= nodes[at].align:
        other = nodes[at]
        if node.align == other.align and (not rest or rest >= other.size % other.align):
            break
        at += 1
    nodes.insert(at, node)


def _length(nodes: list[_Node]) -> tuple[int, int]:
    """How large a window for these is, and its alignment."""
    ends = [0, 0]
    for one in nodes:
        ends[one.padding] = up(ends[one.padding], one.align) + one.size
    return up(max(ends), _GRAIN), max([_GRAIN, *(one.align for one in nodes[:1])])


def _placed(needs: list[tuple[int, int]], window: Range) -> bool:
    """Whether all get a place, one after the other, from the window's begin."""
    here = window.base
    for size, align in needs:
        here = up(here, align) + size if size else here
    return here <= window.end

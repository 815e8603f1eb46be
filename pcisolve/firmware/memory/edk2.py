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
    """A BAR, a bridge's window with what is in it, or (`padding`) what is kept free behind a bridge."""

    __slots__ = ("align", "function", "inside", "padding", "size")

    def __init__(self, function: Function, size: int, align: int, inside: list[_Node] | None = None) -> None:
        self.function, self.size, self.align, self.inside = function, size, align, inside
        self.padding = False


class _Lists(NamedTuple):
    """What a bus wants: memory and prefetchable memory below 4 GiB, and the same where it may be above."""

    memory: list[_Node]
    prefetchable: list[_Node]
    wide: list[_Node]
    wide_prefetchable: list[_Node]


def edk2(tops: list[Bus], platform: Edk2) -> Outcome:
    """Whether edk2 finds place for everything; where, it does not say.

    Where it does not, edk2 takes the largest thing away and tries again: `fits` is false once that is a device, and not
    what is kept free behind a bridge. Costs time and memory per BAR and bridge, and for each bridge that gives way.
    """
    given_up: set[Function] = set()
    while True:
        lists = _all_lists(tops, platform, given_up)
        outcome, short = _tried([lists[bus] for bus in tops], platform)
        largest = _largest(short)
        if outcome.fits or largest is None or not largest.padding:
            return outcome
        given_up.add(largest.function)


def _all_lists(tops: list[Bus], platform: Edk2, given_up: set[Function]) -> dict[Bus, _Lists]:
    buses = depth_first(tops)
    above = {one.bus: one for bus in buses for one in bus.functions if one.bus is not None}
    lists: dict[Bus, _Lists] = {}
    for bus in reversed(buses):
        bridge = above.get(bus)
        padded = bridge is not None and bridge.hotplug and platform.hotplug and bridge not in given_up
        lists[bus] = _collected(bus, bridge, lists, platform, padded)
    return lists


def _tried(roots: list[_Lists], platform: Edk2) -> tuple[Outcome, list[_Node]]:
    """What comes of it, and the entries among which the largest has to go where it does not fit."""
    needs = [_length(one.memory) for one in roots]
    far = [_length(one.wide) for one in roots]
    low, high = sum(size for size, _ in needs), sum(size for size, _ in far)
    takers = tuple((node.function, node.size) for one in roots for node in one.memory if not node.padding)
    fits_low = _placed(needs, platform.low)
    above = platform.high is not None and _placed(far, platform.high)
    fits = fits_low if above else _placed(needs + far, platform.low)
    end = 0 if platform.high is None else platform.high.base + high
    short = [node for one in roots for node in (one.wide if fits_low else one.memory)]
    return Outcome(low, platform.low.size, high, end, fits, takers, {}, {}), short


def _largest(nodes: list[_Node]) -> _Node | None:
    """The last of the largest BARs and paddings, at any depth (edk2 GetLargerConsumerDevice)."""
    found: _Node | None = None
    waiting = nodes[::-1]
    while waiting:
        one = waiting.pop()
        if one.inside is not None:
            waiting += one.inside[::-1]
        elif found is None or found.size <= one.size:
            found = one
    return found


def _collected(bus: Bus, bridge: Function | None, windows: dict[Bus, _Lists], platform: Edk2, padded: bool) -> _Lists:
    found = _Lists([], [], [], [])
    for one in bus.functions:
        for bar in one.bars:
            _insert(found[bar.prefetchable + 2 * bar.wide], _Node(one, bar.size, bar.size))
        if one.bus is not None:
            for into, inside in zip(found, windows[one.bus], strict=True):
                if inside:
                    _insert(into, _Node(one, *_length(inside), inside))
    if bridge is not None and padded:
        if platform.pads:
            _insert(found.wide_prefetchable, _padding(bridge, platform.pads))
        _insert(found.memory, _padding(bridge, 1 << (bridge.reserve - 1).bit_length() if bridge.reserve else _HOTPLUG))
    _degrade(found, bridge)
    return found


def _padding(bridge: Function, size: int) -> _Node:
    node = _Node(bridge, size, size)
    node.padding = True
    return node


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

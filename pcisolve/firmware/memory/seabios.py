"""SeaBIOS: two lists below 4 GiB, memory and prefetchable, and a third and fourth above where they do not fit.

Every bridge's window is as large as what is in it, largest alignment first, and at least 2 MiB where something can be
plugged in. Source: SeaBIOS 1.16.2 and 1.17.0 src/fw/pciinit.c; addresses compared with both below QEMU 7.2.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.firmware.memory.tree import FOUR_GIB, GIB, MIB, Bus, Function, Outcome, Range, Windows, depth_first, up

_BAR_LEAST: Final = 4096  # PCI_DEVICE_MEM_MIN
_BRIDGE_LEAST: Final = 2 * MIB  # PCI_BRIDGE_MEM_MIN
_WINDOW: Final = -1  # in place of a BAR's number


class Platform(NamedTuple):
    """What SeaBIOS knows of the machine.

    Attributes:
        low: where memory for devices may be below 4 GiB.
        high_start: the first address above 4 GiB without RAM and without room for more RAM.
        ram_above: bytes of RAM above 4 GiB.
        bits: of the guest's physical addresses, as far as SeaBIOS believes them; 0 where it does not.
        pads: whether it is 1.16.3 or newer, which pads windows of guests that have RAM above 4 GiB.
    """

    low: Range
    high_start: int
    ram_above: int
    bits: int
    pads: bool

    @property
    def top(self) -> int:
        """The end of the address space as 1.16.3 and newer use it; 0 for not known."""
        if not self.pads or not self.bits:
            return 0
        return 1 << (44 if self.bits > 44 and self.ram_above < 1 << 40 else self.bits)


class _Entry:
    """A BAR, or a bridge's window, that wants a place."""

    __slots__ = ("align", "function", "number", "prefetchable", "size", "wide")

    def __init__(self, function: Function, number: int, size: int, align: int, prefetchable: bool, wide: bool) -> None:
        self.function, self.number = function, number
        self.size, self.align = size, align
        self.prefetchable, self.wide = prefetchable, wide


_Lists = tuple[list[_Entry], list[_Entry]]  # memory, prefetchable


def seabios(tops: list[Bus], platform: Platform) -> Outcome:
    """Where SeaBIOS puts everything. Costs time and memory per BAR and bridge.

    Args:
        tops: the root bus, and those of the expanders by number.
    """
    lists = _sized(tops, platform)
    root = lists[tops[0]]
    bases = _low(root, platform)
    if bases[2] and not (platform.pads and platform.ram_above):
        return _told(lists, [(root[0], bases[0]), (root[1], bases[1])], bases, platform)
    high = [[one for one in part if one.wide and not one.function.usb] for part in root]
    low = ([one for one in root[0] if one not in high[0]], [one for one in root[1] if one not in high[1]])
    bases = _low(low, platform)
    first, second = _high(high, platform)
    placed = [(high[0], first), (high[1], second), (low[0], bases[0]), (low[1], bases[1])]
    return _told(lists, placed, bases, platform)


def _sized(tops: list[Bus], platform: Platform) -> dict[Bus, _Lists]:
    """The entries of each bus in SeaBIOS' order; those of all tops are in the first one's."""
    buses = depth_first(tops)
    lists: dict[Bus, _Lists] = {bus: ([], []) for bus in buses}
    above = {one.bus: (bus, one) for bus in buses for one in bus.functions if one.bus is not None}
    for bus in buses:
        into = lists[bus if bus in above else tops[0]]
        for one in bus.functions:
            for bar in one.bars:
                size = max(bar.size, _BAR_LEAST)
                into[bar.prefetchable].append(_Entry(one, bar.number, size, size, bar.prefetchable, bar.wide))
    for bus in reversed(buses):
        for part in lists[bus]:
            part.sort(key=_largest_first)
        if bus in above:
            parent, bridge = above[bus]
            into = lists[parent if parent in above else tops[0]]
            for kind, part in enumerate(lists[bus]):
                into[kind].append(_window(bridge, part, kind == 1, platform))
    for part in lists[tops[0]]:
        part.sort(key=_largest_first)
    return lists


def _largest_first(entry: _Entry) -> tuple[int, int]:
    return -entry.align, -entry.size


def _window(bridge: Function, inside: list[_Entry], prefetchable: bool, platform: Platform) -> _Entry:
    """The window that a bridge takes for what is behind it."""
    align = max(_BRIDGE_LEAST, _align(inside))
    size = sum(one.size for one in inside)
    wide = prefetchable and all(one.wide for one in inside)
    if bridge.hotplug and wide and platform.pads and platform.ram_above:
        align = max(align, platform.top >> 11)
    if bridge.hotplug and (align > size if platform.pads else not size):
        size = align
    asked = 0 if prefetchable else bridge.reserve
    return _Entry(bridge, _WINDOW, up(max(size, asked), align), align, prefetchable, wide)


def _align(entries: list[_Entry]) -> int:
    return entries[0].align if entries else 1


def _low(root: _Lists, platform: Platform) -> tuple[int, int, bool]:
    """Where memory and prefetchable memory begin below 4 GiB, and whether that is where there is room."""
    at_end = 1 if _align(root[0]) >= _align(root[1]) else 0
    upper, lower = root[at_end], root[1 - at_end]
    second = (platform.low.end - sum(one.size for one in upper)) & -_align(upper)
    first = (second - sum(one.size for one in lower)) & -_align(lower)
    bases = (first, second) if at_end else (second, first)
    return (*bases, first >= platform.low.base)


def _high(high: list[list[_Entry]], platform: Platform) -> tuple[int, int]:
    """Where the two lists above 4 GiB begin."""
    sizes = [sum(one.size for one in part) for part in high]
    base = platform.high_start
    if platform.top:
        size = up(sizes[0], GIB) + up(sizes[1], GIB)
        if platform.ram_above:
            size = up(size, platform.top >> 3)
        base = max(base, platform.top - size)
    base = up(up(base, _align(high[0])), GIB)
    return base, up(up(base + sizes[0], _align(high[1])), GIB)


def _told(
    lists: dict[Bus, _Lists], placed: list[tuple[list[_Entry], int]], bases: tuple[int, int, bool], platform: Platform
) -> Outcome:
    """Give every entry its address, from the root down."""
    low = platform.low.end - min(bases[0], bases[1])
    room = platform.low.size
    high = sum(one.size for part, base in placed for one in part if base >= FOUR_GIB)
    end = max((base + sum(one.size for one in part) for part, base in placed if part and base >= FOUR_GIB), default=0)
    takers = tuple((one.function, one.size) for part, base in placed if base < FOUR_GIB for one in part)
    if not bases[2]:
        return Outcome(low, room, high, end, False, takers, {}, {})
    addresses: dict[tuple[Function, int], int] = {}
    ranges: dict[Function, list[Range | None]] = {}
    waiting = list(placed)
    while waiting:
        part, address = waiting.pop()
        for one in part:
            bus = one.function.bus
            if one.number != _WINDOW or bus is None:
                addresses[one.function, one.number] = address
            else:
                found = Range(address, address + one.size) if one.size else None
                ranges.setdefault(one.function, [None, None])[one.prefetchable] = found
                waiting.append((lists[bus][one.prefetchable], address))
            address += one.size
    windows = {bridge: Windows(*pair) for bridge, pair in ranges.items()}
    above = tuple((one.function, one.size) for part, base in placed if base >= FOUR_GIB for one in part)
    return Outcome(low, room, high, end, True, takers, addresses, windows, above=above)

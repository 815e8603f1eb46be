"""The lists that edk2 makes of each bus: what is on it, largest alignment first, and how large a window that takes."""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.firmware.memory.tree import MIB, Bus, Function, depth_first, up

_BAR_LEAST: Final = 4096  # alignment of a BAR of memory
_PORT_GRAIN: Final = 4096  # a bridge's window of I/O ports
_HOTPLUG: Final = 2 * MIB  # that OvmfPkg keeps free behind a bridge that takes devices later
_WINDOW: Final = -1  # in place of a BAR's number


class Needs(NamedTuple):
    """What edk2 keeps free behind a bridge that takes devices later; nothing where `hotplug` is false.

    `pads`: bytes of prefetchable memory above 4 GiB; 0 for none. `ports`: I/O ports; 0 for none. `rom`: bytes of the
    largest option ROM of all, for which it takes memory below 4 GiB once; 0 where nobody knows.
    """

    pads: int
    ports: int
    hotplug: bool
    rom: int = 0


class Entry:
    """A BAR, a bridge's window with what is in it, or (`padding`) what is kept free behind a bridge.

    `fixed`: edk2 never takes it away, as nothing on bus 0 and no VGA. `port`: of I/O ports.
    """

    __slots__ = ("align", "fixed", "function", "inside", "number", "offset", "padding", "port", "prefetchable", "size")

    def __init__(self, function: Function, number: int, size: int, align: int) -> None:
        self.function, self.number, self.size, self.align = function, number, size, align
        self.inside: list[Entry] | None = None
        self.offset = 0
        self.padding = self.fixed = self.port = self.prefetchable = False


class Lists(NamedTuple):
    """What a bus wants: memory and prefetchable memory below 4 GiB, the same where it may be above, and I/O ports."""

    memory: Entry
    prefetchable: Entry
    wide: Entry
    wide_prefetchable: Entry
    ports: Entry

    def roots(self, name: str) -> Entry:
        """A root's list by name: low, high or ports."""
        return {"low": self.memory, "high": self.wide, "ports": self.ports}[name]


def all_lists(tops: list[Bus], needs: Needs, given_up: set[Function], *, far: bool) -> list[Lists]:
    """The lists of each top, with those of the buses below in them; `far`: there is a window above 4 GiB."""
    buses = depth_first(tops)
    above = {one.bus: one for bus in buses for one in bus.functions if one.bus is not None}
    made: dict[Bus, Lists] = {}
    for bus in reversed(buses):
        bridge = above.get(bus)
        found = _empty(bridge or Function(""))
        if bus is tops[0] and needs.rom:
            rom = Entry(found.memory.function, _WINDOW, needs.rom, needs.rom)
            rom.fixed = True
            insert(found.memory, rom)
        _collect(bus, made, found, fixed=bus is tops[0])
        if bridge is not None and bridge.hotplug and needs.hotplug and bridge not in given_up:
            _pad(found, bridge, needs)
        if bridge is None:
            _join(found, far)
        else:
            _degrade(found)
        for entry in found:
            _measure(entry)
        made[bus] = found
    return [made[bus] for bus in tops]


def _empty(function: Function) -> Lists:
    entries = [Entry(function, _WINDOW, 0, MIB) for _ in range(4)] + [Entry(function, _WINDOW, 0, _PORT_GRAIN)]
    for at, entry in enumerate(entries):
        entry.inside = []
        entry.prefetchable = at in (1, 3)
        entry.port = at == 4
    return Lists(*entries)


def _collect(bus: Bus, made: dict[Bus, Lists], found: Lists, *, fixed: bool) -> None:
    for one in bus.functions:
        for bar in one.bars:
            entry = Entry(one, bar.number, bar.size, max(bar.size, _BAR_LEAST))
            entry.fixed = fixed or one.vga
            insert(found[bar.prefetchable + 2 * bar.wide], entry)
        for size in one.ports:
            entry = Entry(one, _WINDOW, size, size)
            entry.fixed = fixed or one.vga
            entry.port = True
            insert(found.ports, entry)
        if one.bus is not None:
            for into, window in zip(found, made[one.bus], strict=True):
                if window.inside:
                    insert(into, window)


def _pad(found: Lists, bridge: Function, needs: Needs) -> None:
    """What is kept free for devices that come later, the last one first, as PciHotPlugInit has it."""
    reserve = 1 << (bridge.reserve - 1).bit_length() if bridge.reserve else _HOTPLUG
    for into, size in ((found.wide_prefetchable, needs.pads), (found.memory, reserve), (found.ports, needs.ports)):
        if size:
            entry = Entry(bridge, _WINDOW, size, size)
            entry.padding, entry.port = True, into is found.ports
            insert(into, entry)


def _degrade(found: Lists) -> None:
    """What a bridge cannot hand on as it is goes into another of its windows."""
    _merge(found.memory, found.wide)
    if found.wide_prefetchable.inside:
        _merge(found.memory, found.prefetchable)


def _join(found: Lists, far: bool) -> None:
    """A root has one list for each half of the addresses, or one for all."""
    if not far:
        _merge(found.memory, found.wide)
        _merge(found.prefetchable, found.wide_prefetchable)
    _merge(found.memory, found.prefetchable)
    _merge(found.wide, found.wide_prefetchable)


def _merge(into: Entry, other: Entry) -> None:
    for one in other.inside or ():
        insert(into, one)
    other.inside = []


def insert(into: Entry, entry: Entry) -> None:
    """Put it where InsertResourceNode does: largest alignment first, among equals mostly the last one first."""
    nodes = into.inside
    if nodes is None:
        return
    at, rest = 0, entry.size % entry.align
    while at < len(nodes) and entry.align <= nodes[at].align:
        other = nodes[at]
        if entry.align == other.align and (not rest or rest >= other.size % other.align):
            break
        at += 1
    nodes.insert(at, entry)


def _measure(entry: Entry) -> None:
    """How large a window is, its alignment, and where in it each thing is; what is kept free counts by itself."""
    ends = [0, 0]
    for one in entry.inside or ():
        one.offset = up(ends[one.padding], one.align)
        ends[one.padding] = one.offset + one.size
    real, free = up(ends[0], entry.align), ends[1] if entry.port else up(ends[1], entry.align)
    entry.size = max(real, free)
    entry.align = max([entry.align, *(one.align for one in (entry.inside or ())[:1])])


def largest(tops: list[Entry]) -> Entry | None:
    """The last of the largest that edk2 may take away, at any depth (GetMaxResourceConsumerDevice)."""
    found: Entry | None = None
    waiting = tops[::-1]
    while waiting:
        one = waiting.pop()
        if one.inside is not None and not one.padding:
            waiting += one.inside[::-1]
        elif (one.padding or _goes(one)) and (found is None or found.size <= one.size):
            found = one
    return found


def _goes(one: Entry) -> bool:
    """Whether it is a BAR of a device that may be left without addresses."""
    return not one.fixed and one.function.bus is None


def giving_way(tops: list[Entry]) -> list[Function]:
    """The bridges whose free room is taken away before any device's, in that order."""
    found: list[tuple[int, int, Entry]] = []
    waiting = tops[::-1]
    while waiting:
        one = waiting.pop()
        if one.inside is not None and not one.padding:
            waiting += one.inside[::-1]
        elif one.padding or _goes(one):
            found.append((-one.size, -len(found), one))
    found.sort(key=_rank)
    kept = next((at for at, (_, _, one) in enumerate(found) if not one.padding), len(found))
    return [one.function for _, _, one in found[:kept]]


def _rank(one: tuple[int, int, Entry]) -> tuple[int, int]:
    return one[:2]

"""SeaBIOS' pciinit.c once more, step by step as it is in C: lists that are kept sorted while entries are put into them.

It shares nothing with pcisolve.firmware.memory.seabios but the values it is given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MEM, PREF = 0, 1


@dataclass
class Entry:
    dev: Any
    bar: int
    size: int
    align: int
    is64: bool
    type: int


@dataclass
class TwinBus:
    bus_dev: Any = None
    parent: int = 0
    lists: list[list[Entry]] = field(default_factory=lambda: [[], []])
    base: list[int] = field(default_factory=lambda: [0, 0])


def create_entry(bus: TwinBus, entry: Entry) -> None:
    region = bus.lists[entry.type]
    at = 0
    while at < len(region):
        pos = region[at]
        if pos.align < entry.align or (pos.align == entry.align and pos.size < entry.size):
            break
        at += 1
    region.insert(at, entry)


def region_sum(region: list[Entry]) -> int:
    return sum(entry.size for entry in region)


def region_align(region: list[Entry]) -> int:
    return region[0].align if region else 1


def align_up(value: int, align: int) -> int:
    return -(-value // align) * align


def align_down(value: int, align: int) -> int:
    return value // align * align


class Machine:
    def __init__(self, tops: list[Any], start: int, end: int, above: int, top: int, pads: bool, high: int) -> None:
        self.start, self.end, self.above, self.top, self.high = start, end, above, top, high
        self.pads = pads
        self.pad = pads and above > 0
        self.busses: list[TwinBus] = []
        self.content: list[Any] = []
        self.places: dict[tuple[Any, int], int] = {}
        self.panics = False
        for top_bus in tops:
            self.scan(top_bus, None, 0)

    def scan(self, bus: Any, bridge: Any, parent: int) -> None:
        number = len(self.busses)
        self.busses.append(TwinBus(bridge, parent))
        self.content.append(bus)
        for function in bus.functions:
            if function.bus is not None:
                self.scan(function.bus, function, number)

    def home(self, number: int) -> TwinBus:
        return self.busses[number] if self.busses[number].bus_dev is not None else self.busses[0]

    def check_devices(self) -> None:
        for number, content in enumerate(self.content):
            for function in content.functions:
                for bar in function.bars:
                    size = max(bar.size, 4096)
                    kind = PREF if bar.prefetchable else MEM
                    create_entry(self.home(number), Entry(function, bar.number, size, size, bar.kind == "mem64", kind))
        for number in range(len(self.busses) - 1, 0, -1):
            if self.busses[number].bus_dev is not None:
                self.propagate(self.busses[number])

    def propagate(self, bus: TwinBus) -> None:
        for kind in (MEM, PREF):
            align = 1 << 21
            reserve = bus.bus_dev.reserve if kind == MEM else 0
            align = max(align, region_align(bus.lists[kind]))
            total = region_sum(bus.lists[kind])
            is64 = kind == PREF and all(entry.is64 for entry in bus.lists[kind])
            if self.pads:
                if bus.bus_dev.hotplug and self.pad and is64 and kind == PREF and (self.top >> 11) > align:
                    align = self.top >> 11
                if align > total and bus.bus_dev.hotplug:
                    total = align
            elif not total and bus.bus_dev.hotplug:
                total = align
            size = align_up(reserve, align) if reserve > total else align_up(total, align)
            create_entry(self.home(bus.parent), Entry(bus.bus_dev, -1, size, align, is64, kind))

    def root_regions(self) -> bool:
        root = self.busses[0]
        start, end = MEM, PREF
        if region_align(root.lists[start]) < region_align(root.lists[end]):
            start, end = PREF, MEM
        root.base[end] = align_down(self.end - region_sum(root.lists[end]), region_align(root.lists[end]))
        root.base[start] = align_down(root.base[end] - region_sum(root.lists[start]), region_align(root.lists[start]))
        return root.base[start] >= self.start

    def map_devices(self) -> None:
        root = self.busses[0]
        if self.pad or not self.root_regions():
            high: list[list[Entry]] = [[], []]
            for kind in (MEM, PREF):
                for entry in list(root.lists[kind]):
                    if entry.is64 and not entry.dev.usb:
                        root.lists[kind].remove(entry)
                        high[kind].append(entry)
            if not self.root_regions():
                self.panics = True
                return
            base = self.high
            if self.top:
                size = align_up(region_sum(high[MEM]), 1 << 30) + align_up(region_sum(high[PREF]), 1 << 30)
                if self.pad:
                    size = align_up(size, self.top >> 3)
                base = max(base, self.top - size)
            base = align_up(align_up(base, region_align(high[MEM])), 1 << 30)
            second = align_up(align_up(base + region_sum(high[MEM]), region_align(high[PREF])), 1 << 30)
            self.map_entries(high[MEM], base)
            self.map_entries(high[PREF], second)
        for bus in self.busses:
            for kind in (MEM, PREF):
                self.map_entries(bus.lists[kind], bus.base[kind])

    def map_entries(self, region: list[Entry], base: int) -> None:
        for entry in region:
            if entry.bar == -1:
                below = next(bus for bus in self.busses if bus.bus_dev is entry.dev)
                below.base[entry.type] = base
            else:
                self.places[entry.dev, entry.bar] = base
            base += entry.size
        region.clear()


def twin(tops: list[Any], start: int, end: int, above: int, top: int, pads: bool, high: int) -> Machine:
    machine = Machine(tops, start, end, above, top, pads, high)
    machine.check_devices()
    machine.map_devices()
    return machine

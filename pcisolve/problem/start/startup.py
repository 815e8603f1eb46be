"""QEMU's start, device by device: who gets which place, and who finds it taken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pcisolve.catalog.machines import Fixed, Machine
from pcisolve.catalog.matching import matches
from pcisolve.core.address import FUNCTIONS_PER_SLOT, SLOTS_PER_BUS
from pcisolve.problem.choice import Place
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.qemu.arguments import Unreadable, devfn_of, is_on
from pcisolve.problem.qemu.commandline import CommandLine, Property
from pcisolve.problem.qemu.devices import Device
from pcisolve.problem.start.aliases import aliases, bus_name, root_bus
from pcisolve.problem.start.collisions import (
    FULL,
    MOST_WRONG,
    SINGLE,
    TAKEN,
    Clash,
    Entry,
    Expander,
    NoBus,
    SameChassis,
    SameName,
    Spot,
    Startup,
)

# The order in which libvirt 9.0.0 writes its devices.
_ORDER: Final = (
    "iommu", "controller", "hub", "memory", "disk", "filesystem", "interface", "smartcard", "serial", "parallel",
    "channel", "console", "tpm", "input", "video", "sound", "watchdog", "redirdev", "hostdev", "memballoon", "rng",
    "nvram", "panic", "shmem", "vsock", "crypto",
)  # fmt: skip
_TURN: Final = {kind: turn for turn, kind in enumerate(_ORDER)}


def startup(layout: Layout) -> Startup | None:
    """What becomes of the layout's command line; None where there is none, or where QEMU cannot start the scheme."""
    line = layout.problem.command_line
    if line is None or not layout.problem.flat:
        return None
    known = layout.startup
    if isinstance(known, Startup):
        return known
    layout.startup = found = _Start(layout, line).run()
    return found


class _Start:
    """One start."""

    def __init__(self, layout: Layout, line: CommandLine) -> None:
        self.layout, self.line = layout, line
        self.known = layout.problem.catalog.qemu()
        self.machine: Machine = line.machine[1] if line.machine else layout.problem.machine
        self.found = Startup()
        self.aliases = aliases(layout)
        self.buses: dict[str, dict[int, dict[int, Entry]]] = {}
        self.roots: list[tuple[str, bool]] = []  # the name, and whether it takes bridges only; the newest last
        self.opaque: set[str] = set()
        self.chassis: dict[tuple[int, int], Device | Controller] = {}
        self.names: dict[str, Device | Part] = {}
        self._clashes: dict[object, list[Entry]] = {}
        self._why: dict[object, tuple[str, Spot, Entry]] = {}

    def run(self) -> Startup:
        """The machine, the arguments that come first, libvirt's parts, the arguments that come last."""
        self._board()
        for device in self.line.before:
            self._device(device)
        if self.line.machine is None:
            for part in self._parts():
                self._part(part)
        for device in self.line.after:
            self._device(device)
        self._gather()
        return self.found

    def _is_lost(self) -> bool:
        """Whether so much is wrong that the rest says nothing: QEMU ends at the first."""
        found = self.found
        lists: tuple[list[Any], ...] = (found.no_bus, found.expanders, found.chassis, found.names, found.unreadable)
        return len(self._clashes) + sum(len(one) for one in lists) >= MOST_WRONG

    def _board(self) -> None:
        problem, machine = self.layout.problem, self.machine
        model = problem.catalog.controller(machine.root or machine.hand_written_root)
        root = root_bus(model is not None and model.express)
        self.roots.append((root, False))
        slots = self.buses[root] = {}
        if machine.board.host_bridge:
            slots[0] = {0: Entry(built_in=machine.board.host_bridge)}
        for one in machine.reserved:
            slots.setdefault(one.slot, {})[one.function] = Entry(built_in=one.what, multifunction=True)
        for fixed in machine.fixed:
            if not _is_usb(fixed):
                slots.setdefault(fixed.slot, {})[fixed.function] = Entry(built_in=fixed.what)

    def _parts(self) -> Iterable[Part]:
        """libvirt's parts that have a place, in the order in which it hands them on; PCI controllers by index."""
        places = self.layout.places
        controllers = [one for one in self.layout.controllers if one in places or one.is_root]
        yield from sorted(controllers, key=lambda one: one.index)
        rest = [part for part in places if not isinstance(part, Controller)]
        yield from sorted(rest, key=lambda part: _TURN.get(part.kind, len(_TURN)))

    def _device(self, device: Device) -> None:
        if self._is_lost():
            return
        self._name(device)
        if device.slot_number is not None:
            self._number(device, device.slot_number)
        bus = self._bus_of(device)
        if bus is not None:
            entry = Entry(device=device, multifunction=device.multifunction)
            spot = self._put(entry, bus, device.devfn)
            if spot is not None:
                self.found.spots[device] = spot
        if device.driver in self.known.bridges and device.name:
            self._add_bus(device.name, root=device.driver in self.known.expanders)

    def _bus_of(self, device: Device) -> str | None:
        """The bus a device goes to; None where there is none, or where that cannot be known."""
        asked, bridges = device.bus, device.driver in self.known.bridges
        if asked is None:
            name, only_bridges = self.roots[-1]
            if only_bridges and not bridges:
                self.found.expanders.append(Expander(name, chosen=True, device=device))
                return None
            return name
        if asked in self.buses:
            if not bridges and (asked, True) in self.roots:
                self.found.expanders.append(Expander(asked, chosen=False, device=device))
                return None
            return asked
        if not (asked in self.opaque or "/" in asked):
            self.found.no_bus.append(NoBus(asked, device, None, None, self._maker(asked)))
        return None

    def _maker(self, bus: str) -> Controller | Device | None:
        """Who makes a bus later."""
        for one in self.layout.controllers:
            if bus_name(self.layout, one) == bus and self.line.machine is None:
                return one
        return next((one for one in self.line.devices if one.name == bus and one.driver in self.known.bridges), None)

    def _add_bus(self, name: str, *, root: bool) -> None:
        self.buses.setdefault(name, {})
        if root:
            self.roots.append((name, True))

    def _name(self, device: Device) -> None:
        if not device.name:
            return
        other = self.names.get(device.name) or self.aliases.get(device.name)
        if other is not None:
            self.found.names.append(SameName(device.name, device, other))
        self.names.setdefault(device.name, device)

    def _number(self, port: Device | Controller, number: tuple[int, int]) -> None:
        other = self.chassis.setdefault(number, port)
        if other is port:
            return
        device, rest = (port, other) if isinstance(port, Device) else (other, port)
        if isinstance(device, Device):
            self.found.chassis.append(SameChassis(number[0], device, rest))

    def _part(self, part: Part) -> None:
        place = self.layout.places.get(part)
        changes = {one.name: one for one in self.line.overrides.get(self._alias(part), ())}
        if place is not None and not is_built_in(self.machine, part, place):
            provider = self.layout.by_index.get(place.provider)
            if provider is not None:
                spot = Spot(bus_name(self.layout, provider), place.slot, place.function)
                self._settle(part, spot, changes)
        if isinstance(part, Controller):
            self._controller(part)

    def _settle(self, part: Part, spot: Spot, changes: dict[str, Property]) -> None:
        """Where libvirt's choice and the overrides put a part."""
        multifunction = self.line.shares or part.multifunction == "on" or part in self.layout.multifunction
        if "multifunction" in changes:
            multifunction = is_on(changes["multifunction"].value)
        devfn: int | None = spot.slot * FUNCTIONS_PER_SLOT + spot.function
        bus, moved = spot.bus, changes.get("bus") or changes.get("addr")
        if "addr" in changes:
            value = changes["addr"].value
            try:
                devfn = None if value is None else devfn_of(value)
            except Unreadable as reason:
                self.found.unreadable.append((changes["addr"], str(reason)))
                return
        if "bus" in changes:
            name = changes["bus"].value
            bus = self.roots[-1][0] if name is None else str(name)
        if bus not in self.buses:
            if moved is not None and bus not in self.opaque and "/" not in bus:
                self.found.no_bus.append(NoBus(bus, None, part, moved, self._maker(bus)))
            return
        if moved is not None and (bus, True) in self.roots and not isinstance(part, Controller):
            self.found.expanders.append(Expander(bus, chosen=False, part=part, moved=moved))
            return
        there = self._put(Entry(part=part, multifunction=multifunction, moved=moved), bus, devfn)
        if there is not None and moved is not None:
            self.found.moved[part] = there

    def _alias(self, part: Part) -> str:
        if not self.line.overrides:
            return ""
        return next((name for name in self.line.overrides if self.aliases.get(name) is part), "")

    def _controller(self, one: Controller) -> None:
        expander = one.model is not None and "busNr" in one.model.targets
        name = bus_name(self.layout, one)
        self._add_bus(name, root=expander)
        if one.is_root and one.index:
            self.roots.append((name, False))
        chassis = self.layout.target(one, "chassis")
        if isinstance(chassis, int):
            self._number(one, (chassis, 0))

    def _put(self, entry: Entry, bus: str, devfn: int | None) -> Spot | None:
        """Put something at a place, or at function 0 of the lowest slot that is free; None where it has no room."""
        slots = self.buses[bus]
        if devfn is None:
            slot = next((slot for slot in range(SLOTS_PER_BUS) if 0 not in slots.get(slot, {})), None)
            if slot is None:
                self._clash(FULL, slots[0][0], Spot(bus, 0, 0), entry)
                return None
            devfn = slot * FUNCTIONS_PER_SLOT
        spot = Spot(bus, *divmod(devfn, FUNCTIONS_PER_SLOT))
        functions = slots.setdefault(spot.slot, {})
        way = _in_the_way(functions, spot.function, entry)
        if way is not None:
            self._clash(*way, spot, entry)
            return None
        functions[spot.function] = entry
        return spot

    def _clash(self, why: str, first: Entry, spot: Spot, later: Entry) -> None:
        """Keep a clash, if arguments or overrides have a part in it; libvirt's parts that meet one argument in one
        slot are one clash."""
        if first.device is None and later.device is None and first.moved is None and later.moved is None:
            return
        key: object = (first, spot[:2]) if later.device is None and later.moved is None else (first, later)
        self._why.setdefault(key, (why, spot, first))
        self._clashes.setdefault(key, []).append(later)

    def _gather(self) -> None:
        for key, later in self._clashes.items():
            why, spot, first = self._why[key]
            parts = tuple(one.part for one in (first, *later) if one.part is not None and one.moved is None)
            self.found.clashes.append(Clash(why, spot, first, tuple(later), parts))


def _in_the_way(functions: dict[int, Entry], function: int, new: Entry) -> tuple[str, Entry] | None:
    """Who keeps a function of a slot from being taken, and why (QEMU hw/pci/pci.c, pci_init_multifunction)."""
    if function in functions:
        return TAKEN, functions[function]
    if function:
        head = functions.get(0)
        return (SINGLE, head) if head is not None and not head.multifunction else None
    return (SINGLE, functions[min(functions)]) if functions and not new.multifunction else None


def is_built_in(machine: Machine, part: Part, place: Place) -> bool:
    """Whether QEMU has a part without being told, so that it is there before all arguments."""
    return any(
        one.element == part.kind and place == (0, one.slot, one.function) and matches(one.when, part.view)
        for one in machine.fixed
        if not _is_usb(one)
    )


def _is_usb(fixed: Fixed) -> bool:
    """Whether it is the USB controller of a chipset, which libvirt makes with -device like any other."""
    return any(one.path == "type" and "usb" in one.words for one in fixed.when)

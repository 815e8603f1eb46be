"""From counts to a layout: each controller with its parent, slot and index, each device with its place."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.core.address import FUNCTIONS_PER_SLOT
from pcisolve.core.kinds import DOWNSTREAM_PORT, UPSTREAM_PORT
from pcisolve.planning.file.values import Together
from pcisolve.planning.layout.growing import NewController, OpenBus
from pcisolve.planning.layout.numbering import number_controllers
from pcisolve.planning.model.counted import Counted
from pcisolve.planning.model.pins import pin_provider
from pcisolve.planning.model.scene import OWN_BUS, Scene, Site
from pcisolve.problem.choice import Place


class PlannedDevice(NamedTuple):
    """A device of a group and its place; `rank` counts from 0."""

    group: str
    rank: int
    place: Place


class KeptSlot(NamedTuple):
    """A slot kept free for a spare of the plan (by its number)."""

    spare: int
    site: int
    place: Place


class Expansion(NamedTuple):
    """A layout: new controllers in index order, devices in the plan's order, and the slots kept free."""

    controllers: list[NewController]
    devices: list[PlannedDevice]
    kept: list[KeptSlot]


class _Slot(NamedTuple):
    bus: OpenBus
    slot: int
    site: int
    switch: int = -1


def expand(scene: Scene, counted: Counted) -> Expansion:
    """Lay the counts out, the same way every time: roots, then what is below them, lowest slots first."""
    run = _Run(scene, counted)
    for site in run.sites:
        run.grow(site)
    slots = run.item_slots()
    kept = run.spare_slots()
    run.set_bus_numbers()
    controllers = number_controllers(scene, run.added)
    return Expansion(
        controllers,
        _devices(scene, counted, slots),
        [KeptSlot(number, one.site, Place(one.bus.number, one.slot, 0)) for number, one in kept],
    )


class _Run:
    def __init__(self, scene: Scene, counted: Counted) -> None:
        self.scene, self.counted = scene, counted
        self.added: list[NewController] = []
        self.buses: dict[tuple[int, str], list[OpenBus]] = defaultdict(list)
        self.cursor: dict[tuple[int, str], int] = defaultdict(int)
        self.on_switch: dict[tuple[int, int, int], list[_Slot]] = {}
        self.sites = sorted(
            (one for one in scene.sites if counted.used.get(one.position)), key=lambda one: (one.domain, one.position)
        )
        for site in self.sites:
            self._open_root(site)
            self._open_existing(site)

    def _open_root(self, site: Site) -> None:
        """The bus of the root itself; an expander is plugged into its domain's root first."""
        owner = None
        if site.existing is None:
            owner = NewController(site.model, site, -1 if site.number is None else site.number)
            if not site.is_domain:
                self._plug(owner, self._next((self.scene.by_domain[site.domain][0].position, OWN_BUS)))
            self.added.append(owner)
        self._open(site.position, OWN_BUS, site.model, owner, site.number)

    def _open_existing(self, site: Site) -> None:
        for controller in self.scene.existing.get(site.position, ()):
            if controller.model is not None and controller is not site.existing:
                self._open(site.position, controller.model.name, controller.model, None, controller.index)

    def _open(
        self, position: int, host: str, model: ControllerModel, owner: NewController | None, index: int | None
    ) -> OpenBus:
        """Make a bus known, without what is on it already."""
        taken = self.scene.buses.get(index) if index is not None else None
        slots = range(model.min_slot, model.max_slot + 1)
        functions: list[tuple[int, int]] = []
        if taken is not None:
            slots_free = [slot for slot in slots if not taken.masks[slot]]
            shared = [slot for slot in slots if taken.aggregate >> slot & 1]
            functions = [
                (slot, f) for slot in shared for f in range(FUNCTIONS_PER_SLOT) if not taken.masks[slot] >> f & 1
            ]
        else:
            slots_free = list(slots)
        bus = OpenBus(index if index is not None else -1, owner, slots_free, functions[::-1])
        self.buses[position, host].append(bus)
        return bus

    def _next(self, key: tuple[int, str]) -> _Slot | None:
        """The next free slot on the buses of one sort at a site."""
        buses = self.buses[key]
        while self.cursor[key] < len(buses):
            slot = buses[self.cursor[key]].take()
            if slot is not None:
                return _Slot(buses[self.cursor[key]], slot, key[0])
            self.cursor[key] += 1
        return None

    def _plug(self, one: NewController, slot: _Slot | None) -> bool:
        if slot is None:
            return False
        one.parent, one.slot = slot.bus, slot.slot
        return True

    def _plug_shared(self, one: NewController, key: tuple[int, str]) -> bool:
        """Into a slot that others of its sort share, or the first function of an empty one."""
        for bus in self.buses[key]:
            if bus.functions:
                one.parent = bus
                one.slot, one.function = bus.functions.pop()
                return True
        slot = self._next(key)
        if slot is not None:
            slot.bus.functions = [(slot.slot, function) for function in range(FUNCTIONS_PER_SLOT - 1, 0, -1)]
        return self._plug(one, slot)

    def grow(self, site: Site) -> None:
        """Add a site's controllers, parents first; what finds no bus yet waits for the next round."""
        left = {key: number for key, number in self.counted.added.items() if key[0] == site.position}
        while left:
            before = sum(left.values())
            for name, model in self.scene.growth.items():
                if model.needs & DOWNSTREAM_PORT:
                    if any(number for key, number in left.items() if self._is_up(key[1])):
                        continue  # somebody's own switches come first
                    self._grow_switches(site, model, left)
                for key in [one for one in left if one[1] == name]:
                    left[key] -= self._add(site, model, key[2], left[key])
            left = {key: number for key, number in left.items() if number}
            if left and sum(left.values()) == before:
                raise RuntimeError(f"counts that cannot be laid out at {site.name}: {left}")

    def _is_up(self, name: str) -> bool:
        return bool(self.scene.growth[name].needs & UPSTREAM_PORT)

    def _add(self, site: Site, model: ControllerModel, host: str, most: int) -> int:
        for done in range(most):
            one = NewController(model, site)
            key = (site.position, host)
            plugged = self._plug_shared(one, key) if model.shares_slot else self._plug(one, self._next(key))
            if not plugged:
                return done
            self._keep(one)
        return most

    def _keep(self, one: NewController) -> OpenBus:
        self.added.append(one)
        return self._open(one.site.position, one.model.name, one.model, one, None)

    def _grow_switches(self, site: Site, down: ControllerModel, left: dict[tuple[int, str, str], int]) -> None:
        """The downstream ports of switches that are somebody's own."""
        ups = [name for name in self.scene.growth if self._is_up(name)]
        buses = [bus for name in ups for bus in self.buses[site.position, name] if bus.owner is not None]
        for (item, position, switch), number in sorted(self.counted.on_switch.items()):
            if position != site.position or (item, position, switch) in self.on_switch:
                continue
            ports = []
            for _ in range(number):
                one = NewController(down, site)
                slot = buses[switch].take()
                self._plug(one, None if slot is None else _Slot(buses[switch], slot, position))
                bus = self._keep(one)
                ports.append(_Slot(bus, bus.take() or 0, position, switch))  # before a bridge finds it free
            self.on_switch[item, position, switch] = ports
            left[position, down.name, ups[0]] = left.get((position, down.name, ups[0]), 0) - number

    def item_slots(self) -> dict[int, list[_Slot]]:
        """The slots of each item, in the order of sites and switches."""
        found: dict[int, list[_Slot]] = defaultdict(list)
        sites = self.sites
        if any(one.unit == "numa" and isinstance(one, Together) and one.pairwise for one in self.scene.plan.relations):
            # The nth of each group meet at one node when each group goes through the nodes in one order.
            sites = sorted(sites, key=lambda one: -1 if one.node is None else one.node)
        order = {one.position: number for number, one in enumerate(sites)}
        switched = sorted(self.on_switch.items(), key=lambda one: (one[0][0], order[one[0][1]], one[0][2]))
        for (item, _, _), ports in switched:
            found[item] += ports
        own = {item for item, _, _ in self.on_switch}
        for (item, position, host), number in sorted(
            self.counted.placed.items(), key=lambda one: (one[0][0], order[one[0][1]])
        ):
            if item not in own:
                found[item] += self._several((position, host), number)
        return found

    def _several(self, key: tuple[int, str], number: int) -> list[_Slot]:
        found = [self._next(key) for _ in range(number)]
        return [one for one in found if one is not None]

    def spare_slots(self) -> list[tuple[int, _Slot]]:
        """The slots that spares keep free, after everything else has its place."""
        return [
            (number, slot)
            for (number, position, host), copies in sorted(self.counted.spare.items())
            for slot in self._several((position, host), copies)
        ]

    def set_bus_numbers(self) -> None:
        """busNr of added expanders: each window holds what is below it, from the highest numbers down (rules 7.2)."""
        low = dict(self.scene.standing.windows)
        for one in reversed(self.added):
            if one.model.root or one.parent is None or "busNr" not in one.model.targets:
                continue
            below = [other for other in self.added if other.site is one.site]
            need = sum(other.model.guest_buses for other in below)
            highest = one.model.targets["busNr"].maximum or 254
            low[one.site.domain] = min(low.get(one.site.domain, 256) - need, highest)
            one.targets["busNr"] = low[one.site.domain]


def _devices(scene: Scene, counted: Counted, slots: dict[int, list[_Slot]]) -> list[PlannedDevice]:
    """The devices of each group by rank; packed ones are spread evenly over their slots."""
    found: dict[str, list[Place]] = defaultdict(list)
    for number, item in enumerate(scene.items):
        if item.packed > 1:
            found[item.groups[0]] = _packed(counted, number, item.groups[0], slots[number])
            continue
        for slot in slots[number]:
            function = 0
            for name, each in zip(item.groups, item.each, strict=True):
                for _ in range(each):
                    found[name].append(Place(slot.bus.number, slot.slot, function))
                    function += 1
    for group in scene.groups:
        address = group.wish.address
        if address is not None:
            found[group.name] = [Place(pin_provider(scene.scheme, address), address.slot, address.function)]
    return [PlannedDevice(one.name, rank, place) for one in scene.groups for rank, place in enumerate(found[one.name])]


def _packed(counted: Counted, item: int, group: str, slots: list[_Slot]) -> list[Place]:
    by_place: dict[tuple[int, int], list[_Slot]] = defaultdict(list)
    for slot in slots:
        by_place[slot.site, slot.switch].append(slot)
    places = []
    for (site, switch), here in by_place.items():
        devices = counted.devices.get((group, site), 0) if switch < 0 else counted.held[item, site, switch]
        each, more = divmod(devices, len(here))
        for number, slot in enumerate(here):
            places += [Place(slot.bus.number, slot.slot, function) for function in range(each + (number < more))]
    return places

"""What a plan wishes beyond places for its devices, as constraints: relations, isolation, limits, preferences."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pcisolve.core.kinds import DOWNSTREAM_PORT, UPSTREAM_PORT
from pcisolve.planning.file.values import CONTROLLERS, SPREAD, Apart, Together
from pcisolve.planning.model.counts import Counts
from pcisolve.planning.model.scene import MAX_SWITCHES, PER_ROOT, Site
from pcisolve.problem.scheme import FLAT


class Wishes:
    """Writes the wishes and the machine's own limits into a count model.

    Attributes:
        on_switch: slots of an item on one switch, by (item, site, switch).
        held: devices in those slots, for items of several devices a slot.
        switches: whether a switch of its own is there, by (site, switch).
    """

    def __init__(self, counts: Counts) -> None:
        self.counts, self.scene, self.model = counts, counts.scene, counts.model
        self.on_switch: dict[tuple[int, int, int], Any] = {}
        self.held: dict[tuple[int, int, int], Any] = {}
        self.switches: dict[tuple[int, int], Any] = {}
        self._write_switches()
        for relation in self.scene.plan.relations:
            self._relate(relation)
        self._isolate()
        self._limit_domains()
        self._limit_roots()
        self._limit_guest()
        self._fill_indexes()
        self._order_alike()

    @property
    def controllers(self) -> Any:
        """How many PCI controllers there are in all."""
        return sum(self._controllers_of(site) for site in self.scene.sites)

    @property
    def domains(self) -> Any:
        """How many PCI domains there are."""
        return sum(self.counts.used[one.position] for one in self.scene.sites if one.is_domain)

    def _controllers_of(self, site: Site) -> Any:
        there = site.existing_controllers if site.existing is not None else self.counts.used[site.position]
        return there + self.counts.added_at(site)

    def buses_of(self, site: Site) -> Any:
        """Bus numbers that a root and what is below it take (fact window-need)."""
        there = (
            site.existing_buses
            if site.existing is not None
            else site.model.guest_buses * self.counts.used[site.position]
        )
        return there + sum(
            model.guest_buses * self.counts.controllers_at(site, name) for name, model in self.scene.growth.items()
        )

    def objective(self, name: str) -> Any:
        """The number that a preference wants as low as possible."""
        if name == CONTROLLERS:
            return self.controllers
        return self._busiest() if name == SPREAD else self._highest_index()

    def _busiest(self) -> Any:
        """The most devices of the plan below one root."""
        most = self.counts.number(self.counts.most)
        names = list(self.scene.by_group)
        for site in self.scene.sites:
            self.model.add(most * site.copies >= self.counts.devices_at(names, [site]))
        return most

    def _highest_index(self) -> Any:
        """What numbering lowest first comes to: behind each fixed index, everything that has to follow it."""
        fixed = sorted(self.scene.fixed_indexes())
        roots, added = sum(one.copies for one in self.scene.sites), self.counts.most * len(self.counts.added)
        highest = self.counts.number(max(fixed) + roots + added)
        for start in fixed:
            later = sum(1 for one in fixed if one > start)
            below = sum(
                self.counts.added_at(site)
                for site in self.scene.sites
                if start == 0 or self.scene.release(site) >= start
            )
            fresh = sum(self.counts.used[one.position] for one in self.scene.sites if start == 0 and one.number is None)
            self.model.add(highest >= start + later + below + fresh)
        return highest

    def _relate(self, relation: Together | Apart) -> None:
        names = [name for name in relation.groups if name in self.scene.by_group]
        if relation.unit == "slot":
            self._relate_slot(relation, names)
        elif isinstance(relation, Apart):
            for total, units in zip(self._totals(names, relation.unit), self._there(relation.unit), strict=True):
                self.model.add(sum(total) <= relation.at_most * units)
        elif relation.pairwise:
            for total in self._totals(names, relation.unit):
                for other in total[1:]:
                    self.model.add(other == total[0])
        elif names:
            chosen = []
            copies = [self.scene.by_group[name].wish.copies for name in names]
            for total, divided in zip(self._totals(names, relation.unit), self._divided(relation.unit), strict=True):
                here = 0 if divided else self.model.new_bool_var("")
                chosen += [] if divided else [here]
                for count, number in zip(copies, total, strict=True):
                    self.model.add(number == count * here)
            self.model.add_exactly_one(chosen)

    def _totals(self, names: list[str], unit: str) -> list[list[Any]]:
        """For each unit, how many devices of each group it has."""
        if unit == "switch":
            return [[self._on_switch(name, *key) for name in names] for key in self.switches]
        return [[self.counts.devices_at([name], sites) for name in names] for sites in self.scene.units(unit)]

    def _there(self, unit: str) -> list[Any]:
        """For each unit, how many units it stands for that are there; what is not there holds nothing anyway."""
        if unit in PER_ROOT:
            return [self._as_many(sites[0]) for sites in self.scene.units(unit)]
        return [1 for _ in (self.switches if unit == "switch" else self.scene.units(unit))]

    def _as_many(self, site: Site) -> Any:
        """How many roots a site stands for that are there; for a site of one root it is enough to say 1."""
        return 1 if site.copies == 1 else self.counts.used[site.position]

    def _divided(self, unit: str) -> list[bool]:
        """For each unit, whether it stands for several, so that nobody knows what is in one of them."""
        if unit in PER_ROOT:
            return [sites[0].copies > 1 for sites in self.scene.units(unit)]
        return [False for _ in (self.switches if unit == "switch" else self.scene.units(unit))]

    def _on_switch(self, name: str, site: int, switch: int) -> Any:
        total = 0
        for number, item in enumerate(self.scene.items):
            key = (number, site, switch)
            if name in item.groups and key in self.on_switch:
                total += self.held.get(key, item.each[item.groups.index(name)] * self.on_switch[key])
        return total

    def _relate_slot(self, relation: Together | Apart, names: list[str]) -> None:
        """Items are made so that slot relations hold, unless one slot would have to hold too much."""
        for item in self.scene.items:
            here = sum(each for name, each in zip(item.groups, item.each, strict=True) if name in names)
            most = relation.at_most if isinstance(relation, Apart) else 8
            if here > most:
                self.model.add_bool_or([])

    def _write_switches(self) -> None:
        """Items of a switch relation are on downstream ports, switch by switch."""
        names = self.scene.switched_groups()
        items = [number for number, item in enumerate(self.scene.items) if set(item.groups) & names]
        if not items:
            return
        up, down = (next((one for one, m in self.scene.growth.items() if m.needs & kind), "") for kind in _SWITCH)
        most = min(sum(self.scene.by_group[name].wish.copies for name in names), MAX_SWITCHES)
        for key, slots in self.counts.placed.items():
            if key[0] in items and key[2] != down:
                self.model.add(slots == 0)
        for site in self.scene.sites:
            if down:
                self._switches_of(site, items, most, (up, down))

    def _switches_of(self, site: Site, items: list[int], most: int, ports: tuple[str, str]) -> None:
        counts, position = self.counts, site.position
        capacity = self.scene.growth[ports[0]].max_slot - self.scene.growth[ports[0]].min_slot + 1
        loads = []
        for switch in range(most):
            there = self.switches[position, switch] = self.model.new_bool_var("")
            here = [self._split(number, position, switch, capacity) for number in items]
            self.model.add(sum(here) <= capacity * there)
            self.model.add(sum(here) >= there)
            loads.append(sum(here))
        for before, after in pairwise(loads):
            self.model.add(before >= after)
        for number in items:
            on_ports = counts.placed.get((number, position, ports[1]), 0)
            self.model.add(on_ports == sum(self.on_switch[number, position, one] for one in range(most)))
            if (number, position, 0) in self.held:
                devices = counts.devices.get((self.scene.items[number].groups[0], position), 0)
                self.model.add(devices == sum(self.held[number, position, one] for one in range(most)))
        self.model.add(
            counts.controllers_at(site, ports[0]) >= sum(self.switches[position, one] for one in range(most))
        )
        self.model.add(counts.controllers_at(site, ports[1]) >= sum(loads))

    def _split(self, number: int, position: int, switch: int, capacity: int) -> Any:
        slots = self.on_switch[number, position, switch] = self.counts.number(capacity)
        packed = self.scene.items[number].packed
        if packed > 1:
            devices = self.held[number, position, switch] = self.counts.number(capacity * packed)
            self.model.add(devices >= slots)
            self.model.add(devices <= slots * packed)
        return slots

    def _isolate(self) -> None:
        """The devices of an isolation group are below one root, and nothing else is (fact alg-isolation)."""
        labels = sorted({one.wish.isolation for one in self.scene.groups if one.wish.isolation is not None})
        owners = []
        for site in self.scene.sites if labels else ():
            locked = self.scene.locked_zero and site.number == 0
            owner = {label: 0 if locked else self.model.new_bool_var("") for label in labels}
            owners.append(owner)
            self.model.add(sum(owner.values()) <= 1)
            for group in self.scene.groups:
                devices = self.counts.devices.get((group.name, site.position))
                if devices is None:
                    continue
                label = group.wish.isolation
                allowed = owner[label] if label is not None else 1 - sum(owner.values())
                self.model.add(devices <= group.wish.copies * allowed)
        for label in labels:
            self.model.add(sum(owner[label] for owner in owners) == 1)

    def _limit_domains(self) -> None:
        limit = self.scene.plan.limit("buses-per-domain")
        for sites in self.scene.by_domain.values():
            buses = [self.buses_of(site) for site in sites]
            many = self._as_many(sites[0])
            self.model.add(sum(buses) <= self.scene.caps.buses * many)
            if limit is not None:
                self.model.add(sum(buses) <= limit.value * many)
            open_ = [number for number, site in zip(buses, sites, strict=True) if site.window is None]
            window = self.scene.standing.windows.get(sites[0].domain)
            if window is not None:
                self.model.add(sum(open_) <= window)
            for number, site in zip(buses, sites, strict=True):
                if site.window is not None:
                    self.model.add(number <= site.window)

    def _limit_roots(self) -> None:
        names, plan = list(self.scene.by_group), self.scene.plan
        buses, devices = plan.limit("buses-per-root"), plan.limit("devices-per-root")
        for site in self.scene.sites if buses or devices else ():
            many = self._as_many(site)
            if buses is not None:
                self.model.add(self.buses_of(site) <= buses.value * many)
            if devices is not None:
                self.model.add(self.counts.devices_at(names, [site]) <= devices.value * many)

    def _limit_guest(self) -> None:
        plan, caps, growth = self.scene.plan, self.scene.caps, self.scene.growth
        limits = {one.name: one.value for one in plan.limits}
        if any(one.optional for one in self.scene.sites):
            self.model.add(self.domains <= caps.domains)
        if "domains" in limits:
            self.model.add(self.domains <= limits["domains"])
        for most in (limits.get("controllers"), caps.controllers):
            if most is not None:
                self.model.add(self.controllers <= most)
        if caps.ports is not None:
            ports = [name for name, model in growth.items() if "chassis" in model.targets]
            total = sum(self.counts.controllers_at(site, name) for site in self.scene.sites for name in ports)
            self.model.add(total + self.scene.standing.ports <= caps.ports)
        if caps.io_windows is not None:
            self.model.add(self._io_windows() + self.scene.standing.io_windows <= caps.io_windows)

    def _fill_indexes(self) -> None:
        """In the flat scheme no index is left out, or libvirt adds a controller for it (rule index-gap-filled).

        Below each given index there are enough controllers that may have a lower one.
        """
        sites = self.scene.sites if self.scene.scheme == FLAT else ()
        fixed = self.scene.fixed_indexes()
        for index in sorted(fixed) if sites else ():
            given = sum(1 for one in fixed if one < index)
            fresh = sum(self.counts.used[one.position] for one in sites if one.number is None)
            below = sum(self.counts.added_at(one) for one in sites if self.scene.release(one) < index)
            if given < index:
                self.model.add(given + fresh + below >= index)

    def _io_windows(self) -> Any:
        """Conventional bridges: each has a window, as their devices may have I/O ports (rule io-limit)."""
        bridges = [name for name, model in self.scene.growth.items() if model.bus == "conventional"]
        return sum(self.counts.controllers_at(site, name) for site in self.scene.sites for name in bridges)

    def _order_alike(self) -> None:
        """Of roots that are alike, the first are there, and have no fewer devices than those after them.

        The first one also than those, on the average, that share what they have.
        """
        names = list(self.scene.by_group)
        first: Site | None = None
        for before, after in pairwise(self.scene.sites):
            if before.same or not before.is_like(after):
                first = None
                continue
            first, many = first or before, after.copies
            fuller = before if many == 1 else first
            self.model.add(self.counts.used[fuller.position] * many >= self.counts.used[after.position])
            here, there = (self.counts.devices_at(names, [one]) for one in (fuller, after))
            self.model.add(here * many >= there)


_SWITCH = (UPSTREAM_PORT, DOWNSTREAM_PORT)

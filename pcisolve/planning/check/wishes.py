"""Whether a layout is what the plan asked for, in plain Python, from the layout alone: no counts, no solver."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator
from typing import NamedTuple

from pcisolve.core.kinds import UPSTREAM_PORT
from pcisolve.planning.file.values import Apart, DeviceWish, Plan, Relation, Spare, Together
from pcisolve.problem.choice import Place
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part

_BUSES = 256


class Outcome(NamedTuple):
    """What is to be judged.

    Attributes:
        devices: the parts of each group, by rank.
        roots: for each root (domain or expander, by index) the names the plan has for it: its entry's, and its own.
        kept: the slots that each spare (by number) keeps free.
        has_buses: bus numbers a domain may have.
    """

    plan: Plan
    layout: Layout
    devices: dict[str, list[Part]]
    roots: dict[int, set[str]]
    kept: dict[int, list[Place]]
    has_buses: int


def broken_wishes(outcome: Outcome) -> list[str]:
    """Every wish that the layout breaks, in words."""
    judge = _Judge(outcome)
    found = [word for wish in outcome.plan.devices for word in judge.group(wish)]
    found += [word for wish in outcome.plan.devices for word in judge.hotplug(wish)]
    found += [word for relation in outcome.plan.relations for word in judge.relation(relation)]
    found += [word for number, spare in enumerate(outcome.plan.spares) for word in judge.spare(number, spare)]
    return [*found, *judge.switches(), *judge.limits(), *judge.root_limits(), *judge.windows(), *judge.isolation()]


class _Judge:
    def __init__(self, outcome: Outcome) -> None:
        self.outcome, self.layout, self.plan = outcome, outcome.layout, outcome.plan
        self._roots: dict[int, int] = {}
        self.taken = {(place.provider, place.slot) for place in self.layout.places.values()}
        self.units: dict[str, Callable[[Part], Hashable]] = {
            "domain": self.domain,
            "root": self.root,
            "numa": lambda part: self._node(self.root(part)),
            "switch": self.switch,
            "slot": lambda part: self.layout.places[part][:2],
        }

    def domain(self, part: Part) -> int:
        """The index of the domain's root above a part."""
        return self._above(part)[-1].index

    def root(self, part: Part) -> int:
        """The index of the root or expander above a part."""
        return next(one.index for one in self._above(part) if one.begins_root)

    def switch(self, part: Part) -> Hashable:
        """The upstream port above a part; the part itself where there is none."""
        found = switch_above(self.layout, part)
        return part if found is None else found

    def _above(self, part: Part) -> list[Controller]:
        return _above(self.layout, part)

    def group(self, wish: DeviceWish) -> Iterator[str]:
        """Number, address and confinement of a group."""
        parts = self.outcome.devices.get(wish.name, [])
        if len(parts) != wish.copies or any(part not in self.layout.places for part in parts):
            yield f"{wish.name}: {len(parts)} placed of {wish.copies}"
            return
        names = self.outcome.roots
        for part in parts:
            if wish.domains and not names[self.domain(part)] & set(wish.domains):
                yield f"{wish.name}: in domain {self.domain(part)}"
            if wish.roots and not names[self.root(part)] & set(wish.roots):
                yield f"{wish.name}: below root {self.root(part)}"
            if wish.nodes and self._node(self.root(part)) not in wish.nodes:
                yield f"{wish.name}: at NUMA node {self._node(self.root(part))}"
            if wish.address is not None and self.layout.addresses[part] != wish.address:
                yield f"{wish.name}: at {self.layout.addresses[part]}"

    def _node(self, root: int) -> int | str | None:
        return self.layout.target(self.layout.by_index[root], "node")

    def relation(self, relation: Relation) -> Iterator[str]:
        """Together or apart, device by device."""
        unit = self.units[relation.unit]
        groups = [self.outcome.devices[name] for name in relation.groups if name in self.outcome.devices]
        places = [[unit(part) for part in parts] for parts in groups]
        if isinstance(relation, Apart):
            for place, number in Counter(one for group in places for one in group).items():
                if place is None:  # at no NUMA node
                    continue
                if number > relation.at_most:
                    yield f"{number} of {', '.join(relation.groups)} in {relation.unit} {place}"
        elif isinstance(relation, Together) and relation.pairwise:
            for rank, pair in enumerate(zip(*places, strict=True)):
                if len(set(pair)) > 1:
                    yield f"number {rank + 1} of {', '.join(relation.groups)} apart"
        elif len({one for group in places for one in group}) > 1:
            yield f"{', '.join(relation.groups)} apart"

    def spare(self, number: int, spare: Spare) -> Iterator[str]:
        """Each unit has its free slots, and they are free."""
        kept = self.outcome.kept.get(number, [])
        if len(set(kept)) != len(kept) or any((one.provider, one.slot) in self.taken for one in kept):
            yield f"a spare of line {spare.at.line} is taken"
        count: Counter[Hashable] = Counter()
        for place in kept:
            bus = self.layout.by_index[place.provider]
            if spare.hotplug and not bus.hotplug:
                yield f"the spare on bus {bus.index} is not hot-pluggable"
            if not self._may_have(bus, spare):
                yield f"a spare of line {spare.at.line} is on bus {bus.index}"
            count[self._unit_of_bus(bus, spare.unit)] += 1
        begins = [one for one in self.layout.controllers if one.begins_root and self._may_have(one, spare)]
        for unit in {self._unit_of_bus(one, spare.unit) for one in begins}:
            if unit is not None and count[unit] < spare.copies:
                yield f"{count[unit]} spares in {spare.unit} {unit}, {spare.copies} asked for"

    def switches(self) -> Iterator[str]:
        """Each declared switch is one upstream port, and what is above it is as declared."""
        parents = {one.name: one.parent for one in self.plan.switches}
        ports: dict[str, int] = {}
        for wish in self.plan.devices:
            for part in self.outcome.devices.get(wish.name, []) if wish.switch is not None else ():
                above = [one.index for one in self._above(part) if one.needs & UPSTREAM_PORT]
                names, name = [], wish.switch or ""
                while name in parents:
                    names.append(name)
                    name = parents[name]
                root = self.root(part)
                if len(above) != len(names) or (name and name not in self.outcome.roots[root]) or (not name and root):
                    yield f"{wish.name}: below {len(above)} switches of root {root}"
                elif any(ports.setdefault(*one) != one[1] for one in zip(names, above, strict=True)):
                    yield f"{wish.name}: on another switch than others of {wish.switch}"
        if len(set(ports.values())) < len(ports):
            yield "two declared switches are one"

    def _may_have(self, bus: Controller, spare: Spare) -> bool:
        root = next(one for one in (bus, *self._above(bus)) if one.begins_root)
        return not spare.roots or bool(self.outcome.roots[root.index] & set(spare.roots))

    def hotplug(self, wish: DeviceWish) -> Iterator[str]:
        """Ports of devices that are not to be unplugged take none."""
        for part in () if wish.hotplug else self.outcome.devices.get(wish.name, []):
            bus = self.layout.provider(part)
            if bus is None or bus.hotplug:
                yield f"{wish.name}: on a bus that takes devices while the guest runs"

    def _unit_of_bus(self, bus: Controller, unit: str) -> Hashable:
        if unit == "guest":
            return "guest"
        chain = [bus, *self._above(bus)]
        if unit == "domain":
            return chain[-1].index
        root = next(one for one in chain if one.begins_root)
        return root.index if unit == "root" else self._node(root.index)

    def limits(self) -> Iterator[str]:
        """Controllers, domains, and buses of each domain."""
        limits = {one.name: one.value for one in self.plan.limits}
        buses: Counter[int] = Counter()
        for one in self.layout.controllers:
            domain = one.index if one.is_root else self.domain(one)
            buses[domain] += one.model.guest_buses if one.model else 1
        most = min(limits.get("buses-per-domain", _BUSES), self.outcome.has_buses)
        for domain, number in buses.items():
            if number > most:
                yield f"{number} buses in domain {domain}, at most {most} allowed"
        for name, value in (("controllers", len(self.layout.controllers)), ("domains", len(buses))):
            if value > limits.get(name, value):
                yield f"{value} {name}, at most {limits[name]} allowed"

    def root_limits(self) -> Iterator[str]:
        """What the plan allows one root: bus numbers, and devices of the plan."""
        buses, devices = self.plan.limit("buses-per-root"), self.plan.limit("devices-per-root")
        numbers: Counter[int] = Counter()
        for one in self.layout.controllers:
            numbers[one.index if one.begins_root else self.root(one)] += one.model.guest_buses if one.model else 1
        below = Counter(self.root(part) for parts in self.outcome.devices.values() for part in parts)
        for limit, found, what in ((buses, numbers, "bus numbers"), (devices, below, "devices")):
            for root, number in found.items() if limit is not None else ():
                if limit is not None and number > limit.value:
                    yield f"{number} {what} below root {root}, at most {limit.value} allowed"

    def windows(self) -> Iterator[str]:
        """The numbers of each root's buses end before the next expander's begin (rule window-fit)."""
        need: Counter[int] = Counter()
        begin: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for one in self.layout.controllers:
            root = one.index if one.begins_root else self.root(one)
            need[root] += one.model.guest_buses if one.model else 1
            if one.begins_root:
                number = 0 if one.is_root else self.layout.target(one, "busNr")
                domain = one.index if one.is_root else self.domain(one)
                begin[domain].append((number if isinstance(number, int) else 0, one.index))
        for roots in begin.values():
            roots.sort()
            for (low, root), (high, _) in zip(roots, [*roots[1:], (_BUSES, -1)], strict=True):
                if low + need[root] > high:
                    yield f"{need[root]} buses from number {low}, where the next begin at {high}"

    def isolation(self) -> Iterator[str]:
        """A root with an isolation group has nothing of the plan but that."""
        by_root: dict[int, set[str | None]] = defaultdict(set)
        homes: dict[str, set[int]] = defaultdict(set)
        for wish in self.plan.devices:
            for part in self.outcome.devices.get(wish.name, []):
                by_root[self.root(part)].add(wish.isolation)
                if wish.isolation is not None:
                    homes[wish.isolation].add(self.root(part))
        for root, labels in by_root.items():
            if len(labels) > 1:
                yield f"root {root} has several isolation groups"
        for label, roots in homes.items():
            if len(roots) > 1:
                yield f'isolation group "{label}" is below {len(roots)} roots'


def switch_above(layout: Layout, part: Part) -> int | None:
    """The index of the upstream port above a part."""
    return next((one.index for one in _above(layout, part) if one.needs & UPSTREAM_PORT), None)


def _above(layout: Layout, part: Part) -> list[Controller]:
    found: list[Controller] = []
    here = layout.provider(part)
    while here is not None and len(found) <= len(layout.controllers):
        found.append(here)
        here = layout.provider(here)
    return found

"""--policy minimal: the fewest added controllers, proven, laid out afterwards."""

from __future__ import annotations

from collections import defaultdict

from pcisolve.firstfit.buses import Bus, Buses
from pcisolve.firstfit.order import USB2_FUNCTION, parts_in_turn, usb2_set
from pcisolve.firstfit.run import Pass, added_controller, choose
from pcisolve.firstfit.values import fill_values
from pcisolve.placing.counts import Counted, Demand, Supply, build
from pcisolve.problem.choice import Choice, Place
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.solver.run import INFEASIBLE, OPTIMAL, run


class Undecided(Exception):
    """The time limit came before the optimum was proved."""


def minimal_choice(problem: Problem) -> Choice:
    """The places of a layout with the fewest added controllers.

    Endpoints keep away from express roots and from each other's slots, as in libvirt's own search, so that
    everything stays hot-pluggable. Where no layout exists at all the first-fit choice is returned, whose
    failures say why.

    Raises:
        Undecided: the time limit came first.
    """
    plan = _Plan(problem)
    counted = plan.solve()
    if counted is None:
        return choose(problem)
    return plan.expand(counted)


class _Plan:
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.choice = Choice()
        self.settled: dict[Part, Place] = {}
        # As libvirt does, buses that an address or a gap between indexes asks for come first; they are not optional.
        self.base = Pass(problem, self.choice, self.settled, dry=True)
        self.base.prepare()
        self.base.dry = False
        self._add_gap_controllers()
        self.gaps = len(self.choice.added)
        self.models = self._growable()
        self.groups = self._groups()
        self.supplies = self._supplies()
        self.demands = [self._demand(key, parts) for key, parts in self.groups.items()]

    def _add_gap_controllers(self) -> None:
        have = {one.index for one in self.problem.controllers}
        for bus in self.base.buses.order:
            if bus.index not in have:
                self.choice.added.append(added_controller(self.problem, bus.index, bus.model.name))

    def _growable(self) -> list[str]:
        machine = self.problem.machine
        names = [machine.grows_express, *machine.legacy_entry, machine.grows_conventional]
        return [name for name in dict.fromkeys(names) if name and self.problem.catalog.controller(name)]

    def _groups(self) -> dict[str, list[Part]]:
        """Alike parts by a key; a growable model has a group even when no such part waits."""
        groups: dict[str, list[Part]] = {name: [] for name in self.models if not self._model_is_root(name)}
        seen_sets: set[str] = set()
        for part in parts_in_turn(self.problem, self.base.controllers):
            if part in self.settled or part in self.choice.places:
                continue
            if self._is_usb2(part):
                key = f"usb2 {part.view.get('index')}"
                if key in seen_sets or any(one in self.settled for one in usb2_set(self.problem, part)):
                    continue
                seen_sets.add(key)
            groups.setdefault(self._key(part), []).append(part)
        return groups

    def _model_is_root(self, name: str) -> bool:
        model = self.problem.catalog.controller(name)
        return model is not None and model.root

    @staticmethod
    def _is_usb2(part: Part) -> bool:
        return part.kind == "controller" and part.view.get("type") == "usb" and part.view.get("model") in USB2_FUNCTION

    def _key(self, part: Part) -> str:
        bounds = f"{self._highest_bus(part)} {_domain(part)}"
        return f"{part.needs} {part.automatic} {part.integrated} {part.shares_slot} {bounds}"

    def _highest_bus(self, part: Part) -> int | None:
        """The index a part's bus must stay below; None for no bound."""
        if not isinstance(part, Controller) or part.model is None:
            return None
        ordered = part.model.index_above_bus or not self.problem.flat or self.problem.options.stage != "libvirt"
        return part.index if ordered else None  # rules rfc-parent-lower, start-parent-order

    def _supplies(self) -> list[Supply]:
        supplies = [
            Supply(bus.index, self._empty_slots(bus), self._free_functions(bus)) for bus in self.base.buses.order
        ]
        for name in self.models:
            model = self.problem.catalog.controller(name)
            if model is not None:
                supplies.append(Supply(name, model.max_slot - model.min_slot + 1, 0))
        return supplies

    @staticmethod
    def _empty_slots(bus: Bus) -> int:
        return bus.masks[bus.min_slot : bus.max_slot + 1].count(0)

    @staticmethod
    def _free_functions(bus: Bus) -> int:
        return sum(8 - mask.bit_count() for slot, mask in enumerate(bus.masks) if bus.aggregate >> slot & 1)

    def _demand(self, key: str, parts: list[Part]) -> Demand:
        example = parts[0] if parts else added_controller(self.problem, 1 << 30, key)
        limit = self._highest_bus(example) if parts else None
        takers = []
        for position, supply in enumerate(self.supplies):
            bus = self._bus(supply)
            elsewhere = _domain(example) is not None and bus.domain != _domain(example)
            below = limit is None or (isinstance(supply.name, int) and supply.name < limit)
            if below and not elsewhere and bus.admits(example, explicit=False):
                takers.append(position)
        return Demand(key, len(parts), example.shares_slot, tuple(takers))

    def _bus(self, supply: Supply) -> Bus:
        if isinstance(supply.name, int):
            return self.base.buses.by_index[supply.name]
        return Bus(-1, self.base.buses.catalog_model(supply.name))

    def solve(self) -> Counted | None:
        """The optimum, or None when it is proved that there is no layout.

        Raises:
            Undecided: the time limit came first.
        """
        highest = self.base.buses.next_index
        room = max(256 - highest, 0) if self.problem.flat else 4096
        model, added, placed = build(self.supplies, self.demands, max(room, 1))
        ran = run(model, self.problem.options.time_limit)
        if ran.status == INFEASIBLE:
            return None
        if ran.status != OPTIMAL:
            raise Undecided
        return Counted(
            {name: ran.value(variable) for name, variable in added.items()},
            {pair: ran.value(variable) for pair, variable in placed.items()},
            ran.bound,
        )

    def expand(self, counted: Counted) -> Choice:
        """Give every part a slot and function, supplies lowest index first."""
        self._add_controllers(counted)
        quota: dict[int, dict[int, int]] = defaultdict(dict)
        for (demand, supply), count in counted.placed.items():
            quota[demand][supply] = count
        for position, (key, parts) in enumerate(self.groups.items()):
            waiting = parts + [one for one in self._counted() if one.model_name == key]
            for part in waiting:
                if not (isinstance(part, Controller) and part.is_root):
                    self._place(part, quota[position])
        for part in parts_in_turn(self.problem, self.base.controllers):
            if part not in self.choice.places and part not in self.settled:
                self.base.place(part)
        self.choice.failures += self.base.failures
        self.choice.places.update(self.settled)
        fill_values(self.problem, self.choice)
        return self.choice

    def _add_controllers(self, counted: Counted) -> None:
        for name in self.models:
            for _ in range(counted.added.get(name, 0)):
                index = self.base.buses.next_index
                controller = added_controller(self.problem, index, name)
                self.choice.added.append(controller)
                self.base.buses.append(index, self.base.buses.catalog_model(name))

    def _place(self, part: Part, quota: dict[int, int]) -> None:
        for position in sorted(quota):
            if quota[position] < 1:
                continue
            for bus in self._instances(self.supplies[position], part):
                found = _packed(bus) if part.shares_slot else None
                found = found or bus.free_place(shares_slot=False, function=self._function(part))
                if found is not None:
                    quota[position] -= 1
                    bus.reserve(*found, part, explicit=False)
                    self.choice.places[part] = Place(bus.index, *found)
                    if self._is_usb2(part) and found[1] == 0:
                        self.choice.multifunction.add(part)
                    return

    def _counted(self) -> list[Controller]:
        """The added controllers of the count, without those that fill gaps, which are supplies and parts already."""
        return self.choice.added[self.gaps :]

    @staticmethod
    def _function(part: Part) -> int:
        return USB2_FUNCTION.get(part.view.get("model") or "", 0) if _Plan._is_usb2(part) else 0

    def _instances(self, supply: Supply, part: Part) -> list[Bus]:
        buses: Buses = self.base.buses
        if isinstance(supply.name, int):
            return [buses.by_index[supply.name]]
        indexes = [one.index for one in self._counted() if one.model_name == supply.name]
        limit = self._highest_bus(part)
        return [buses.by_index[index] for index in indexes if limit is None or index < limit]


def _domain(part: Part) -> int | None:
    """The PCI domain a controller has to be in, because addresses name its bus there."""
    return part.domain if isinstance(part, Controller) else None


def _packed(bus: Bus) -> tuple[int, int] | None:
    """A free function of a slot that root ports share already."""
    for slot, mask in enumerate(bus.masks):
        if bus.aggregate >> slot & 1 and mask != 0xFF:
            return slot, next(function for function in range(8) if not mask >> function & 1)
    return None

"""From counts to a layout: which controllers are there, and which part is where; the same way every time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pcisolve.core.address import FUNCTIONS_PER_SLOT, HIGHEST_FLAT_INDEX
from pcisolve.firstfit.buses import Bus
from pcisolve.firstfit.order import USB2_FUNCTION
from pcisolve.firstfit.run import added_controller
from pcisolve.firstfit.values import fill_values
from pcisolve.placing.layout_model import LayoutModel, Pair
from pcisolve.placing.space import ENDPOINT, Host, Space
from pcisolve.problem.choice import Choice, Place
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.solver.reference import Reference, fixed_buses, index_bound, is_above_bus
from pcisolve.solver.run import Run

_DEEP = 16  # controllers above a bus: beyond it another is preferred, as QEMU has a limit (rule start-depth)


class CannotExpand(Exception):
    """The counts are no layout: the model is wider here than what can be written out. Nothing is proved by it."""


def expand(problem: Problem, reference: Reference, space: Space, model: LayoutModel, ran: Run) -> Choice:
    """The layout that the counts stand for.

    Raises:
        CannotExpand: there is none.
    """
    return _Expansion(problem, reference, space, model, ran).choice()


class _Expansion:
    def __init__(self, problem: Problem, reference: Reference, space: Space, model: LayoutModel, ran: Run) -> None:
        self.problem, self.reference, self.space = problem, reference, space
        self.before = reference.choice.places
        self.there = [ran.value(one) for one in model.there]
        self.heads = _values(ran, model.heads)
        self.tails = _values(ran, model.tails)
        self.stays = _values(ran, model.stays)
        self.added = _values(ran, model.added)
        self.new = Choice(reference.choice.kept)
        self.new.chipset, self.new.moved = reference.choice.chipset, reference.choice.moved
        self.new.added = list(reference.needed)
        there = {one.index for one in (*problem.controllers, *reference.needed)}
        self.buses = {index: bus for index, bus in fixed_buses(problem, reference).items() if index in there}
        self.new.places = {part: self.before[part] for part in reference.fixed}
        self.standing: dict[int, list[Controller]] = {host.number: [] for host in space.hosts}
        self.host_of = {one: host for host in space.hosts for one in host.members}
        self.floats = {(host.members[0], host.site): host for host in space.hosts if host.floats}
        self.tied: dict[Controller, list[Controller]] = defaultdict(list)
        for host in space.hosts:
            above = space.hosts[host.above].members[0] if host.floats and host.above is not None else None
            if above is not None and host.members[0] not in self.tied[above]:
                self.tied[above].append(host.members[0])
        self.by_model = {(host.site, host.model.name): host for host in space.hosts if host.added}
        self.filled: set[int] = set()
        self.depth: dict[int, int] = {}
        self.left = [list(parts.parts) for parts in space.classes]

    def choice(self) -> Choice:
        for one in (*self.problem.controllers, *self.reference.needed):
            if one in self.host_of and not self.host_of[one].floats and (one.is_root or one in self.new.places):
                self._stand(one)
        self._keep_optional()
        self._keep_parts()
        self._add_roots()
        self._place_controllers()
        for host in self.space.hosts:
            self._fill(host)
        if any(self.left):
            raise CannotExpand
        self._fill_gaps()
        self._begin_slots()
        self.new.added.sort(key=lambda one: one.index)
        fill_values(self.problem, self.new)
        return self.new

    def _stand(self, one: Controller) -> None:
        """A controller's bus is there from now on, and those of what is plugged into it for sure."""
        if self.host_of[one].floats:
            above = self.host_of[_by_index(self.problem, self.new, self.new.places[one].provider)]
            self.host_of[one] = self.floats[one, above.site]
        self.standing[self.host_of[one].number].append(one)
        if one.index not in self.buses and one.model is not None:
            self.buses[one.index] = Bus(one.index, one.model)
        for tied in self.tied.get(one, ()):
            self._stand(tied)

    def _put(self, part: Part, place: Place) -> None:
        """Give a part its place; all members of a USB 2 set theirs, each at the function of the real chip."""
        members = self.reference.sets.get(part, ())
        for member in members:
            function = USB2_FUNCTION[member.view.get("model") or ""] if len(members) > 1 else place.function
            self._put_one(member, place._replace(function=function))
            if function == 0:
                self.new.multifunction.add(member)
        if not members:
            self._put_one(part, place)

    def _put_one(self, part: Part, place: Place) -> None:
        if not self.buses[place.provider].reserve(place.slot, place.function, part, explicit=False):
            raise CannotExpand
        self.new.places[part] = place
        if isinstance(part, Controller):
            self.depth[part.index] = self.depth.get(place.provider, 0) + 1
            if part.model is not None and part.model.io_window:
                self.filled.add(place.provider)
        if isinstance(part, Controller) and part in self.host_of:
            self._stand(part)

    def _keep_optional(self) -> None:
        """Those first fit added and that are still there, of the lowest indexes, where they were."""
        indexes = set(self.buses)
        for host in self.space.hosts:
            kept = 0
            for one in host.members if host.optional else ():
                place = self.before.get(one)
                if kept == self.there[host.number] or (place is not None and place.provider not in indexes):
                    continue
                self.new.added.append(one)
                indexes.add(one.index)
                kept += 1
                if place is None:
                    self._stand(one)
                else:
                    self._put(one, place)

    def _keep_parts(self) -> None:
        """Parts that stay where first fit has them; controllers of the input before what may be on them."""
        for number, parts in enumerate(self.space.classes):
            here: dict[int, list[Part]] = defaultdict(list)
            for part in parts.parts:
                place = self.before.get(part)
                if place is not None:
                    here[place.provider].append(part)
            for (at, host), count in self.stays.items():
                if at == number:
                    self._keep_on(number, self.space.hosts[host], count, here)

    def _keep_on(self, number: int, host: Host, count: int, here: dict[int, list[Part]]) -> None:
        for one in host.members:
            unsure = host.optional or host.floats
            if one.index not in self.buses or (unsure and one not in self.standing[host.number]):
                continue
            for part in here.get(one.index, ())[:count]:
                self._put(part, self.before[part])
                self.left[number].remove(part)
                self.heads[number, host.number] -= 1
                count -= 1

    def _add_roots(self) -> None:
        for host in self.space.hosts:
            for _ in range(self.there[host.number] if host.added and host.model.root else 0):
                self._stand(self._new(host, 1))

    def _new(self, host: Host, lowest: int) -> Controller:
        """A controller that is added, with the lowest index there is from `lowest` up."""
        index = next(one for one in self._numbers(lowest) if one not in self.buses)
        controller = added_controller(self.problem, index, host.model.name)
        self.new.added.append(controller)
        self.host_of[controller] = host
        self.buses[index] = Bus(index, host.model)
        return controller

    def _place_controllers(self) -> None:
        """Controllers that are added and those of the input that are open, parents first."""
        waiting: dict[tuple[bool, int, int], int] = {}
        for (number, host), count in self.added.items():
            waiting[True, number, host] = count
        for (number, host), count in self.heads.items():
            if self.space.classes[number].role != ENDPOINT:
                waiting[False, number, host] = count
        most = 1  # first one of each, so that what has to have a low index gets it
        while any(waiting.values()):
            done = [self._place_some(key, waiting, most) for key in list(waiting) if waiting[key]]
            if not any(done):
                raise CannotExpand
            most = len(self.buses) + sum(waiting.values())

    def _place_some(self, key: tuple[bool, int, int], waiting: dict[tuple[bool, int, int], int], most: int) -> bool:
        """Place as many of one kind as there is room for now, at most so many; whether there was any."""
        is_new, number, at = key
        done = False
        for _ in range(min(most, waiting[key])):
            model = self.space.growth[number] if is_new else self.left[number][0].model
            bound = None if is_new else index_bound(self.problem, self.left[number][0])
            spot = self._spot(self.space.hosts[at], model is not None and model.shares_slot, bound)
            if spot is None:
                break
            part = self._grown(number, at, spot) if is_new else self.left[number].pop(0)
            self._put(part, spot)
            waiting[key] -= 1
            done = True
        return done

    def _grown(self, number: int, at: int, spot: Place) -> Controller:
        model = self.space.growth[number]
        lowest = spot.provider + 1 if is_above_bus(self.problem, model) else 1
        return self._new(self.by_model[self.space.hosts[at].site, model.name], lowest)

    def _numbers(self, lowest: int) -> Iterator[int]:
        taken = {one.index for one in (*self.problem.controllers, *self.new.added)}
        last = HIGHEST_FLAT_INDEX if self.problem.flat else lowest + len(taken) + 1
        yield from (one for one in range(lowest, last + 1) if one not in taken)
        raise CannotExpand

    def _spot(self, host: Host, shares: bool, bound: int | None = None) -> Place | None:
        """The first free slot on a host's buses below a bound, or a function of one that root ports share.

        Buses with bridges on them come late, as those need no I/O window of their own while no device is there, and
        those that are deep come last.
        """
        for one in sorted(self.standing[host.number], key=self._reluctance):
            if bound is None or one.index < bound:
                bus = self.buses[one.index]
                found = (bus.shared_place() if shares else None) or bus.free_place(shares, 0)
                if found is not None:
                    return Place(one.index, *found)
        return None

    def _reluctance(self, one: Controller) -> tuple[bool, bool]:
        return self.depth.get(one.index, 0) >= _DEEP, one.index in self.filled

    def _fill(self, host: Host) -> None:
        """A host's endpoints: those with a slot of their own, then those behind them in the same slot."""
        heads = [(number, count) for (number, at), count in self.heads.items() if at == host.number and count]
        tails = [(number, count) for (number, at), count in self.tails.items() if at == host.number and count]
        for number, count in heads:
            if self.space.classes[number].role == ENDPOINT:
                for _ in range(count):
                    spot = self._spot(host, False)
                    if spot is None:
                        raise CannotExpand
                    self._put(self.left[number].pop(0), spot)
        if tails:
            self._fill_tails(host, tails)

    def _fill_tails(self, host: Host, tails: list[tuple[int, int]]) -> None:
        shares = {part for parts in self.space.classes if parts.shares for part in parts.parts}
        indexes = {one.index for one in self.standing[host.number]}
        open_ones = [
            place
            for part, place in self.new.places.items()
            if part in shares and place.provider in indexes and place.function == 0
        ]
        functions = range(1, FUNCTIONS_PER_SLOT)
        spots = (place._replace(function=one) for place in sorted(open_ones, reverse=True) for one in functions)
        for number, count in tails:
            for _ in range(count):
                spot = next(spots, None)
                if spot is None:
                    raise CannotExpand
                self._put(self.left[number].pop(0), spot)

    def _fill_gaps(self) -> None:
        """In the flat scheme no index is left out: controllers of first fit's stay, even with nothing on them."""
        have = {one.index for one in (*self.problem.controllers, *self.new.added)}
        if not self.problem.fills_gaps or not have:
            return
        spare = {one.index: one for one in self.reference.optional if one.index not in have}
        for index in range(max(have)):
            if index in have:
                continue
            one = spare.get(index)
            place = self.before.get(one) if one is not None else None
            if one is None or place is None or place.provider not in have:
                raise CannotExpand
            self.new.added.append(one)
            self._put(one, place)

    def _begin_slots(self) -> None:
        """Of root ports that first fit added, one is at function 0 of each slot, where the guest looks first."""
        taken = set(self.new.places.values())
        for one in self.new.added:
            place = self.new.places.get(one)
            if place is not None and place.function and place._replace(function=0) not in taken:
                self.new.places[one] = place._replace(function=0)
                taken.add(self.new.places[one])


def _values(ran: Run, table: dict[Pair, object]) -> dict[Pair, int]:
    found = {key: ran.value(one) for key, one in table.items()}
    return {key: value for key, value in found.items() if value}


def _by_index(problem: Problem, choice: Choice, index: int) -> Controller:
    return next(one for one in (*problem.controllers, *choice.added) if one.index == index)

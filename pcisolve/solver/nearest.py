"""The layout nearest to libvirt's own, where that does not hold, and the one with the fewest controllers."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from pcisolve.placing.counting import certificate
from pcisolve.placing.layout_model import ALL, EXACT, SURE, LayoutModel
from pcisolve.placing.levels import CONTROLLERS, CONVENTIONAL, LEFT_OUT, MOVED, NOT_HOTPLUGGABLE, UNUSUAL, level
from pcisolve.placing.space import Space
from pcisolve.problem.choice import Choice
from pcisolve.problem.parts import Part
from pcisolve.problem.problem import Problem
from pcisolve.rules import registry
from pcisolve.rules.site import site_rules
from pcisolve.solver.expand import CannotExpand, expand
from pcisolve.solver.levels import Level, Limits, minimize
from pcisolve.solver.proof import Proof, proof
from pcisolve.solver.reference import NotModelled, placed_parts, reference_of
from pcisolve.solver.run import INFEASIBLE, OPTIMAL, UNKNOWN, run
from pcisolve.solver.space import build_space

NEAREST: Final = (MOVED, NOT_HOTPLUGGABLE, CONVENTIONAL, CONTROLLERS, UNUSUAL)
ANEW: Final = (NOT_HOTPLUGGABLE, CONVENTIONAL, CONTROLLERS, MOVED, UNUSUAL)  # no libvirt has put anything anywhere
FEWEST: Final = (CONTROLLERS, NOT_HOTPLUGGABLE, CONVENTIONAL, UNUSUAL)
_WORK: Final = 20.0  # deterministic limit of a level
_LEAST: Final = 0.001  # seconds
_NUMBERS: Final = 300_000  # of one model


class Found(NamedTuple):
    """A layout, and what it costs, level by level."""

    choice: Choice
    levels: tuple[Level, ...]


class Impossible(NamedTuple):
    """There is no layout at all: proved over everything that may be added.

    Attributes:
        parts: how many are open.
        most: how many of them have a place at once; None where that was not found out.
        certificate: why, by counting alone; "" where that does not show it.
        proof: how it was checked again, where that was asked for.
    """

    parts: int
    most: int | None
    certificate: str
    proof: Proof | None = None


class Undecided(NamedTuple):
    """Not found out; the reason in words. Never to be read as Impossible.

    `large`: a limit was reached; else there is something open that the model does not know.
    """

    reason: str
    large: bool = True


Outcome = Found | Impossible | Undecided
_NO_BUSES: Final = "there are no buses to choose from"
LARGE: Final = "not decided, because the guest is too large to be placed anew"
TIME: Final = "not decided in time"
UNSOUND: Final = "not decided, because what was found does not hold"
SPARE: Final = "not decided, because firmware may give out fewer I/O windows or bus numbers than were counted"
WIDE: Final = "not decided, because what was counted is no layout"


class Search:
    """The search for a layout: the nearest to first fit's choice, or the one with the fewest controllers.

    What is found is for the check to judge. Where the model is wider than what can be written out, a stricter one is
    tried; its levels are not proved best then, since the bounds are those of the first.
    """

    def __init__(self, problem: Problem, choice: Choice, *, nearest: bool, narrow: bool = False) -> None:
        self.problem, self.choice, self.narrow = problem, choice, narrow
        self.names = FEWEST if not nearest else NEAREST if problem.flat else ANEW
        self.kept = nearest
        self.end = time.monotonic() + problem.options.time_limit
        self.bounds: dict[str, int] = {}

    def outcomes(self) -> Iterator[Outcome]:
        """What is found, one after the other, until one of them holds; the last one is never Found."""
        if self.problem.machine.zpci or not self.problem.controllers:
            yield Undecided(_NO_BUSES, large=False)
            return
        first = self._solved(EXACT, kept=self.kept)
        if isinstance(first, Undecided) and first.reason == SPARE:
            yield from (self._solved(SURE, kept=kept) for kept in {self.kept: True, False: True})
        if isinstance(first, Impossible) or (isinstance(first, Undecided) and first.reason != WIDE):
            yield first
            return
        if isinstance(first, Found):
            yield first
        for kept in (True, False) if self.kept else (False,):
            stricter = self._solved(ALL, kept=kept)
            if isinstance(stricter, Found):
                yield stricter
        yield Undecided(UNSOUND)

    def _solved(self, io: str, *, kept: bool) -> Outcome:
        try:
            reference = reference_of(self.problem, self.choice, kept=kept)
            space = build_space(self.problem, reference, narrow=self.narrow, likeness=self._likeness)
        except NotModelled as what:
            return Undecided(f"{what} are not placed anew", large=False)
        if not space.hosts:
            return Undecided(_NO_BUSES, large=False)
        if len(space.hosts) * (len(space.classes) + len(space.growth)) > _NUMBERS:
            return Undecided(LARGE)
        model = self._model(space, io=io)
        names = [name for name in self.names if kept or name != MOVED]
        found = minimize(model.model, names, partial(level, model), Limits(self._left(), _WORK))
        if found.run is None:
            return Undecided(LARGE) if space.loose else self._nothing(space, found.status, io)
        try:
            choice = expand(self.problem, reference, space, model, found.run)
        except CannotExpand:
            self.bounds = self.bounds or {one.name: one.bound for one in found.levels}
            return Undecided(WIDE)
        levels = [one._replace(bound=0) for one in found.levels] if space.loose else found.levels
        return Found(choice, self._told(choice, levels))

    def _likeness(self, part: Part) -> Hashable:
        """What rules of the user's own look at."""
        return tuple(rule.likeness(part) for folder in self.problem.options.rules for rule in site_rules(folder))

    def _left(self) -> float:
        return max(self.end - time.monotonic(), _LEAST)

    def _model(self, space: Space, *, io: str = EXACT, partial: bool = False) -> LayoutModel:
        rules = registry.rules_for(self.problem.options)
        return LayoutModel(self.problem, space, rules, io=io, partial=partial)

    def _nothing(self, space: Space, status: str, io: str) -> Outcome:
        if status != INFEASIBLE:
            return Undecided(TIME)
        return self._none(space) if io == EXACT else Undecided(UNSOUND)

    def _none(self, space: Space) -> Outcome:
        """Whether there is none even where I/O windows are counted only if they are sure; and how many would fit."""
        widest = self._model(space, io=SURE).model
        lenient = run(widest, self._left())
        if lenient.status != INFEASIBLE:
            return Undecided(TIME if lenient.status == UNKNOWN else SPARE)
        parts = sum(len(one.parts) for one in space.classes)
        model = self._model(space, partial=True)
        model.model.minimize(level(model, LEFT_OUT))
        ran = run(model.model, self._left(), work=_WORK)
        most = parts - ran.objective if ran.status == OPTIMAL else None
        checked = proof(widest, self._left()) if self.problem.options.prove else None
        return Impossible(parts, most, certificate(self.problem, space), checked)

    def _told(self, choice: Choice, levels: Sequence[Level]) -> tuple[Level, ...]:
        """The levels with the bounds of the first model, and how many parts have really moved."""
        if not self.bounds:
            self.bounds = {one.name: one.bound for one in levels}
        found = {one.name: one for one in levels}
        if MOVED in self.names:
            found[MOVED] = Level(MOVED, self._moved(choice), 0)
        return tuple(
            found[name]._replace(bound=min(self.bounds.get(name, 0), found[name].value))
            for name in self.names
            if name in found
        )

    def _moved(self, choice: Choice) -> int:
        """Parts that first fit has placed, on buses that are really there, and that are elsewhere now."""
        known = placed_parts(self.problem, self.choice)
        after = choice.addresses
        return sum(self.choice.addresses[part] != after.get(part) for part in known)

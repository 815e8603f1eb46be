"""Places found by CP-SAT where first fit gives up although a layout may exist (multi-domain scheme).

First fit never takes a choice back. In today's scheme that is the answer, because libvirt does the same; the
multi-domain scheme has no such precedent, and there a tree of controllers may need another root than the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pcisolve.core.address import FUNCTIONS_PER_SLOT, PLACES_PER_BUS
from pcisolve.firstfit.buses import Bus
from pcisolve.firstfit.values import fill_values
from pcisolve.placing.desk import Desk
from pcisolve.problem.choice import Choice, Place
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Question, Rule
from pcisolve.solver.decide import placed
from pcisolve.solver.room import handed_out

_POLICY = frozenset({"chosen-place", "alg-find"})
MAX_VARIABLES = 20_000


def complete(
    problem: Problem, failed: Choice, rules: Iterable[Rule[Any]], seconds: float, moving: list[Part] | None = None
) -> Choice | None:
    """The first-fit choice with every open part placed anew; None when that cannot be, or is too large to try.

    With `moving` only those parts are placed anew. Parts in question get a slot each, where libvirt's search would let
    them: on a bus that admits them unasked.
    """
    if moving is None:
        moving = [part for part in _open_parts(problem, failed) if part not in failed.chipset]
    if len(moving) * len(problem.controllers + failed.added) > MAX_VARIABLES:
        return None
    choice = _without(failed, moving)
    desk = Desk(problem.controllers + choice.added)
    _write_laws(desk, problem, choice, moving, tuple(rules))
    status, places = placed(desk, moving, seconds)
    if status != "yes":
        return None
    choice.places.update(places)
    fill_values(problem, choice)
    return choice


def _without(failed: Choice, moving: list[Part]) -> Choice:
    """The choice with these parts open again."""
    choice = Choice(failed.kept)
    choice.added, choice.chipset, choice.moved = failed.added, failed.chipset, failed.moved
    choice.multifunction = {part for part in failed.multifunction if part not in moving}
    choice.places = {part: place for part, place in failed.places.items() if part not in moving}
    return choice


def _write_laws(desk: Desk, problem: Problem, choice: Choice, moving: list[Part], rules: tuple[Rule[Any], ...]) -> None:
    """What is placed first, so that it is a number; then where the rest may go, and the scheme's laws on it."""
    fixed = Question(problem, choice)
    for rule in rules:
        if rule.id not in _POLICY:
            for case in rule.cases(fixed):
                rule.encode(desk, case)
    taken = {(place.provider, place.slot) for place in choice.places.values()}
    taken |= {(0, one.slot) for one in problem.machine.reserved}
    taken |= handed_out(fixed)
    for part in moving:
        _free_slots(desk, part, taken)
    desk.differ(("slot", "each"), moving)
    everything = Question(problem, _with(choice, moving))
    for rule in rules:
        if rule.id.startswith("rfc-"):
            for case in rule.cases(everything):
                if case in moving:
                    rule.encode(desk, case)


def _open_parts(problem: Problem, failed: Choice) -> list[Part]:
    """Parts the input leaves open: those first fit has placed and those it has not."""
    waiting = {failure.part for failure in failed.failures}
    parts: list[Part] = [*problem.parts, *failed.added]
    return [part for part in parts if part.pinned is None and (part in waiting or part in failed.places)]


def _with(choice: Choice, moving: list[Part]) -> Choice:
    everything = Choice()
    everything.added = choice.added
    everything.places = {**choice.places, **{part: Place(-1, 0, 0) for part in moving}}
    return everything


def _free_slots(desk: Desk, part: Part, taken: set[tuple[int, int]]) -> None:
    """Function 0 of every wholly empty slot that the search could give the part."""
    intervals = []
    for controller in desk.controllers:
        if controller.model is None or not Bus(controller.index, controller.model).admits(part, explicit=False):
            continue
        if isinstance(part, Controller) and part.index <= controller.index:
            continue
        base = desk.rank[controller] * PLACES_PER_BUS
        for slot in range(controller.model.min_slot, controller.model.max_slot + 1):
            if (controller.index, slot) not in taken:
                code = base + slot * FUNCTIONS_PER_SLOT
                intervals.append((code, code))
    desk.limit(("slot", part), part, intervals)

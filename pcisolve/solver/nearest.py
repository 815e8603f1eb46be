"""The layout nearest to libvirt's own, where that does not hold, and the one with the fewest controllers."""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.placing.counting import certificate
from pcisolve.placing.layout_model import (
    CONTROLLERS,
    CONVENTIONAL,
    LEFT_OUT,
    MOVED,
    NOT_HOTPLUGGABLE,
    LayoutModel,
)
from pcisolve.placing.space import Space
from pcisolve.problem.choice import Choice
from pcisolve.problem.problem import Problem
from pcisolve.solver.expand import CannotExpand, expand
from pcisolve.solver.levels import Level, minimize
from pcisolve.solver.run import INFEASIBLE, OPTIMAL, UNKNOWN, run
from pcisolve.solver.space import NotModelled, build_space, reference_of

NEAREST: Final = (MOVED, NOT_HOTPLUGGABLE, CONVENTIONAL, CONTROLLERS)
FEWEST: Final = (CONTROLLERS, NOT_HOTPLUGGABLE, CONVENTIONAL)
_WORK: Final = 20.0  # deterministic limit of a level
_NUMBERS: Final = 60_000  # of one model


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
    """

    parts: int
    most: int | None
    certificate: str


class Undecided(NamedTuple):
    """Not found out; the reason in words. Never to be read as Impossible.

    `large`: a limit was reached; else there is something open that the model does not know.
    """

    reason: str
    large: bool = True


Outcome = Found | Impossible | Undecided
TIME: Final = "not decided in time"
UNSOUND: Final = "not decided, because what was found does not hold"
WINDOWS: Final = "not decided, because firmware may give fewer I/O windows than were counted"
WIDE: Final = "not decided, because what was counted is no layout"


def nearest(problem: Problem, choice: Choice, seconds: float) -> Outcome:
    """The layout that costs the user least beside first fit's choice."""
    return _solved(problem, choice, seconds, NEAREST, kept=True, narrow=False)


def fewest_controllers(problem: Problem, choice: Choice, seconds: float, *, narrow: bool) -> Outcome:
    """The layout with the fewest controllers.

    Args:
        narrow: everything stays hot-pluggable.
    """
    return _solved(problem, choice, seconds, FEWEST, kept=False, narrow=narrow)


def _solved(
    problem: Problem, choice: Choice, seconds: float, names: tuple[str, ...], *, kept: bool, narrow: bool
) -> Outcome:
    if problem.machine.zpci or not problem.controllers:
        return Undecided("this machine has no buses to choose from", large=False)
    try:
        reference = reference_of(problem, choice, kept=kept)
        space = build_space(problem, reference, narrow=narrow)
    except NotModelled as what:
        return Undecided(f"{what} are not placed anew", large=False)
    if len(space.hosts) * (len(space.classes) + len(space.growth)) > _NUMBERS:
        return Undecided("the guest is too large to be placed anew")
    model = LayoutModel(space)
    found = minimize(model.model, names, model.level, seconds, _WORK)
    if found.run is None:
        return _none(space, seconds) if found.status == INFEASIBLE else Undecided(TIME)
    try:
        return Found(expand(problem, reference, space, model, found.run), found.levels)
    except CannotExpand:
        return _from_nothing(problem, choice, seconds, narrow=narrow) if kept else Undecided(WIDE)


def _from_nothing(problem: Problem, choice: Choice, seconds: float, *, narrow: bool) -> Outcome:
    """A layout without first fit's controllers as a beginning: how many parts have to move is not proved then."""
    found = _solved(problem, choice, seconds, NEAREST[1:], kept=False, narrow=narrow)
    if not isinstance(found, Found):
        return Undecided(WIDE) if isinstance(found, Impossible) else found
    before, after = choice.addresses, found.choice.addresses
    moved = sum(before[part] != after.get(part) for part in problem.parts if part in before)
    return found._replace(levels=(Level(MOVED, moved, 0), *found.levels))


def _none(space: Space, seconds: float) -> Outcome:
    """Whether there is none even where I/O windows are counted only if they are sure; and how many would fit."""
    if space.limits.io_windows is not None:
        lenient = run(LayoutModel(space, lenient=True).model, seconds)
        if lenient.status != INFEASIBLE:
            return Undecided(TIME if lenient.status == UNKNOWN else WINDOWS)
    parts = sum(len(one.parts) for one in space.classes)
    model = LayoutModel(space, partial=True)
    model.model.minimize(model.level(LEFT_OUT))
    ran = run(model.model, seconds, work=_WORK)
    return Impossible(parts, parts - ran.objective if ran.status == OPTIMAL else None, certificate(space))

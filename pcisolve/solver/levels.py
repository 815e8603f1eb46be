"""Objectives one after the other: each level is proved, then held while the next one is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pcisolve.solver.run import UNKNOWN, Run, run, run_in_turn

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_LEAST = 0.001  # seconds: less is no limit to CP-SAT


class Level(NamedTuple):
    """One objective: the number found, and the lowest it could be. Equal: proved best."""

    name: str
    value: int
    bound: int


class Leveled(NamedTuple):
    """The last run that found values, and every level; `status` as of the first run where nothing was found."""

    status: str
    run: Run | None
    levels: tuple[Level, ...]

    @property
    def proven(self) -> bool:
        """Whether every level is proved best."""
        return all(one.value == one.bound for one in self.levels)


class Limits(NamedTuple):
    """When to stop: after so many seconds in all, or after so much deterministic work in one level.

    The work is the same on a busy machine. `in_turn`: levels are searched in two ways in turn.
    """

    seconds: float
    work: float
    in_turn: bool = False


def minimize(model: cp_model.CpModel, names: Sequence[str], level: Callable[[str], Any], limits: Limits) -> Leveled:
    """Minimize the levels in turn; whether nothing was found even in the first one is in the status."""
    end = time.monotonic() + limits.seconds
    solve = run_in_turn if limits.in_turn else run
    levels: list[Level] = []
    best: Run | None = None
    status = UNKNOWN
    for number, name in enumerate(names):
        share = (end - time.monotonic()) / (len(names) - number)
        objective = level(name)
        model.minimize(objective)
        ran = solve(model, max(share, _LEAST), work=limits.work)
        status = ran.status if best is None else status
        if not ran.found:
            break  # in the first level: infeasible, or not known
        levels.append(Level(name, ran.objective, ran.bound))
        best = ran
        model.add(objective <= ran.objective)
        ran.hint(model)
    return Leveled(status, best, tuple(levels))

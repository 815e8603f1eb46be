"""Objectives one after the other: each level is proved, then held while the next one is asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pcisolve.solver.run import INFEASIBLE, UNKNOWN, Run, run, run_in_turn

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


def minimize(
    model: cp_model.CpModel,
    names: Sequence[str],
    level: Callable[[str], Any],
    seconds: float,
    work: float,
    *,
    in_turn: bool = False,
) -> Leveled:
    """Minimize the levels in turn.

    Args:
        seconds: the time limit of all of them.
        work: deterministic limit of each, so that a busy machine finds the same.
        in_turn: search in two ways in turn.
    """
    end = time.monotonic() + seconds
    levels: list[Level] = []
    best: Run | None = None
    status = UNKNOWN
    for number, name in enumerate(names):
        share = (end - time.monotonic()) / (len(names) - number)
        objective = level(name)
        model.minimize(objective)
        ran = (run_in_turn if in_turn else run)(model, max(share, _LEAST), work=work)
        status = ran.status if best is None else status
        if ran.status == INFEASIBLE and best is None:
            return Leveled(INFEASIBLE, None, ())
        if not ran.found:
            break
        levels.append(Level(name, ran.objective, ran.bound))
        best = ran
        model.add(objective <= ran.objective)
        ran.hint(model)
    return Leveled(status, best, tuple(levels))

"""The counts of a scene: feasible or not, and the best in the order of the plan's preferences."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from pcisolve.encoding.planning.counts import Counts
from pcisolve.encoding.planning.wishes import Wishes
from pcisolve.problem.planning.counted import Counted
from pcisolve.problem.planning.scene import Scene

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

DOMAINS = "domains"


class Level(NamedTuple):
    """One preference: the number found, and the lowest it could be. Equal: proven best."""

    name: str
    value: int
    bound: int


class Best(NamedTuple):
    """The best counts; `levels` in the order in which they were minimised."""

    counted: Counted
    levels: tuple[Level, ...]

    @property
    def proven(self) -> bool:
        """Whether every level is proven best."""
        return all(one.value == one.bound for one in self.levels)


class Nothing(NamedTuple):
    """There are no such counts: proved."""


class Undecided(NamedTuple):
    """The time limit came first. Never to be read as Nothing."""


def feasible(scene: Scene, seconds: float) -> bool | None:
    """Whether the scene has counts at all, without any preference; None when the time limit came first."""
    from ortools.sat.python import cp_model

    counts = Counts(scene)
    Wishes(counts)
    status = _solver(seconds).solve(counts.model)
    if status == cp_model.UNKNOWN:
        return None
    return status in (cp_model.OPTIMAL, cp_model.FEASIBLE)


def best(scene: Scene, seconds: float) -> Best | Nothing | Undecided:
    """The counts that are best by fewest open domains, then by the plan's preferences, one after the other."""
    from ortools.sat.python import cp_model

    deadline = time.monotonic() + seconds
    counts = Counts(scene)
    wishes = Wishes(counts)
    names = [*([DOMAINS] if any(one.optional for one in scene.sites) else []), *scene.plan.prefer]
    levels: list[Level] = []
    found: Counted | None = None
    for number, name in enumerate(names):
        share = (deadline - time.monotonic()) / (len(names) - number)
        objective = wishes.domains if name == DOMAINS else wishes.objective(name)
        counts.model.minimize(objective)
        solver = _solver(max(share, 0.001))
        status = solver.solve(counts.model)
        if status == cp_model.INFEASIBLE:
            return Nothing()
        if status == cp_model.UNKNOWN:
            break
        value, bound = round(solver.objective_value), round(solver.best_objective_bound)
        levels.append(Level(name, value, value if status == cp_model.OPTIMAL else bound))
        found = _counted(solver, counts, wishes)
        counts.model.add(objective <= value)
        _hint(counts.model, solver)
    if found is None:
        return Undecided()
    left = [Level(name, -1, 0) for name in names[len(levels) :]]
    return Best(found, (*levels, *left))


def _solver(seconds: float) -> cp_model.CpSolver:
    """One worker and a fixed seed: the answer depends on the model alone; more workers make it slower."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_time_in_seconds = seconds
    return solver


def _hint(model: cp_model.CpModel, solver: cp_model.CpSolver) -> None:
    """Begin the next level from this one's answer."""
    model.clear_hints()  # type: ignore[no-untyped-call]
    for position, value in enumerate(solver.response_proto.solution):
        model.add_hint(model.get_int_var_from_proto_index(position), value)


def _counted(solver: cp_model.CpSolver, counts: Counts, wishes: Wishes) -> Counted:
    def values(table: dict[Any, Any]) -> dict[Any, int]:
        found = {key: one if isinstance(one, int) else int(solver.value(one)) for key, one in table.items()}
        return {key: value for key, value in found.items() if value}

    return Counted(
        placed=values(counts.placed),
        devices=values(counts.devices),
        added=values(counts.added),
        spare=values(counts.spare),
        used=values(counts.used),
        on_switch=values(wishes.on_switch),
        held=values(wishes.held),
    )

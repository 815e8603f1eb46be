"""The one place where CP-SAT runs: one worker and a fixed seed, so that the answer depends on the model alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

OPTIMAL: Final = "optimal"
FEASIBLE: Final = "feasible"
INFEASIBLE: Final = "infeasible"
UNKNOWN: Final = "unknown"  # a limit was reached first; never to be read as infeasible

DEFAULT: Final = "default"
PLAIN: Final = "plain"  # without presolve, in the order of the variables: quick where little is open
LINEAR: Final = "linear"  # led by the linear relaxation: quick where much is counted and little is excluded
_FIRST_WORK: Final = {DEFAULT: 0.1, LINEAR: 1.0}  # deterministic limits: the first turn, and at least
_LRAT_STATUS: Final = "LRAT_status:"
_LEAST: Final = 0.001  # seconds: less is no limit to CP-SAT


class Run:
    """What CP-SAT says of a model.

    Attributes:
        status: OPTIMAL, FEASIBLE, INFEASIBLE or UNKNOWN.
        bound: what the objective is proved to be at least, where there is one.
    """

    def __init__(self, solver: cp_model.CpSolver, status: str) -> None:
        self._solver, self.status = solver, status
        self.bound = self.objective if status == OPTIMAL else round(solver.best_objective_bound)

    @property
    def found(self) -> bool:
        """Whether there are values."""
        return self.status in (OPTIMAL, FEASIBLE)

    @property
    def possible(self) -> bool | None:
        """Whether the model has a solution; None when that was not decided."""
        return None if self.status == UNKNOWN else self.found

    @property
    def objective(self) -> int:
        """The value of the objective."""
        return round(self._solver.objective_value)

    def value(self, variable: Any) -> int:
        """A variable's value; a number is its own."""
        return variable if isinstance(variable, int) else int(self._solver.value(variable))

    def hint(self, model: cp_model.CpModel) -> None:
        """Let the next run of the model begin with these values."""
        model.clear_hints()  # type: ignore[no-untyped-call]
        for position, value in enumerate(self._solver.response_proto.solution):
            model.add_hint(model.get_int_var_from_proto_index(position), value)


def run(model: cp_model.CpModel, seconds: float, *, search: str = DEFAULT, work: float | None = None) -> Run:
    """Solve a model.

    Args:
        seconds: the time limit.
        search: DEFAULT, PLAIN or LINEAR.
        work: a deterministic limit, so that the answer does not depend on how busy the machine is.
    """
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.num_workers = 1
    parameters.random_seed = 1
    parameters.max_time_in_seconds = seconds
    if work is not None:
        parameters.max_deterministic_time = work
    if search == PLAIN:
        parameters.search_branching = cp_model.FIXED_SEARCH
        parameters.cp_model_presolve = False
    if search == LINEAR:
        parameters.search_branching = cp_model.LP_SEARCH
        parameters.linearization_level = 2
    return Run(solver, _status(solver.solve(model)))


def _status(code: Any) -> str:
    from ortools.sat.python import cp_model

    statuses = {cp_model.OPTIMAL: OPTIMAL, cp_model.FEASIBLE: FEASIBLE, cp_model.INFEASIBLE: INFEASIBLE}
    return statuses.get(code, UNKNOWN)


def lrat(model: cp_model.CpModel, seconds: float) -> tuple[str, str]:
    """Solve a model with a proof of every clause, checked as it is written; the status, and what the check says.

    The check is "VALID", "VALID_WITH_ASSUMED_CLAUSES" where clauses came from reasoning about sums, or "" where there
    was nothing to check.
    """
    from ortools.sat.python import cp_model

    solver, lines = cp_model.CpSolver(), list[str]()
    parameters = solver.parameters
    parameters.num_workers, parameters.random_seed, parameters.max_time_in_seconds = 1, 1, seconds
    parameters.cp_model_presolve, parameters.check_lrat_proof = False, True
    parameters.log_search_progress, parameters.log_to_stdout = True, False
    solver.log_callback = lines.append
    status = _status(solver.solve(model))
    said = [line.partition(_LRAT_STATUS)[2].strip() for line in "\n".join(lines).splitlines() if _LRAT_STATUS in line]
    return status, said[-1] if said else ""


def run_in_turn(model: cp_model.CpModel, seconds: float, *, work: float) -> Run:
    """Solve a model by the default search and the linear one in turn, each time with twice the limit of before.

    Some models are hard for the one and easy for the other. What one finds is the other's hint, and the bounds of both
    count.

    Args:
        seconds: the time limit of all turns.
        work: the deterministic limit of all turns of one search.
    """
    end = time.monotonic() + seconds
    best: Run | None = None
    limit, spent = _FIRST_WORK[DEFAULT], 0.0
    while best is None or (spent < work and time.monotonic() < end):
        for search in (DEFAULT, LINEAR):
            seconds = max(end - time.monotonic(), _LEAST)
            ran = run(model, seconds, search=search, work=max(limit, _FIRST_WORK[search]))
            best = ran if best is None else _better(best, ran)
            if best.status in (OPTIMAL, INFEASIBLE):
                return best
            if best.found:
                best.hint(model)
        spent += limit
        limit *= 4
    return best


def _better(one: Run, other: Run) -> Run:
    """The run that says more, with the higher of both bounds."""
    if INFEASIBLE in (one.status, other.status):
        return one if one.status == INFEASIBLE else other
    if OPTIMAL in (one.status, other.status):
        return one if one.status == OPTIMAL else other
    best = other if other.found and not (one.found and one.objective <= other.objective) else one
    best.bound = max(one.bound, other.bound)
    if best.found and best.bound >= best.objective:
        best.status = OPTIMAL
    return best

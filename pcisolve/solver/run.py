"""The one place where CP-SAT runs: one worker and a fixed seed, so that the answer depends on the model alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

OPTIMAL: Final = "optimal"
FEASIBLE: Final = "feasible"
INFEASIBLE: Final = "infeasible"
UNKNOWN: Final = "unknown"  # a limit was reached first; never to be read as infeasible


class Run:
    """What CP-SAT says of a model.

    Attributes:
        status: OPTIMAL, FEASIBLE, INFEASIBLE or UNKNOWN.
    """

    def __init__(self, solver: cp_model.CpSolver, status: str) -> None:
        self._solver, self.status = solver, status

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

    @property
    def bound(self) -> int:
        """What the objective is proved to be at least."""
        return self.objective if self.status == OPTIMAL else round(self._solver.best_objective_bound)

    def value(self, variable: Any) -> int:
        """A variable's value; a number is its own."""
        return variable if isinstance(variable, int) else int(self._solver.value(variable))

    def hint(self, model: cp_model.CpModel) -> None:
        """Let the next run of the model begin with these values."""
        model.clear_hints()  # type: ignore[no-untyped-call]
        for position, value in enumerate(self._solver.response_proto.solution):
            model.add_hint(model.get_int_var_from_proto_index(position), value)


def run(model: cp_model.CpModel, seconds: float, *, plain: bool = False, work: float | None = None) -> Run:
    """Solve a model.

    Args:
        seconds: the time limit.
        work: a deterministic limit, so that the answer does not depend on how busy the machine is.
        plain: without presolve, and branching in the order of the variables, which is quick where little is open.
    """
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.num_workers = 1
    parameters.random_seed = 1
    parameters.max_time_in_seconds = seconds
    if work is not None:
        parameters.max_deterministic_time = work
    if plain:
        parameters.search_branching = cp_model.FIXED_SEARCH
        parameters.cp_model_presolve = False
    statuses = {cp_model.OPTIMAL: OPTIMAL, cp_model.FEASIBLE: FEASIBLE, cp_model.INFEASIBLE: INFEASIBLE}
    return Run(solver, statuses.get(solver.solve(model), UNKNOWN))

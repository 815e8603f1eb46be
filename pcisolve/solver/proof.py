"""A second word on "infeasible": arithmetic that is checked exactly, or CP-SAT's own proof, checked as it is written.

Linear constraints that contradict each other can be added up, each so many times, to something that no values within
their bounds reach (Farkas 1902). An LP solver guesses the multipliers; whether the sum says so is found out in whole
numbers, without any solver. Where no sum does, because values have to be whole, CP-SAT writes its clauses in LRAT
(Cruz-Filipe et al. 2017) and checks each; what its reasoning about sums puts in is then taken as given.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pcisolve.solver.run import INFEASIBLE, lrat

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

ARITHMETIC, LRAT, NONE = "arithmetic", "lrat", "none"
_FINEST: Final = 10_000  # denominator of a multiplier
_LEAST: Final = 1e-7  # of a multiplier: less is the LP solver's noise


class Proof(NamedTuple):
    """How far "infeasible" was checked again.

    Attributes:
        by: ARITHMETIC, LRAT or NONE.
        constraints: how many of the model's are added up; 0 without ARITHMETIC.
        assumed: of LRAT: whether clauses were taken as given.
    """

    by: str
    constraints: int = 0
    assumed: bool = False

    def to_json(self) -> dict[str, Any]:
        """As in `stats.proof` of `solve --format json`."""
        return self._asdict()


class Row(NamedTuple):
    """low <= the sum of coefficient times variable <= high; None: no such bound."""

    terms: tuple[tuple[int, int], ...]
    low: int | None
    high: int | None


def proof(model: cp_model.CpModel, seconds: float) -> Proof:
    """Check that a model is infeasible.

    Args:
        seconds: of each of the two ways.
    """
    bounds, rows = _bounds(model), list(_rows(model))
    multipliers = _guess(bounds, rows, seconds)
    if contradicts(bounds, rows, multipliers):
        return Proof(ARITHMETIC, constraints=sum(one != 0 for one in multipliers))
    status, checked = lrat(model, seconds)
    if status != INFEASIBLE or not checked.startswith("VALID"):
        return Proof(NONE)
    return Proof(LRAT, assumed=checked != "VALID")


def contradicts(bounds: list[tuple[int, int]], rows: list[Row], multipliers: list[Fraction]) -> bool:
    """Whether the rows, each times its multiplier, add up to what no values within the bounds reach.

    Exact: every number is whole or a fraction.
    """
    needed, sums = Fraction(0), dict[int, Fraction]()
    for row, times in zip(rows, multipliers, strict=True):
        bound = row.low if times > 0 else row.high
        if times and bound is None:
            return False
        needed += times * (bound or 0)
        for variable, coefficient in row.terms if times else ():
            sums[variable] = sums.get(variable, Fraction(0)) + times * coefficient
    most = sum(total * bounds[variable][total > 0] for variable, total in sums.items())
    return any(multipliers) and most < needed


def _bounds(model: cp_model.CpModel) -> list[tuple[int, int]]:
    domains = [list(one.domain) for one in model.proto.variables]
    return [(one[0], one[-1]) for one in domains]


def _rows(model: cp_model.CpModel) -> Iterator[Row]:
    """The model's linear constraints and clauses; others, and those that hold only under a condition, are left out."""
    for one in model.proto.constraints:
        if one.enforcement_literal:
            continue
        if one.has_linear():
            domain = list(one.linear.domain)
            terms = tuple(zip(one.linear.vars, one.linear.coeffs, strict=True))
            yield Row(terms, _finite(domain[0]), _finite(domain[-1]))
        elif one.has_bool_or():
            yield _clause(one.bool_or.literals, None)
        elif one.has_exactly_one():
            yield _clause(one.exactly_one.literals, 1)


def _finite(bound: int) -> int | None:
    return bound if abs(bound) < 1 << 60 else None


def _clause(literals: Any, most: int | None) -> Row:
    """At least one of some literals, and at most so many; the literal -1 - n says that variable n is 0."""
    negated = sum(one < 0 for one in literals)
    terms = tuple((one, 1) if one >= 0 else (-1 - one, -1) for one in literals)
    return Row(terms, 1 - negated, None if most is None else most - negated)


def _guess(bounds: list[tuple[int, int]], rows: list[Row], seconds: float) -> list[Fraction]:
    """Multipliers that may show it: the prices of the rows where breaking them as little as possible is the aim."""
    from ortools.linear_solver import pywraplp  # type: ignore[import-untyped]

    solver = pywraplp.Solver.CreateSolver("GLOP")
    solver.SetTimeLimit(max(int(seconds * 1000), 1))
    infinity = solver.infinity()
    variables = [solver.NumVar(low, high, "") for low, high in bounds]
    made, slack = [], []
    for row in rows:
        less, more = solver.NumVar(0, infinity, ""), solver.NumVar(0, infinity, "")
        low, high = (-infinity if row.low is None else row.low), (infinity if row.high is None else row.high)
        constraint = solver.Constraint(low, high)
        for variable, coefficient in row.terms:
            constraint.SetCoefficient(variables[variable], coefficient)
        constraint.SetCoefficient(less, 1)
        constraint.SetCoefficient(more, -1)
        made.append(constraint)
        slack += [less, more]
    solver.Minimize(sum(slack))
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return [Fraction(0)] * len(rows)
    return [_whole(one.dual_value()) for one in made]


def _whole(price: float) -> Fraction:
    return Fraction(price).limit_denominator(_FINEST) if abs(price) > _LEAST else Fraction(0)

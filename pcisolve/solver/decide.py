"""Yes, no or unknown: the claims of a question, put to CP-SAT."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from pcisolve.check.check import Breach
from pcisolve.encoding.desk import Desk
from pcisolve.problem.firstfit.choice import Place
from pcisolve.problem.parts import Controller, Part
from pcisolve.rules.rule import Question, Rule

if TYPE_CHECKING:
    from ortools.sat.python import cp_model


class Yes(NamedTuple):
    """The claims hold together; this is where everything is."""

    places: dict[Part, Place]


class No(NamedTuple):
    """The claims cannot hold together: some of them, each by rule and case, where they are known."""

    core: list[Breach]


class Unknown(NamedTuple):
    """The time limit came first. Never to be read as No."""

    seconds: float


Answer = Yes | No | Unknown


def decide(question: Question, rules: Iterable[Rule[Any]], seconds: float) -> Answer:
    """Put the laws and the choice to CP-SAT.

    The first-fit choice is part of the question (the policy's claims), so that a model that holds has the
    places of the choice; parts without one are variables.
    """
    desk = Desk(question.controllers)
    for rule in rules:
        for case in rule.cases(question):
            rule.encode(desk, case)
    status, values = run(desk, question.placed, seconds)
    if status == "yes":
        return Yes(values)
    if status == "unknown":
        return Unknown(seconds)
    return No([Breach(*claim) for claim in desk.refused])  # the check names what breaks, better than a core


def run(desk: Desk, parts: Iterable[Part], seconds: float) -> tuple[str, dict[Part, Place]]:
    """Solve a desk with one worker and a fixed seed: "yes" with places, "no" or "unknown"."""
    from ortools.sat.python import cp_model

    parts = list(parts)
    variables = {part: desk.place(part) for part in parts}
    solver = new_solver(seconds)
    status = solver.solve(desk.model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return "yes", {part: desk.place_of(_value(solver, variable)) for part, variable in variables.items()}
    return ("no" if status == cp_model.INFEASIBLE else "unknown"), {}


def new_solver(seconds: float) -> cp_model.CpSolver:
    """A solver whose answer depends on the model alone: one worker, fixed seed, fixed search."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    parameters = solver.parameters
    parameters.num_workers = 1
    parameters.random_seed = 1
    parameters.max_time_in_seconds = seconds
    parameters.search_branching = cp_model.FIXED_SEARCH
    parameters.cp_model_presolve = False
    return solver


def _value(solver: cp_model.CpSolver, variable: Any) -> int:
    return variable if isinstance(variable, int) else int(solver.value(variable))


def _core(question: Question, rules: tuple[Rule[Any], ...], seconds: float) -> list[Breach]:
    """The claims CP-SAT names as impossible together; a hint for people, not a proof of minimality."""
    from ortools.sat.python import cp_model

    desk = Desk(question.controllers, retractable=True)
    for rule in rules:
        for case in rule.cases(question):
            rule.encode(desk, case)
    desk.model.add_assumptions(desk.assumptions)
    solver = new_solver(seconds)
    if solver.solve(desk.model) != cp_model.INFEASIBLE:
        return []
    named = [desk.claims[index] for index in solver.sufficient_assumptions_for_infeasibility()]
    return [Breach(rule, case) for rule, case in named]


def number(question: Question, rules: Iterable[Rule[Any]], seconds: float) -> dict[Controller, int] | No | Unknown:
    """Find the indexes of controllers that have none, lowest first in list order (multi-domain scheme).

    Only what bears on indexes is modelled: the controllers, and the parts whose address names a bus that no
    numbered controller provides.
    """
    from ortools.sat.python import cp_model

    rules = tuple(rules)
    desk = Desk(question.controllers)
    for rule in rules:
        for case in rule.cases(question):
            rule.encode(desk, case)
    waiting = [one for one in question.controllers if one.index < 0]
    variables = [desk.index(one) for one in waiting]
    desk.model.add_decision_strategy(variables, cp_model.CHOOSE_FIRST, cp_model.SELECT_MIN_VALUE)
    solver = new_solver(seconds)
    status = solver.solve(desk.model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return {one: int(solver.value(variable)) for one, variable in zip(waiting, variables, strict=True)}
    if status == cp_model.UNKNOWN:
        return Unknown(seconds)
    return No([Breach(*claim) for claim in desk.refused] or _core(question, rules, seconds))

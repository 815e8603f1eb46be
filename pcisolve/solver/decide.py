"""Places and indexes that are open, put to CP-SAT: found, impossible or unknown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from pcisolve.placing.desk import Desk
from pcisolve.problem.choice import Place
from pcisolve.problem.parts import Controller, Part
from pcisolve.rules.check import Breach
from pcisolve.rules.rule import Question, Rule
from pcisolve.solver.run import INFEASIBLE, UNKNOWN, run


class No(NamedTuple):
    """The claims cannot hold together: some of them, each by rule and case, where they are known."""

    core: list[Breach]


class Unknown(NamedTuple):
    """The time limit came first. Never to be read as No."""

    seconds: float


def placed(desk: Desk, parts: Iterable[Part], seconds: float) -> tuple[str, dict[Part, Place]]:
    """Solve a desk with one worker and a fixed seed: "yes" with places, "no" or "unknown"."""
    variables = {part: desk.place(part) for part in parts}
    ran = run(desk.model, seconds, plain=True)
    if ran.found:
        return "yes", {part: desk.place_of(ran.value(variable)) for part, variable in variables.items()}
    return ("no" if ran.status == INFEASIBLE else "unknown"), {}


def _core(question: Question, rules: tuple[Rule[Any], ...], seconds: float) -> list[Breach]:
    """The claims CP-SAT names as impossible together; a hint for people, not a proof of minimality."""
    desk = Desk(question.controllers, retractable=True)
    for rule in rules:
        for case in rule.cases(question):
            rule.encode(desk, case)
    desk.model.add_assumptions(desk.assumptions)
    ran = run(desk.model, seconds, plain=True)
    if ran.status != INFEASIBLE:
        return []
    named = [desk.claims[index] for index in ran.core()]
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
    ran = run(desk.model, seconds, plain=True)
    if ran.found:
        return {one: ran.value(variable) for one, variable in zip(waiting, variables, strict=True)}
    if ran.status == UNKNOWN:
        return Unknown(seconds)
    return No([Breach(*claim) for claim in desk.refused] or _core(question, rules, seconds))

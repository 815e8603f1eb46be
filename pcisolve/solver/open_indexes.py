"""Open indexes, put to CP-SAT: found, impossible with the laws that conflict, or not decided in time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pcisolve.placing.index_model import IndexModel
from pcisolve.problem.parts import Controller
from pcisolve.rules.rule import Question
from pcisolve.rules.structural import Structural
from pcisolve.solver.mus import Core, quickxplain
from pcisolve.solver.run import PLAIN, UNKNOWN, run

_LEAST = 0.001  # seconds


class Claim(NamedTuple):
    """A law said about one case."""

    rule: Structural[Any]
    case: Any


def number(
    question: Question, rules: Iterable[Structural[Any]], seconds: float
) -> dict[Controller, int] | Core[Claim] | None:
    """Find the indexes of controllers that have none, lowest first in list order (multi-domain scheme).

    Only what bears on indexes is modelled: the controllers, and the parts whose address names a bus that no
    numbered controller provides. None where that was not decided in time.
    """
    end = time.monotonic() + seconds
    claims = [Claim(rule, case) for rule in rules for case in rule.cases(question)]
    model = _model(question, claims)
    from ortools.sat.python import cp_model  # quick, now that there is a model

    waiting = [one for one in question.controllers if one.index < 0]
    variables = [model.index(one) for one in waiting]
    model.model.add_decision_strategy(variables, cp_model.CHOOSE_FIRST, cp_model.SELECT_MIN_VALUE)
    ran = run(model.model, seconds, search=PLAIN)
    if ran.found:
        return {one: ran.value(variable) for one, variable in zip(waiting, variables, strict=True)}
    if ran.status == UNKNOWN:
        return None

    def possible(those: Sequence[Claim]) -> bool | None:
        left = end - time.monotonic()
        return run(_model(question, those).model, left, search=PLAIN).possible if left > _LEAST else None

    laws = [one for one in claims if not one.rule.definition]
    definitions = [one for one in claims if one.rule.definition]
    found = quickxplain([*reversed(laws), *reversed(definitions)], possible)
    return found._replace(claims=tuple(one for one in claims if one in found.claims))


def _model(question: Question, claims: Iterable[Claim]) -> IndexModel:
    model = IndexModel(question.controllers)
    for rule, case in claims:
        rule.number(model, case)
    return model

"""Rules that the input alone decides: no place that is chosen keeps or breaks them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from mypy_extensions import mypyc_attr

from pcisolve.problem.layout import Layout
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Question, Rule

CaseT = TypeVar("CaseT")


@mypyc_attr(allow_interpreted_subclasses=True)
class InputRule(Rule[CaseT]):
    """Says among what it looks, and who of them keeps it; its cases are those who do not."""

    placeless = True

    def among(self, problem: Problem) -> Iterable[CaseT]:
        """The things of the input that the law may speak about."""
        raise NotImplementedError

    def keeps(self, problem: Problem, case: CaseT) -> bool:
        """Whether one of them keeps the law."""
        raise NotImplementedError

    def cases(self, question: Question) -> Iterable[CaseT]:
        """Those that break it."""
        problem = question.problem
        return [one for one in self.among(problem) if not self.keeps(problem, one)]

    def check(self, layout: Layout, case: CaseT) -> bool:
        """Whether the law is kept, wherever everything is."""
        return self.keeps(layout.problem, case)

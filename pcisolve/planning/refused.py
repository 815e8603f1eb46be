"""A plan that is refused: the exception that ends its steps, with the verdict."""

from __future__ import annotations

from pcisolve.planning.file.entry import Problem
from pcisolve.planning.file.text import PlanText
from pcisolve.planning.finding.finding import problem_findings
from pcisolve.problem.problem import Options
from pcisolve.verdict.values import INVALID, Finding, Verdict


class Refused(Exception):
    """The plan cannot be used or has no layout; the argument is the verdict."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.status)
        self.verdict = verdict


def refuse_problems(text: PlanText, problems: tuple[Problem, ...] | list[Problem]) -> None:
    """Refuse a plan for what is wrong with it.

    Raises:
        Refused: something is.
    """
    if problems:
        found = problem_findings(text, dict.fromkeys(sorted(problems, key=lambda one: one.at)))
        raise Refused(verdict_of(INVALID, Options(), tuple(found)))


def verdict_of(status: str, options: Options, findings: tuple[Finding, ...], *, proven: bool = True) -> Verdict:
    """A verdict without a layout."""
    return Verdict(status, proven, options.scheme, options.policy, (), (), findings, {})

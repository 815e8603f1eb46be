"""Variations of one guest, each judged afresh, within a budget."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Final, NamedTuple

from pcisolve.core.errors import InputError
from pcisolve.core.node import Node
from pcisolve.explain.conflicts import Told, tell
from pcisolve.problem.layout import Layout
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Question
from pcisolve.solver.judge import Judgement, Unnumbered, judge

Key = tuple[Hashable, ...]

WORK: Final = 400_000
_LEAST: Final = 20  # of parts, which is what the smallest guest costs


class Outcome(NamedTuple):
    """A guest judged: the question, its layout (None while indexes are open), and what breaks, in words."""

    question: Question
    layout: Layout | None
    told: list[Told]

    @property
    def keys(self) -> frozenset[Key]:
        """What breaks, in a form that compares across variations of one guest."""
        return frozenset(one.key for one in self.told)

    @property
    def subjects(self) -> frozenset[Key]:
        """The same by rule and element, whatever the point is called."""
        return frozenset(one.subject for one in self.told)


class Trials:
    """Judges variations of a guest until the budget is spent: then every answer is None, which proves nothing.

    The budget is counted in parts judged, so that the same input has the same answer on every machine; the time
    limit is there for the machine that is too slow for it.
    """

    def __init__(self, problem: Problem, work: int = WORK) -> None:
        self._source, self._catalog = problem.source, problem.catalog
        self._options = problem.options._replace(scheme=problem.scheme, policy="libvirt")
        self._end = time.monotonic() + problem.options.time_limit
        self._left = work
        self.is_over = False

    def outcome(self, root: Node) -> Outcome | None:
        """What becomes of a variation; None when the budget is spent or the solver did not decide in time."""
        devices = root.first("devices")
        self._left -= _LEAST + (len(devices.children) if devices is not None else 0)
        if self._left < 0 or time.monotonic() > self._end:
            self.is_over = True
            return None
        try:
            judged = judge(root, self._source, self._catalog, self._options)
        except InputError:
            return None  # such as an element whose machine is not known any more
        return outcome_of(judged)


def outcome_of(judged: Judgement | Unnumbered) -> Outcome | None:
    """A judgement in words; None when it was not decided."""
    if isinstance(judged, Unnumbered):
        return Outcome(judged.question, None, tell(judged.question, judged.core)) if judged.decided else None
    return Outcome(judged.question, judged.layout, tell(judged.question, judged.broken))

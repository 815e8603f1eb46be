"""Variations of one guest, each judged afresh, within a budget."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Final

from pcisolve.core.errors import InputError
from pcisolve.core.node import Node
from pcisolve.explain.conflicts import Told, tell
from pcisolve.explain.together import tell_together
from pcisolve.firmware.guest_view import InGuest, guest_view
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import ERROR, Question
from pcisolve.solver.judge import Judgement, Unnumbered, judge
from pcisolve.solver.second import numbering_exists

Key = tuple[Hashable, ...]

WORK: Final = 20_000  # parts judged, about half a second; for a large guest more:
_TIMES: Final = 12  # as often as this, but
_MOST_WORK: Final = 100_000
SEARCHED: Final = 120  # parts up to which CP-SAT is asked where first fit gives up
FEW: Final = 16  # breaches that are always tried one by one
_LEAST: Final = 20  # of parts, which is what the smallest guest costs


class Outcome:
    """A guest judged: the question, its layout (None while indexes are open), and what breaks, in words.

    Attributes:
        by_key: the last breach of each key.
        keys: what breaks, in a form that compares across variations of one guest.
    """

    def __init__(self, question: Question, layout: Layout | None, told: list[Told]) -> None:
        self.question, self.layout, self.told = question, layout, told
        self.by_key: dict[Key, Told] = {one.key: one for one in told}
        self.keys = frozenset(self.by_key)
        self._errors: frozenset[Key] | None = None
        self._by_number: dict[int, Part] | None = None
        self._subjects: frozenset[Hashable] | None = None
        self._view: dict[Part, InGuest] | None = None

    @property
    def view(self) -> dict[Part, InGuest]:
        """What the guest sees of every part; nothing while indexes are open."""
        if self._view is None:
            self._view = {} if self.layout is None else guest_view(self.layout)
        return self._view

    @property
    def errors(self) -> frozenset[Key]:
        """What refuses the guest, of all that breaks."""
        if self._errors is None:
            self._errors = frozenset(one.key for one in self.told if one.breach.severity == ERROR)
        return self._errors

    @property
    def by_number(self) -> dict[int, Part]:
        """The parts of the input by their element's number."""
        if self._by_number is None:
            parts = self.question.problem.parts
            self._by_number = {part.node.number: part for part in parts if part.node is not None}
        return self._by_number

    @property
    def subjects(self) -> frozenset[Hashable]:
        """The devices and controllers that break anything."""
        if self._subjects is None:
            self._subjects = frozenset(one.subject for one in self.told)
        return self._subjects


class Trials:
    """Judges variations of a guest until the budget is spent: then every answer is None, which proves nothing.

    The budget is counted in parts judged, so that the same input has the same answer on every machine; the time
    limit is there for the machine that is too slow for it.
    """

    def __init__(self, problem: Problem, times: int = 1) -> None:
        """With a budget of so many times the usual one."""
        self._problem, self._source, self._catalog = problem, problem.source, problem.catalog
        self._options = problem.options._replace(scheme=problem.scheme, policy="libvirt")
        self._end = time.monotonic() + problem.options.time_limit
        self.budget = self._left = min(times * max(WORK, _TIMES * _size(problem.root)), _MOST_WORK)
        self.is_over = False

    def affords_each(self, count: int) -> bool:
        """Whether the whole budget is enough to judge a guest for each of so many breaches.

        In the multi-domain scheme that is a guest of one domain.
        """
        domains = 1 if self._problem.flat else len(self._problem.roots)
        return count <= FEW or count * _size(self._problem.root) <= self.budget * max(domains, 1)

    def affords(self, root: Node) -> bool:
        """Whether the budget is enough to judge this guest once more."""
        enough = self._left >= _size(root)
        self.is_over = self.is_over or not enough
        return enough

    def outcome(self, root: Node) -> Outcome | None:
        """What becomes of a variation; None when the budget is spent or the solver did not decide in time."""
        size = _size(root)
        if self._left < size or time.monotonic() > self._end:
            self.is_over = True
            return None
        try:
            judged: Judgement | Unnumbered | None = judge(
                root, self._source, self._catalog, self._options, searching=size < SEARCHED
            )
        except InputError:
            judged = None  # such as a machine that is not known
        self._left -= size if judged is None else max(size, _LEAST + len(judged.question.controllers))
        return None if judged is None else outcome_of(judged)

    def numbering_exists(self, root: Node) -> bool | None:
        """The same of the second prover, for a guest with open indexes; None when it is too large for it."""
        return numbering_exists(root, self._source, self._catalog, self._options)


def _size(root: Node) -> int:
    """Devices, and arguments for QEMU, which cost as much to look at."""
    lists = (one for one in root.children if one.tag in ("devices", "qemu:commandline", "qemu:override"))
    return _LEAST + sum(len(one.children) for one in lists)


def outcome_of(judged: Judgement | Unnumbered) -> Outcome | None:
    """A judgement in words; None when it was not decided."""
    if isinstance(judged, Unnumbered):
        return Outcome(judged.question, None, tell_together(judged.question, judged.core)) if judged.decided else None
    return Outcome(judged.question, judged.layout, tell(judged.question, judged.broken))

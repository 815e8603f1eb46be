"""From a core that CP-SAT names to claims none of which can be left out, shown by solving each question afresh."""

from __future__ import annotations

from collections.abc import Sequence

from pcisolve.placing.desk import Desk
from pcisolve.rules.check import Breach
from pcisolve.rules.rule import Question
from pcisolve.solver.run import run


def shrunk(question: Question, core: Sequence[Breach], seconds: float) -> tuple[list[Breach], bool]:
    """The core without the claims that it does not need, and whether that is proved.

    Proved: what is left is impossible, and possible without any one of its claims. Each time the claims go to a
    desk of their own, with no objective and no assumptions, in the order of the core, so that the answer is always
    the same. A core is a hint only: CP-SAT names too much, and has been wrong.
    """
    left = list(core)
    proved = _possible(question, left, seconds) is False
    for claim in list(core):
        rest = [one for one in left if one is not claim]
        answer = _possible(question, rest, seconds)
        if answer is False:
            left = rest
        proved = proved and answer is not None
    return left, proved


def _possible(question: Question, claims: Sequence[Breach], seconds: float) -> bool | None:
    """Whether these claims can hold together; None when the time limit came first."""
    desk = Desk(question.controllers)
    for rule, case in claims:
        rule.encode(desk, case)
    return run(desk.model, seconds, plain=True).possible

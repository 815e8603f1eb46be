"""One guest, from its elements to a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.node import Node, Source
from pcisolve.explain.conflicts import tell
from pcisolve.explain.trials import Outcome, outcome_of
from pcisolve.firmware.lasting import Changed, Moved, TooHard, hold
from pcisolve.ops.placed import solved_verdict
from pcisolve.problem.choice import Choice
from pcisolve.problem.layout import Layout
from pcisolve.problem.problem import COMMON, Options, Problem
from pcisolve.rules import registry
from pcisolve.rules.check import Breach, breaches, errors
from pcisolve.rules.rule import ERROR, Question
from pcisolve.solver.judge import Unnumbered, first_fit, judge, numbered
from pcisolve.verdict.values import (
    INFEASIBLE,
    INVALID,
    SOLVED,
    UNKNOWN,
    Finding,
    Verdict,
)

if TYPE_CHECKING:
    from pcisolve.ops.refuse import Refused


class CheckFailed(Exception):
    """The solver's layout breaks a rule: a defect of pcisolve, never an answer."""


class Answer(NamedTuple):
    """A verdict and, when there is one, the layout behind it."""

    verdict: Verdict
    layout: Layout | None


def solve(root: Node, source: Source, catalog: Catalog, options: Options) -> Answer:
    """Find every controller, index and address, or say why there is no layout.

    Raises:
        InputError: the input cannot be used at all, such as an unknown machine.
        CheckFailed: the check refused what the solver found.
    """
    problem = numbered(root, source, catalog, options)
    if isinstance(problem, Unnumbered):
        return Answer(_unnumbered(problem), None)
    choice = _choice(problem)
    if choice is None:
        return undecided(problem)
    question = Question(problem, choice)
    broken = breaches(question, question.layout, registry.rules_for(options.stage))
    if not broken:
        return _solved(question)
    lasting = _lasting(question, broken)
    if lasting is None:
        return undecided(problem)
    choice, changes = lasting
    if choice is question.choice and not changes:
        return _refused_or_decided(question, broken, changes)
    return settled(problem, choice, changes)


def settled(problem: Problem, choice: Choice, changes: list[Changed | Moved]) -> Answer:
    """The verdict on what was chosen: the check has the last word.

    Where every part has its place and every rule holds, nothing is open that CP-SAT could decide (docs/decisions/2).

    Raises:
        CheckFailed: the check refused what the solver found.
    """
    question = Question(problem, choice)
    broken = breaches(question, question.layout, registry.rules_for(problem.options.stage))
    if not broken:
        return _solved(question, changes)
    return _refused_or_decided(question, broken, changes)


def _solved(question: Question, changes: Iterable[Changed | Moved] = ()) -> Answer:
    """The verdict of a layout that holds, with what there is to warn of."""
    problem, layout = question.problem, question.layout
    verdict = solved_verdict(problem, layout, changes)
    advice = breaches(question, layout, registry.advice_for(problem.options.stage))
    return Answer(verdict._replace(findings=_findings(question, advice)) if advice else verdict, layout)


def _refused_or_decided(question: Question, broken: list[Breach], changes: list[Changed | Moved]) -> Answer:
    """What CP-SAT finds where the check refuses what was chosen, or proves that there is nothing to be found."""
    problem, choice = question.problem, question.choice
    if not problem.options.repairs:  # many guests, quickly: refused by the check alone
        return Answer(_refusal(question, broken), None)
    from pcisolve.solver.decide import No, Unknown, decide

    rules = registry.rules_for(problem.options.stage)
    answer = decide(question, rules, problem.options.time_limit)
    if isinstance(answer, Unknown):
        return undecided(problem)
    if isinstance(answer, No):
        return Answer(_refusal(question, broken), None)
    choice.places.update(answer.places)
    question = Question(problem, choice)
    broken = breaches(question, question.layout, rules)
    if broken:
        raise CheckFailed("; ".join(breach.rule.tell(question, breach.case).message for breach in broken[:3]))
    return _solved(question, changes)


def undecided(problem: Problem) -> Answer:
    """A limit was reached first."""
    return Answer(_verdict(problem, UNKNOWN, proven=False), None)


def check(root: Node, source: Source, catalog: Catalog, options: Options, *, layout: bool = True) -> Verdict:
    """Every rule that the input breaks, at once, without the solver; warnings and notes too.

    What the input leaves open is completed by first fit, so that a guest nobody can place is found too.
    With `layout` False the verdict of a sound guest lists no controllers and devices, which is quicker.

    Raises:
        InputError: the input cannot be used at all, such as an unknown machine.
    """
    judged = judge(root, source, catalog, options)
    if isinstance(judged, Unnumbered):
        return _unnumbered(judged)
    if errors(judged.broken):
        return _refusal(judged.question, judged.broken)
    problem = judged.question.problem
    known = layout and problem.options.stage != COMMON  # where the devices of another hypervisor are is not known
    verdict = solved_verdict(problem, judged.layout) if known else _verdict(problem, SOLVED, proven=True)
    return verdict._replace(findings=_findings(judged.question, judged.broken)) if judged.broken else verdict


def _lasting(question: Question, broken: list[Breach]) -> tuple[Choice, list[Changed | Moved]] | None:
    """The choice, with what would break at the stage asked for changed; None when that was not decided."""
    from pcisolve.solver.resettle import resettle

    problem, options = question.problem, question.problem.options
    choice, moved = resettle(question, registry.rules_for(options.stage), options.time_limit, broken)
    try:
        return choice, [*moved, *hold(problem, choice)]
    except TooHard:
        return None


def _choice(problem: Problem) -> Choice | None:
    """What the policy chooses; None when the time limit came first."""
    if problem.options.policy != "minimal":
        return first_fit(problem)
    from pcisolve.solver.minimal import Undecided, minimal_choice

    try:
        return minimal_choice(problem)
    except Undecided:
        return None


def _unnumbered(judged: Unnumbered) -> Verdict:
    outcome = outcome_of(judged)
    if outcome is None:
        return _verdict(judged.question.problem, UNKNOWN, proven=False)
    return _refused(outcome)


def refusal_of(root: Node, source: Source, catalog: Catalog, options: Options) -> Refused | None:
    """Why a guest is refused or warned of, with repairs; None when all is well, or when that was not decided.

    Raises:
        InputError: the input cannot be used at all, such as an unknown machine.
    """
    from pcisolve.ops.refuse import Refused

    outcome = outcome_of(judge(root, source, catalog, options))
    return Refused(outcome) if outcome is not None and outcome.told else None


def _refusal(question: Question, broken: list[Breach]) -> Verdict:
    return _refused(Outcome(question, question.layout, tell(question, broken)))


def _findings(question: Question, broken: list[Breach]) -> tuple[Finding, ...]:
    """What a guest that holds is warned of."""
    from pcisolve.ops.refuse import Refused

    outcome = Outcome(question, question.layout, tell(question, broken))
    return tuple(Refused(outcome, repairs=question.problem.options.repairs).findings())


def _refused(outcome: Outcome) -> Verdict:
    from pcisolve.ops.refuse import Refused  # 10 ms that a sound guest never pays

    problem = outcome.question.problem
    found = Refused(outcome, repairs=problem.options.repairs).findings()
    unread = any(one.code in registry.READING_IDS and one.severity == ERROR for one in found)
    return _verdict(problem, INVALID if unread else INFEASIBLE, proven=True, found=found)


def _verdict(problem: Problem, status: str, *, proven: bool, found: list[Finding] | None = None) -> Verdict:
    stats = {"controllers": len(problem.controllers), "devices": 0, "added": 0}
    return Verdict(status, proven, problem.scheme, problem.options.policy, (), (), tuple(found or ()), stats)

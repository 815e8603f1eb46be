"""One guest, from its elements to a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.errors import SolverMissing
from pcisolve.core.node import Node, Source
from pcisolve.explain.conflicts import tell
from pcisolve.explain.trials import Outcome, outcome_of
from pcisolve.firmware.lasting import Changed, Moved, TooHard, hold
from pcisolve.firstfit.run import choose
from pcisolve.ops.placed import solved_verdict
from pcisolve.problem.choice import Choice
from pcisolve.problem.layout import Layout
from pcisolve.problem.problem import AUTO, COMMON, HOTPLUG, MINIMAL, Options, Problem
from pcisolve.rules import registry
from pcisolve.rules.check import Breach, asks_for_room, breaches, errors
from pcisolve.rules.rule import ERROR, Question
from pcisolve.solver.judge import Judgement, Unnumbered, first_fit, judge, numbered
from pcisolve.verdict.values import (
    CP_SAT,
    DECIDED_BY,
    FIRST_FIT,
    INFEASIBLE,
    INVALID,
    SOLVED,
    UNKNOWN,
    Finding,
    Verdict,
)

if TYPE_CHECKING:
    from pcisolve.ops.refuse import Refused


class Answer(NamedTuple):
    """A verdict and, when there is one, the layout behind it."""

    verdict: Verdict
    layout: Layout | None


class Told:
    """A verdict, and why there are findings: their conflicts, in the same order; None when there are none."""

    def __init__(self, verdict: Verdict, refused: Refused | None = None) -> None:
        self.verdict = verdict
        self.refused = refused


def solve(root: Node, source: Source, catalog: Catalog, options: Options) -> Answer:
    """Find every controller, index and address, or say why there is no layout.

    Raises:
        InputError: the input cannot be used at all, such as an unknown machine.
    """
    problem = numbered(root, source, catalog, options)
    if isinstance(problem, Unnumbered):
        return Answer(verdict_on(problem), None)
    if options.policy == MINIMAL and (fewest := _fewest(problem)) is not None:
        return fewest
    question, broken, decided_by = _first(problem)
    if not broken:
        return _solved(question, (), decided_by)
    lasting = _lasting(question, broken)
    if lasting is None:
        return undecided(problem)
    choice, changes = lasting
    if choice is not question.choice or changes:
        question = Question(problem, choice)
        broken = breaches(question, question.layout, registry.rules_for(options))
        if not broken:
            return _solved(question, changes, decided_by)
    if options.policy == AUTO and asks_for_room(broken):
        return _placed_anew(question, broken)
    return Answer(_refusal(question, broken), None)


def _first(problem: Problem) -> tuple[Question, list[Breach], str]:
    """First fit's choice, what it breaks, and who decided it.

    In the multi-domain scheme, where no libvirt searches, what CP-SAT finds counts as such where first fit gives up;
    under policy auto that is told with what it costs, where nothing else is wrong.
    """
    rules = registry.rules_for(problem.options)
    question = Question(problem, choose(problem))
    broken = breaches(question, question.layout, rules)
    told_later = problem.options.policy == AUTO and asks_for_room(broken)
    if problem.flat or told_later or not question.choice.failures:
        return question, broken, FIRST_FIT
    question = Question(problem, first_fit(problem))
    return question, breaches(question, question.layout, rules), CP_SAT


def settled(problem: Problem, choice: Choice, changes: list[Changed | Moved]) -> Answer:
    """The verdict on what was chosen: the check has the last word (docs/decisions/2)."""
    question = Question(problem, choice)
    broken = breaches(question, question.layout, registry.rules_for(problem.options))
    return Answer(_refusal(question, broken), None) if broken else _solved(question, changes)


def _solved(question: Question, changes: Iterable[Changed | Moved] = (), decided_by: str = FIRST_FIT) -> Answer:
    """The verdict of a layout that holds, with what there is to warn of."""
    problem, layout = question.problem, question.layout
    verdict = solved_verdict(problem, layout, changes)
    verdict.stats[DECIDED_BY] = decided_by
    advice = breaches(question, layout, registry.advice_for(problem.options))
    return Answer(verdict._replace(findings=_findings(question, advice)) if advice else verdict, layout)


def _placed_anew(question: Question, broken: list[Breach]) -> Answer:
    """The nearest layout that holds where libvirt's own does not, or that there is none."""
    from pcisolve.ops.anew import told_costs, told_impossible, told_levels, told_undecided  # with OR-Tools
    from pcisolve.solver.nearest import Found, Impossible, Search, Undecided

    problem = question.problem
    last = Undecided("")
    for found in Search(problem, question.choice, nearest=True).outcomes():
        if isinstance(found, Impossible):
            return Answer(told_impossible(_refusal(question, broken), found), None)
        answer = _checked(problem, found.choice) if isinstance(found, Found) else None
        if isinstance(found, Found) and answer is not None:
            told = told_costs(told_levels(answer.verdict, found.levels), question, broken, found.levels)
            return answer._replace(verdict=told)
        last = found if isinstance(found, Undecided) else last
    return Answer(told_undecided(undecided(problem).verdict, last, question, broken), None)


def _checked(problem: Problem, choice: Choice) -> Answer | None:
    """The verdict on a layout, with values that hold down to the stage; None where a rule is broken all the same."""
    try:
        changes: list[Changed | Moved] = [*hold(problem, choice)]
    except TooHard:
        return None
    question = Question(problem, choice)
    if breaches(question, question.layout, registry.rules_for(problem.options)):
        return None
    return _solved(question, changes)


def _fewest(problem: Problem) -> Answer | None:
    """The layout with the fewest controllers; None where libvirt's own answer is all there is."""
    from pcisolve.ops.anew import told_impossible, told_levels, told_not_fewest, told_undecided
    from pcisolve.solver.nearest import TIME, Found, Impossible, Search, Undecided

    choice = first_fit(problem)
    question = Question(problem, choice)
    broken = breaches(question, question.layout, registry.rules_for(problem.options))
    for found in Search(problem, choice, nearest=False, narrow=problem.options.keep == HOTPLUG).outcomes():
        answer = _checked(problem, found.choice) if isinstance(found, Found) else None
        if isinstance(found, Found) and answer is not None:
            return answer._replace(verdict=told_levels(answer.verdict, found.levels))
        if isinstance(found, Impossible) and asks_for_room(broken):
            return Answer(told_impossible(_refusal(question, broken), found), None)
        if isinstance(found, Undecided) and found.large and not broken:
            answer = None if found.reason == TIME else _checked(problem, choice)
            if answer is None:
                return undecided(problem)
            return answer._replace(verdict=told_not_fewest(answer.verdict, found))
        if isinstance(found, Undecided) and asks_for_room(broken):
            return Answer(told_undecided(undecided(problem).verdict, found, question, broken), None)
    return None


def undecided(problem: Problem) -> Answer:
    """A limit was reached first."""
    return Answer(_verdict(problem, UNKNOWN, proven=False), None)


def check(root: Node, source: Source, catalog: Catalog, options: Options, *, layout: bool = True) -> Verdict:
    """Every rule that the input breaks, at once; warnings and notes too.

    What the input leaves open is completed by first fit, so that a guest nobody can place is found too. The solver is
    asked only where first fit finds no room: whether another layout has it.
    With `layout` False the verdict of a sound guest lists no controllers and devices, which is quicker.

    Raises:
        InputError: the input cannot be used at all, such as an unknown machine.
    """
    return verdict_on(judge(root, source, catalog, options), layout=layout)


def verdict_on(judged: Judgement | Unnumbered, *, layout: bool = True) -> Verdict:
    """What check() says of a guest that was judged."""
    return told_of(judged, layout=layout).verdict


def told_of(judged: Judgement | Unnumbered, *, layout: bool = True) -> Told:
    """The same, with the conflicts behind the findings."""
    if isinstance(judged, Unnumbered):
        outcome = outcome_of(judged)
        undecided_yet = _verdict(judged.question.problem, UNKNOWN, proven=False)
        return Told(undecided_yet) if outcome is None else _refused(outcome)
    options = judged.question.problem.options
    problem, refusing = judged.question.problem, errors(judged.broken)
    if refusing:
        told = _refused(Outcome(judged.question, judged.layout, tell(judged.question, judged.broken)))
        seeks = options.repairs and options.policy == AUTO and asks_for_room(refusing)
        return Told(_with_way_out(told.verdict, judged.question), told.refused) if seeks else told
    known = layout and problem.options.stage != COMMON  # where the devices of another hypervisor are is not known
    verdict = solved_verdict(problem, judged.layout) if known else _verdict(problem, SOLVED, proven=True)
    if not judged.broken:
        return Told(verdict)
    refused = _warned(judged.question, judged.broken)
    return Told(verdict._replace(findings=tuple(refused.findings())), refused)


def _with_way_out(verdict: Verdict, question: Question) -> Verdict:
    """The refusal, with the word that solve finds another layout where it does: nothing has to be given up then."""
    from pcisolve.ops.anew import told_unsearched, told_way_out
    from pcisolve.solver.nearest import Found, Search

    try:
        for found in Search(question.problem, question.choice, nearest=True).outcomes():
            if isinstance(found, Found) and _checked(question.problem, found.choice) is not None:
                return told_way_out(verdict, found.levels)
    except SolverMissing:
        return told_unsearched(verdict)
    return verdict


def _lasting(question: Question, broken: list[Breach]) -> tuple[Choice, list[Changed | Moved]] | None:
    """The choice, with what would break at the stage asked for changed; None when that was not decided."""
    from pcisolve.solver.resettle import resettle

    problem, options = question.problem, question.problem.options
    choice, moved = resettle(question, registry.rules_for(options), broken)
    try:
        return choice, [*moved, *hold(problem, choice)]
    except TooHard:
        return None


def refusal_of(root: Node, source: Source, catalog: Catalog, options: Options) -> Refused | None:
    """Why a guest is refused or warned of, with repairs; None when all is well, or when that was not decided.

    Raises:
        InputError: the input cannot be used at all, such as an unknown machine.
    """
    from pcisolve.ops.refuse import Refused

    outcome = outcome_of(judge(root, source, catalog, options))
    return Refused(outcome) if outcome is not None and outcome.told else None


def _refusal(question: Question, broken: list[Breach]) -> Verdict:
    return _refused(Outcome(question, question.layout, tell(question, broken))).verdict


def _findings(question: Question, broken: list[Breach]) -> tuple[Finding, ...]:
    """What a guest that holds is warned of."""
    return tuple(_warned(question, broken).findings())


def _warned(question: Question, broken: list[Breach]) -> Refused:
    from pcisolve.ops.refuse import Refused

    outcome = Outcome(question, question.layout, tell(question, broken))
    return Refused(outcome, repairs=question.problem.options.repairs)


def _refused(outcome: Outcome) -> Told:
    from pcisolve.ops.refuse import Refused  # 10 ms that a sound guest never pays

    problem = outcome.question.problem
    refused = Refused(outcome, repairs=problem.options.repairs)
    found = refused.findings()
    unread = any(one.code in registry.READING_IDS and one.severity == ERROR for one in found)
    return Told(_verdict(problem, INVALID if unread else INFEASIBLE, proven=True, found=found), refused)


def _verdict(problem: Problem, status: str, *, proven: bool, found: list[Finding] | None = None) -> Verdict:
    stats = {"controllers": len(problem.controllers), "devices": 0, "added": 0}
    return Verdict(status, proven, problem.scheme, problem.options.policy, (), (), tuple(found or ()), stats)

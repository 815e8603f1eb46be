"""A guest placed anew, in words: what libvirt does, what the layout costs beside that, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pcisolve.core.shortage import Shortage
from pcisolve.placing.levels import CONTROLLERS, CONVENTIONAL, MOVED, NOT_HOTPLUGGABLE
from pcisolve.rules.check import Breach
from pcisolve.rules.rule import Question
from pcisolve.solver.levels import Level
from pcisolve.solver.nearest import Impossible, Undecided
from pcisolve.solver.proof import ARITHMETIC, LRAT, NONE, Proof
from pcisolve.verdict.values import CP_SAT, DECIDED_BY, FIRST_FIT, UNSAFE, Note, Verdict

_RULE: Final = "alg-find"
_PROOFS: Final = {
    ARITHMETIC: "impossible, checked again without the solver: {constraints:,} of the model's constraints, added up, "
    "contradict each other",
    LRAT: "impossible, checked again: the solver's proof is valid, clause by clause",
    NONE: "impossible by the solver's word alone: neither arithmetic nor a clausal proof showed it again",
}
_COSTS: Final = {
    MOVED: ("is elsewhere than", "are elsewhere than", " libvirt would put {it}"),
    NOT_HOTPLUGGABLE: ("shares a slot", "share slots", "; {it} cannot be hot-plugged one by one"),
    CONVENTIONAL: ("is in a conventional slot", "are in conventional slots", ""),
}


def told_levels(verdict: Verdict, levels: Sequence[Level]) -> Verdict:
    """With who decided it, and each level."""
    objective = [{"name": one.name, "value": one.value, "bound": one.bound} for one in levels]
    decided: dict[str, Any] = {DECIDED_BY: CP_SAT, "objective": objective}
    return verdict._replace(stats={**verdict.stats, **decided})


def told_costs(verdict: Verdict, question: Question, broken: Sequence[Breach], levels: Sequence[Level]) -> Verdict:
    """With a note of what libvirt does, and of what the layout costs beside it."""
    why = broken[0].rule.tell(question, broken[0].case).message
    costs = [_cost(one) for one in levels if one.value and one.name in _COSTS]
    message = f"libvirt's own layout does not hold: {why}. This one does"
    message += ": " + "; ".join(costs) if costs else ", and everything else is where libvirt would put it"
    return verdict._replace(notes=(*verdict.notes, Note(_RULE, message, None)))


def _cost(level: Level) -> str:
    one, several, rest = _COSTS[level.name]
    it = "it" if level.value == 1 else "them" if level.name == MOVED else "they"
    return f"{_counted(level.value, 'device')} {one if level.value == 1 else several}{rest.format(it=it)}"


def told_way_out(verdict: Verdict, levels: Sequence[Level]) -> Verdict:
    """With the word, at each finding, that another layout holds; nothing has to be given up for it."""
    costs = "; ".join(_cost(one) for one in levels if one.value and one.name in _COSTS)
    words = "another layout holds, and pcisolve solve finds it" + (f": {costs}" if costs else "")
    findings = (
        one._replace(notes=(*one.notes, words), repairs=tuple(way for way in one.repairs if way.safety != UNSAFE))
        for one in verdict.findings
    )
    return verdict._replace(findings=tuple(findings))


def told_unsearched(verdict: Verdict) -> Verdict:
    """With the word, at each finding, that nobody has looked for another layout: not proven, since one may hold."""
    words = "whether another layout holds was not searched for: OR-Tools is not installed"
    findings = tuple(one._replace(notes=(*one.notes, words)) for one in verdict.findings)
    return verdict._replace(proven=False, findings=findings)


def told_impossible(verdict: Verdict, outcome: Impossible) -> Verdict:
    """With the arithmetic, and the nearest number that does fit."""
    message = f"no layout exists, whatever controllers are added: {_counted(outcome.parts, 'part')} wait for a place"
    if outcome.most is not None:
        message += f", and at most {outcome.most:,} {'has' if outcome.most == 1 else 'have'} one at the same time"
    if outcome.certificate:
        message += f" ({outcome.certificate})"
    findings = verdict.findings
    if outcome.most is not None:
        short = Shortage("places", outcome.parts, outcome.most)
        findings = tuple(one._replace(shortages=(*one.shortages, short)) for one in findings)
    told = verdict._replace(findings=findings, notes=(*verdict.notes, Note(_RULE, message, None)))
    return told if outcome.proof is None else told_proof(told, outcome.proof)


def told_proof(verdict: Verdict, proof: Proof) -> Verdict:
    """With how far it was checked again that nothing is possible."""
    message = _PROOFS[proof.by].format(constraints=proof.constraints)
    if proof.assumed:
        message += "; what its reasoning about sums found was taken as given"
    stats = {**verdict.stats, "proof": proof.to_json()}
    return verdict._replace(stats=stats, notes=(*verdict.notes, Note(_RULE, message, None)))


def told_not_fewest(verdict: Verdict, outcome: Undecided) -> Verdict:
    """With the word that this is libvirt's own layout, and that nobody knows whether fewer controllers would do."""
    level = Level(CONTROLLERS, len(verdict.controllers), 0)
    message = f"this is libvirt's own layout; whether fewer controllers would do: {outcome.reason}"
    told = told_levels(verdict, (level,))
    stats = {**told.stats, DECIDED_BY: FIRST_FIT}
    return told._replace(proven=False, stats=stats, notes=(*told.notes, Note(_RULE, message, None)))


def told_undecided(verdict: Verdict, outcome: Undecided, question: Question, broken: Sequence[Breach]) -> Verdict:
    """With what libvirt says, and that nothing else is known."""
    why = broken[0].rule.tell(question, broken[0].case).message
    message = f"libvirt's own layout does not hold: {why}. Whether another one does: {outcome.reason}"
    return verdict._replace(notes=(*verdict.notes, Note(_RULE, message, None)))


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

"""Places that hold where libvirt's own would not: only the parts that its search has put wrong are placed anew.

An ICH9 EHCI controller alone goes to function 7 of an empty slot, for instance, where no guest looks for it.
"""

from __future__ import annotations

from typing import Any

from pcisolve.firmware.lasting import Moved
from pcisolve.problem.choice import Choice
from pcisolve.problem.parts import Part
from pcisolve.rules.check import Breach, breaches
from pcisolve.rules.rule import Question, Rule
from pcisolve.solver.complete import complete
from pcisolve.solver.room import make_room


def resettle(
    question: Question, rules: tuple[Rule[Any], ...], seconds: float, broken: list[Breach] | None = None
) -> tuple[Choice, list[Moved]]:
    """The choice with the parts placed anew that break a rule beyond libvirt's; itself where nothing can be moved.

    Args:
        broken: what the choice breaks, where that is known already.
    """
    problem, choice = question.problem, question.choice
    if choice.failures:
        return choice, []  # libvirt itself finds no layout
    if broken is None:
        broken = breaches(question, question.layout, [rule for rule in rules if rule.stage != "libvirt"])
    roomy, moved = make_room(question, broken)
    if moved:
        choice, question = roomy, Question(problem, roomy)
        broken = breaches(question, question.layout, [rule for rule in rules if rule.stage != "libvirt"])
    culprits = _culprits(choice, [breach for breach in broken if breach.rule.stage != "libvirt"])
    if not culprits:
        return choice, moved
    settled = complete(problem, choice, rules, seconds, moving=list(culprits))
    if settled is None:
        return choice, moved
    before, after = choice.addresses, settled.addresses
    return settled, [*moved, *(Moved(part, before[part], after[part], rule) for part, rule in culprits.items())]


def _culprits(choice: Choice, broken: list[Breach]) -> dict[Part, str]:
    """Parts whose address is libvirt's choice and breaks a rule, with the rule."""
    return {
        part: breach.rule.id
        for breach in broken
        for part in _parts(breach)
        if part.pinned is None and part in choice.places and not (part in choice.chipset or part in choice.kept.places)
    }


def _parts(breach: Breach) -> tuple[Part, ...]:
    if isinstance(breach.case, Part):
        return (breach.case,)
    parts: tuple[Part, ...] = getattr(breach.case, "parts", ())
    return parts

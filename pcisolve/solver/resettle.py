"""Places that hold where libvirt's own would not: only the parts that its search has put wrong are placed anew.

An ICH9 EHCI controller alone goes to function 7 of an empty slot, for instance, where no guest looks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pcisolve.firmware.lasting import Moved
from pcisolve.firstfit.values import fill_values
from pcisolve.problem.admits import unasked
from pcisolve.problem.choice import Choice, Place
from pcisolve.problem.parts import Controller, Part
from pcisolve.rules.check import Breach, breaches
from pcisolve.rules.rule import Question, Rule
from pcisolve.solver.room import Slot, handed_out, make_room, without


def resettle(
    question: Question, rules: tuple[Rule[Any], ...], broken: list[Breach] | None = None
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
    settled = _settled(question, list(culprits)) if culprits else None
    if settled is None:
        return choice, moved
    before, after = choice.addresses, settled.addresses
    return settled, [*moved, *(Moved(part, before[part], after[part], rule) for part, rule in culprits.items())]


def _settled(question: Question, moving: Sequence[Part]) -> Choice | None:
    """The choice with these parts in a wholly empty slot each, the lowest that libvirt's search would give them."""
    choice = without(question.choice, moving)
    taken = {(place.provider, place.slot) for place in choice.places.values()} | handed_out(question)
    taken |= {(0, one.slot) for one in question.problem.machine.reserved}
    slots = _matched({part: [slot for slot in _slots(question, part) if slot not in taken] for part in moving})
    if slots is None:
        return None
    choice.places.update({part: Place(*slot, 0) for part, slot in slots.items()})
    fill_values(question.problem, choice)
    return choice


def _slots(question: Question, part: Part) -> Iterator[Slot]:
    """Every slot that libvirt's search may give a part, whether free or not."""
    for one in question.controllers:
        if one.model is None or not unasked(one.model, part, one.index):
            continue
        if not isinstance(part, Controller) or part.index > one.index:
            yield from ((one.index, slot) for slot in range(one.model.min_slot, one.model.max_slot + 1))


def _matched(wanted: Mapping[Part, Sequence[Slot]]) -> dict[Part, Slot] | None:
    """A slot for each, no two the same: the lowest, those with the least choice first; None where there are too few."""
    found: dict[Part, Slot] = {}
    taken: set[Slot] = set()
    for part in sorted(wanted, key=lambda one: len(wanted[one])):
        slot = next((one for one in wanted[part] if one not in taken), None)
        if slot is None:
            return None
        found[part] = slot
        taken.add(slot)
    return found


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

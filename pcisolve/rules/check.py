"""Every broken rule of a layout, at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.rules.blame import is_added
from pcisolve.rules.rule import ERROR, Question, Rule


class Breach(NamedTuple):
    """A rule that a layout breaks, and for which case."""

    rule: Rule[Any]
    case: Any


def breaches(question: Question, layout: Layout, rules: Iterable[Rule[Any]]) -> list[Breach]:
    """Every breach, rule by rule in their order."""
    found = []
    for rule in rules:
        for case in rule.cases(question):
            if not rule.check(layout, case):
                found.append(Breach(rule, case))
    return found


def errors(broken: Iterable[Breach]) -> list[Breach]:
    """Those of the breaches that refuse a guest: not the warnings and notes."""
    return [breach for breach in broken if breach.rule.severity == ERROR]


def asks_for_room(broken: list[Breach]) -> bool:
    """Whether all that breaks is want of room, or about controllers that libvirt would add for it."""
    return bool(broken) and all(map(_is_room, broken))


def _is_room(breach: Breach) -> bool:
    case = breach.case
    parts = [getattr(case, name, None) for name in ("part", "controller")] + [case]
    found = [part for part in parts if isinstance(part, Part)]
    if breach.rule.place and found:
        return all(part.pinned is None for part in found)
    return breach.rule.room or any(map(is_added, found))

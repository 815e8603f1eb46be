"""Every broken rule of a layout, at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from pcisolve.core.change import FIRST_ADDED
from pcisolve.core.node import Node
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.rules.blame import is_added
from pcisolve.rules.rule import ERROR, Question, Rule


class Breach(NamedTuple):
    """A rule that a layout breaks, and for which case."""

    rule: Rule[Any]
    case: Any
    given: str = ""  # severity, where it is not the rule's own

    @property
    def severity(self) -> str:
        """What it comes to: the rule's own, or what the options say."""
        return self.given or self.rule.severity


def breaches(question: Question, layout: Layout, rules: Iterable[Rule[Any]]) -> list[Breach]:
    """Every breach, rule by rule in their order."""
    problem, found = question.problem, list[Breach]()
    given = dict(problem.options.severities)
    for rule in rules:
        if problem.ignores:
            problem.asked_rules.add(rule.id)
        for case in rule.cases(question):
            if not rule.check(layout, case) and not (problem.ignores and _is_ignored(question, rule, case)):
                found.append(Breach(rule, case, given.get(rule.id, "")))
    return found


def _is_ignored(question: Question, rule: Rule[Any], case: Any) -> bool:
    """Whether a comment of the input is about this rule and the element at fault, or one around it."""
    problem = question.problem
    about = [(number, one) for number, one in enumerate(problem.ignores) if rule.id in one.rules]
    if not about:
        return False
    points = rule.tell(question, case).points
    at = _number(points[0].node, problem.root) if points else 0
    used = [number for number, one in about if one.first <= at <= one.last]
    problem.used_ignores.update((number, rule.id) for number in used)
    return bool(used)


def _number(node: Node, root: Node) -> int:
    """The number of an element, or of the one it is added to: by libvirt, to the list of devices, or by a repair."""
    here: Node | None = node
    while here is not None and here.number >= FIRST_ADDED:
        here = here.parent
    if here is None or here.number < 0:
        here = root.first("devices") or root
    return here.number


def errors(broken: Iterable[Breach]) -> list[Breach]:
    """Those of the breaches that refuse a guest: not the warnings and notes."""
    return [breach for breach in broken if breach.severity == ERROR]


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

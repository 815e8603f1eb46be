"""Breaches gathered into conflicts: one for what is said once, however many alike cases there are."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple

from pcisolve.core.node import Node
from pcisolve.problem.parts import Part
from pcisolve.rules.check import Breach, errors
from pcisolve.rules.registry import READING_IDS
from pcisolve.rules.rule import Question, Rule, Telling, name_of


class Told(NamedTuple):
    """A breach and its words."""

    breach: Breach
    telling: Telling

    @property
    def key(self) -> tuple[Hashable, ...]:
        """Which rule is broken and where: the same before and after other parts of the input change."""
        return (self.breach.rule.id, *(_mark(point.node, point.attribute) for point in self.telling.points[:1]))

    @property
    def subject(self) -> Hashable:
        """Which device or controller breaks it."""
        points = self.telling.points
        return _mark(element_of(points[0].node), "") if points else None


def element_of(node: Node) -> Node:
    """The device or controller that a node of the input lies in; itself outside <devices>."""
    here: Node | None = node
    while here is not None:
        if here.parent is not None and here.parent.tag == "devices":
            return here
        here = here.parent
    return node


class Conflict(NamedTuple):
    """One rule broken by one case, or by many that are alike: the first in the input's order stands for all."""

    told: tuple[Told, ...]

    @property
    def rule(self) -> Rule[Any]:
        """The rule that is broken."""
        return self.told[0].breach.rule

    @property
    def severity(self) -> str:
        """What breaking it comes to."""
        return self.told[0].breach.severity

    @property
    def telling(self) -> Telling:
        """The words about the first."""
        return self.told[0].telling


def _mark(node: Node, attribute: str) -> Hashable:
    """An element of the input by its number; what libvirt adds by itself by what it is."""
    return (node.number if node.number >= 0 else f"{node.tag} {sorted(node.attributes.items())}", attribute)


def tell(question: Question, broken: Iterable[Breach]) -> list[Told]:
    """Every breach in words; what follows from another one is left out, and what is told twice is told once."""
    broken = list(broken)
    broken = [breach for breach in broken if breach.rule.alone] or broken
    said = {(breach.rule.id, breach.case) for breach in broken}
    unread = any(breach.rule.id in READING_IDS for breach in errors(broken))
    told: dict[tuple[Hashable, ...], Told] = {}
    for breach in broken:
        rule = breach.rule
        if any((cause, breach.case) in said for cause in rule.follows_from):
            continue
        if unread and rule.id == "alg-find":
            continue  # what cannot be read may well be what is missing
        one = Told(breach, rule.tell(question, breach.case))
        points = tuple(_mark(point.node, point.attribute) for point in one.telling.points)
        told.setdefault((*one.key, points, one.telling.message), one)
    return list(told.values())


def gather(told: Iterable[Told]) -> list[Conflict]:
    """Alike breaches together, in the order of the input's lines.

    Alike are breaches of one rule that say the same but for the part and the numbers, and lean on the same other
    elements.
    """
    groups: dict[Hashable, list[Told]] = {}
    for one in told:
        others = tuple(_mark(point.node, "") for point in one.telling.points[1:])
        groups.setdefault((one.breach.rule.id, _shape(one), others), []).append(one)
    conflicts = [Conflict(tuple(sorted(group, key=_position))) for group in groups.values()]
    return sorted(conflicts, key=lambda conflict: _position(conflict.told[0]))


def _position(one: Told) -> int:
    points = one.telling.points
    return points[0].node.number if points else -1


def _shape(one: Told) -> str:
    """The message without the part's name and without numbers."""
    part = _subject(one.breach.case)
    message = one.telling.message
    if part is not None:
        message = message.replace(name_of(part), "*")
    return re.sub(r"\b(0x)?[0-9a-f]*[0-9][0-9a-f:.]*", "#", re.sub(r"'[^']*'", "'*'", message))


def _subject(case: object) -> Part | None:
    if isinstance(case, Part):
        return case
    part = getattr(case, "part", None)
    return part if isinstance(part, Part) else None

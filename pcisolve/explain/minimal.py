"""Whether what a finding points to is a minimal conflict, shown by judging small guests afresh."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from pcisolve.core.change import Change, changed
from pcisolve.core.node import Node
from pcisolve.explain.conflicts import Conflict, Told, element_of
from pcisolve.explain.excerpt import elements, excerpt
from pcisolve.explain.relax import relaxations
from pcisolve.explain.trials import Outcome, Trials
from pcisolve.problem.parts import Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Point

MOST_TESTED = 8  # points of one telling
MOST_PROVED = 8  # of one conflict's alike cases; the others differ in names and numbers only


def proved(problem: Problem, conflict: Conflict, trials: Trials) -> Conflict | None:
    """The conflict with only the facts that belong to it; None when it cannot be shown to be minimal.

    Alone: a guest that consists of the elements pointed to breaks the rule in the same way. Without one: some change
    of that fact, and of no other, makes that guest sound. A fact without which the rule is still broken in the same
    way is no part of the conflict.
    """
    told = [_proved(problem, one, trials) for one in conflict.told[:MOST_PROVED]]
    sure = [one for one in told if one is not None]
    return Conflict((*sure, *conflict.told[MOST_PROVED:])) if len(sure) == len(told) else None


def _proved(problem: Problem, told: Told, trials: Trials) -> Told | None:
    """The words with only the points that belong to the conflict, by deletion; None when there is no proof.

    Of more points than MOST_TESTED, which are alike, the last ones stand for all.
    """
    points = list(told.telling.points)
    case = _alone(problem, told, trials)
    for point in list(reversed(points))[:MOST_TESTED]:
        if case is None:
            return None
        if not _is_needed(case, point, trials):
            points.remove(point)
            case = _without(case, point, points, trials)
    if case is None or not points or element_of(points[0].node) is not element_of(told.telling.points[0].node):
        return None  # impossible without what is pointed to first, for another reason
    if case.alone.layout is None and trials.numbering_exists(case.root):
        return None  # the second prover does not agree
    return told._replace(telling=told.telling._replace(points=tuple(points)))


class _Case(NamedTuple):
    """A small guest in which the conflict is, what breaks there, and the element that it is about."""

    root: Node
    alone: Outcome
    subject: Hashable


def _alone(problem: Problem, told: Told, trials: Trials) -> _Case | None:
    """The guest that consists of the elements pointed to, or those and the controllers above them.

    Addresses of these elements that are not pointed to are no part of the conflict and left open where it stays.
    """
    points = told.telling.points
    chosen = elements(points)
    added = [point.node for point in points if point.node.number < 0]
    for context in ([], _providers(problem, chosen)):
        nodes = sorted([*chosen, *context], key=lambda node: node.number)
        root = excerpt(problem.root, [*nodes, *added])
        for small in (changed(root, _other_addresses(chosen, points)), root):
            alone = trials.outcome(small)
            if alone is not None and any(
                one.key[0] == told.key[0] and one.subject == told.subject for one in alone.told
            ):
                return _Case(small, alone, told.subject)
    return None


def _other_addresses(chosen: list[Node], points: tuple[Point, ...]) -> list[Change]:
    spoken_of = {point.node.number for point in points}
    addresses = [node.first("address") for node in chosen]
    return [Change(one, "", None) for one in addresses if one is not None and one.number not in spoken_of]


def _is_needed(case: _Case, point: Point, trials: Trials) -> bool:
    """Whether some way to take the fact back makes the conflict go away, and brings no other."""
    ways = list(relaxations(case.alone.question.problem, point))
    for changes in ways:
        outcome = trials.outcome(changed(case.root, changes))
        if outcome is not None and case.subject not in outcome.subjects and outcome.subjects <= case.alone.subjects:
            return True
    return not ways  # what libvirt adds by itself is nobody's to take back


def _without(case: _Case, point: Point, others: list[Point], trials: Trials) -> _Case | None:
    """The guest without the fact: its element left out, or the fact alone; None when the conflict is gone then."""
    ways = [(Change(node, "", None),) for node in elements([point]) if node not in elements(others)]
    for changes in (*ways, *relaxations(case.alone.question.problem, point)):
        root = changed(case.root, changes)
        outcome = trials.outcome(root)
        if outcome is not None and case.subject in outcome.subjects:
            return _Case(root, outcome, case.subject)
    return None


def _providers(problem: Problem, chosen: list[Node]) -> list[Node]:
    """The controllers of the input above these elements."""
    numbers = {node.number for node in chosen}
    waiting: list[Part] = [part for part in problem.parts if part.node is not None and part.node.number in numbers]
    found: dict[int, Node] = {}
    while waiting:
        asked = waiting.pop().pinned
        if asked is None:
            continue
        provider = problem.table.by_index.get(problem.provider_index(asked))
        if provider is not None and provider.node is not None and provider.node.number not in numbers | set(found):
            found[provider.node.number] = provider.node
            waiting.append(provider)
    return list(found.values())

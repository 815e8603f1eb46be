"""The domains a conflict is in, as a guest of their own: what is elsewhere does not bear on it.

In the multi-domain scheme domains share nothing but controller indexes, so that in a guest of many domains a fault
costs what its own domain costs.
"""

from __future__ import annotations

from typing import Final

from pcisolve.core.node import Node
from pcisolve.explain.conflicts import Conflict
from pcisolve.explain.excerpt import elements, excerpt
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem

WORTH_IT: Final = 300  # devices and controllers from which on a guest is cut


def scope(problem: Problem, conflict: Conflict) -> Node | None:
    """The guest of the domains that the conflict's elements are in; None when that is (nearly) all of it."""
    if problem.flat or len(problem.parts) < WORTH_IT:
        return None
    numbers = {node.number for told in conflict.told for node in elements(told.telling.points)}
    at_fault = [part for part in problem.parts if part.node is not None and part.node.number in numbers]
    domains = {domain for part in at_fault if (domain := _domain(part)) is not None}
    if not domains:
        return None
    inside = [
        part.node
        for part in problem.parts
        if part.node is not None and (_domain(part) in domains or part.node.number in numbers)
    ]
    if 2 * len(inside) > len(problem.parts):
        return None
    return excerpt(problem.root, sorted(inside, key=lambda node: node.number))


def _domain(part: Part) -> int | None:
    """The domain a part says it is in."""
    if isinstance(part, Controller) and part.is_root:
        return part.index
    return None if part.pinned is None else part.pinned.domain

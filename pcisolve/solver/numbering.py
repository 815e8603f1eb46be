"""Indexes for controllers that have none, without a search: each takes the lowest number above its parent's.

All deadlines are the same (there is no highest index, or one for all), so that in list order nobody takes a number
that another one needed: the earliest-deadline-first rule, with nothing to sort. Where an address names a bus that no
numbered controller provides, somebody has to take just that number, and this is not enough: CP-SAT is asked then.
The outcome is judged by the check like every other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from pcisolve.problem.admits import takes
from pcisolve.problem.parts import Controller
from pcisolve.problem.problem import Problem

_BUS_BITS_HIGHEST = 255


def numbered_in_turn(problem: Problem) -> dict[Controller, int] | None:
    """An index for each controller without one, lowest first in list order; None where that is not so simple."""
    given = {one.index for one in problem.controllers if one.index >= 0}
    if any(problem.provider_index(part.pinned) not in given for part in problem.parts if part.pinned is not None):
        return None
    free = _Free(given)
    found: dict[Controller, int] = {}
    for one in problem.controllers:
        if one.index >= 0:
            continue
        release = _release(problem, one)
        if release is None:
            return None
        found[one] = free.take(release)
    highest = max(found.values(), default=0)
    return None if problem.options.bus_bits and highest > _BUS_BITS_HIGHEST else found


def _release(problem: Problem, controller: Controller) -> int | None:
    """The lowest index it may have; None where its parent has no index yet either."""
    if controller.is_root or controller.model is None:
        return 1
    if controller.pinned is not None:
        return problem.provider_index(controller.pinned) + 1
    models = ((one.index, one.model) for one in problem.controllers if one.index >= 0 and one.model is not None)
    needs = controller.explicit_needs
    parents = (index for index, model in models if takes(model.accepts, needs, written=True))
    lowest = min(parents, default=None)
    return None if lowest is None else lowest + 1


class _Free:
    """Numbers nobody has; one cursor for each release, as numbers are only ever taken."""

    def __init__(self, taken: set[int]) -> None:
        self.taken = set(taken)
        self.cursors: dict[int, Iterator[int]] = {}

    def take(self, release: int) -> int:
        """The lowest free number from `release` up, from now on taken."""
        cursor = self.cursors.setdefault(release, count(release))
        number = next(one for one in cursor if one not in self.taken)
        self.taken.add(number)
        return number

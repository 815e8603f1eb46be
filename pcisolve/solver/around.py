"""An earlier layout around a guest: which of its controllers come along, and then the fewest moves."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.node import Node, Source
from pcisolve.earlier.carry import Merged, Recalled, is_carried, merge, recall
from pcisolve.earlier.record import Earlier
from pcisolve.problem.assemble import assemble
from pcisolve.problem.parts import Controller
from pcisolve.problem.problem import Options, Problem
from pcisolve.rules.rule import Rule
from pcisolve.solver.judge import Unnumbered, numbered
from pcisolve.solver.stable import ALONE, Stable, fewest_moves, parts_of

_ABOUT_PLACES = ALONE | {"alg-find", "addr-bus-exists"}


class Around(NamedTuple):
    """A guest completed around an earlier layout.

    Attributes:
        problem: the guest with the controllers that were brought over.
        recalled: what the earlier layout says about it.
    """

    problem: Problem
    merged: Merged
    recalled: Recalled
    stable: Stable

    @property
    def holds(self) -> bool:
        """Whether it is a layout."""
        return self.stable.attempt.holds

    @property
    def moves(self) -> int:
        """How many parts leave their earlier place."""
        return len(self.stable.moved)


class Search:
    """The search for the fewest moves, and among those for the most controllers that come along."""

    def __init__(
        self,
        root: Node,
        source: Source,
        catalog: Catalog,
        options: Options,
        earlier: Earlier,
        rules: tuple[Rule[Any], ...],
    ) -> None:
        self.root, self.source, self.catalog, self.options = root, source, catalog, options
        self.earlier, self.rules = earlier, rules
        self.own = assemble(root, source, catalog, options)

    def best(self) -> Around | None:
        """None when there is no layout beside what the earlier one has.

        Raises:
            TooHard, TimeIsUp: not found out within reason.
        """
        dropped: set[int] = set()
        found = self._around(dropped)
        while found is not None and (wrong := _wrong(found)):
            dropped |= wrong
            found = self._around(dropped)
        if found is None or (found.holds and found.stable.forced):
            return found
        unused = _unused(found)
        lean = self._around(dropped | set(unused)) if unused else None
        if lean is not None and lean.holds and not (found.holds and found.moves <= lean.moves):
            return self._filled(lean, dropped, unused)
        return found if found.holds else self._without_controllers(found)

    def _without_controllers(self, failed: Around) -> Around | None:
        """The last resort: none come along, and what is on buses that are there all the same may stay."""
        found = self._around(failed.merged.carried) if failed.merged.carried else None
        return found if found is not None and found.holds else None

    def _around(self, dropped: Collection[int]) -> Around | None:
        merged = merge(self.own, self.earlier, dropped)
        problem = numbered(merged.root, self.source, self.catalog, self.options, merged.indexes)
        if isinstance(problem, Unnumbered):
            return None
        recalled = recall(problem, self.earlier)
        return Around(problem, merged, recalled, fewest_moves(problem, recalled, self.rules))

    def _filled(self, lean: Around, dropped: set[int], unused: list[int]) -> Around:
        """As many of the unused controllers as come along for no move more, those of the lowest indexes."""
        best, low, high = lean, 0, len(unused)
        while high - low > 1:
            middle = (low + high) // 2
            tried = self._around(dropped | set(unused[middle:]))
            if tried is not None and tried.holds and tried.moves <= lean.moves:
                best, low = tried, middle
            else:
                high = middle
        return best


def _wrong(found: Around) -> set[int]:
    """Controllers that were brought over and that this guest cannot have, wherever they are."""
    if found.holds:
        return set()
    return {
        part.index
        for breach in found.stable.attempt.broken
        if breach.rule.stage == "libvirt" and breach.rule.id not in _ABOUT_PLACES
        for part in parts_of(breach)
        if isinstance(part, Controller) and is_carried(part)
    }


def _unused(found: Around) -> list[int]:
    """The indexes of controllers that were brought over and have nothing on them, nor on what is on them."""
    problem, places = found.problem, found.recalled.kept.places
    used = {problem.provider_index(part.pinned) for part in problem.parts if part.pinned is not None}
    used |= {place.provider for part, place in places.items() if not is_carried(part)}
    carried = {one.index: one for one in problem.controllers if is_carried(one)}
    waiting = [index for index in used if index in carried]
    while waiting:
        place = places.get(carried[waiting.pop()])
        if place is not None and place.provider not in used:
            used.add(place.provider)
            if place.provider in carried:
                waiting.append(place.provider)
    return sorted(index for index in carried if index not in used)

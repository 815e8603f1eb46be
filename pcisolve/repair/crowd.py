"""Repairs of very many conflicts at once, where trying each for itself would cost more than the budget.

One remedy of each conflict is made, all together, and the guest is judged once. What does not help, or breaks something
else, is left out and has its turn again with its next remedy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, groupby, islice
from typing import Final, NamedTuple

from pcisolve.core.change import FIRST_ADDED, Change, changed
from pcisolve.core.node import Node
from pcisolve.explain.conflicts import Conflict, Told, element_of
from pcisolve.explain.trials import Key, Outcome, Trials
from pcisolve.repair.bench import Bench
from pcisolve.repair.cost import Costs
from pcisolve.repair.proposals import merged, of_sort, sorts
from pcisolve.repair.safety import Consequence, consequence, losses, moves_of
from pcisolve.repair.search import Verified
from pcisolve.verdict.values import UNSAFE

MOST_TRIED: Final = 2_000  # breaches; of more, the first ones in the order in which their rules come
TURNS: Final = 8  # remedies of one conflict
MOST_JUDGED: Final = 8  # judgements of one rule's remedies in one turn


class Proposal(NamedTuple):
    """A remedy of one breach, not tried yet."""

    key: Key
    changes: tuple[Change, ...]

    @property
    def elements(self) -> set[int]:
        """The devices and controllers that it changes."""
        return {node.number for node in _elements(self.changes)}


class Crowd:
    """Repairs the breaches of one guest together.

    Attributes:
        repaired: what was done about each breach that was repaired.
        costs: what changes of it cost.
        outcome: the guest with all of these repairs.
    """

    def __init__(self, root: Node, before: Outcome, trials: Trials) -> None:
        self.root, self.before, self._trials = root, before, trials
        self.costs = Costs(before.question.problem.catalog.weights(), before)
        self._ranked: dict[Key, list[str]] = {}
        self._changes: tuple[Change, ...] = ()
        self.repaired: dict[Key, tuple[Change, ...]] = {}
        self.outcome = before

    @property
    def mended(self) -> Node:
        """The guest with what was done."""
        return changed(self.root, self._changes)

    def following(self) -> dict[Key, list[Told]]:
        """What went away though nothing was done about it, by the breach whose repair changed the same element."""
        cause = {node.number: key for key, changes in reversed(self.repaired.items()) for node in _elements(changes)}
        found: dict[Key, list[Told]] = {}
        for told in self.before.told:
            if told.key not in self.outcome.keys and told.key not in self.repaired:
                numbers = [element_of(point.node).number for point in told.telling.points]
                key = next((cause[number] for number in numbers if number in cause), next(iter(self.repaired)))
                found.setdefault(key, []).append(told)
        return found

    def repair(self, told: Iterable[Told]) -> None:
        """Repair what can be, of breaches in the order in which their rules come."""
        first = islice(told, MOST_TRIED)
        by_rule = [[one.key for one in alike] for _, alike in groupby(first, key=lambda one: one.breach.rule.id)]
        for turn in range(TURNS):
            for keys in by_rule:
                self._try(self._proposals(keys, turn))

    def _proposals(self, keys: list[Key], turn: int) -> list[Proposal]:
        """The remedy whose turn it is, of each breach that is still there; one for each element."""
        bench = Bench(self.outcome.question, self.outcome.layout)
        taken = {node.number for node in _written(self._changes)}
        found = []
        for key in keys:
            told = None if key in self.repaired else self.outcome.by_key.get(key)
            changes = () if told is None else self._remedy(bench, told, turn)
            numbers = {node.number for node in _written(changes)}
            if changes and not numbers & taken and max(numbers, default=0) < FIRST_ADDED:
                taken |= numbers
                found.append(Proposal(key, changes))
        return found

    def _remedy(self, bench: Bench, told: Told, turn: int) -> tuple[Change, ...]:
        """The changes of the remedy of this rank: what loses nothing first, then what costs less."""
        alone = Conflict((told,))
        ranked = self._ranked.get(told.key)
        if ranked is None:
            ranks = {sort: self._rank(told, of_sort(bench.copy(), alone, sort)) for sort in sorts(bench.copy(), alone)}
            ranked = self._ranked[told.key] = sorted(ranks, key=lambda sort: ranks[sort])
        return of_sort(bench, alone, ranked[turn]) if turn < len(ranked) else ()

    def _rank(self, told: Told, changes: tuple[Change, ...]) -> tuple[bool, int]:
        """What takes nothing from the user comes first, then what costs less."""
        return next(losses(self.before, changes, [told]), None) is not None, self.costs.of(changes)

    def verified(self) -> Iterator[tuple[Key, Verified]]:
        """What was done about each breach, with what comes of it.

        All were tried together, so that a part that moves for none of them makes none of them safe.
        """
        moves = moves_of(self.before, self.outcome)
        together = consequence(self.before, self.outcome, (), (self.before.by_key[key] for key in self.repaired))
        for key, changes in self.repaired.items():
            removes = tuple(dict.fromkeys(losses(self.before, changes, [self.before.by_key[key]])))
            own = tuple(moves[node.number] for node in _elements(changes) if node.number in moves)
            found = Consequence(UNSAFE if removes else together.safety, own, removes)
            yield key, Verified(changes, self.costs.of(changes), self.outcome, found)

    def _try(self, proposals: list[Proposal]) -> None:
        """Make those of the proposals that help and break nothing."""
        for _ in range(MOST_JUDGED):
            if not proposals:
                return
            together = merged((*self._changes, *chain.from_iterable(one.changes for one in proposals)))
            outcome = self._trials.outcome(changed(self.root, together))
            if outcome is None:
                return
            rules = {one.key[0] for one in proposals}
            new = (told for told in outcome.told if told.key not in self.before.keys)
            brought = [told for told in new if told.key in outcome.errors or told.key[0] in rules]
            kept = _without_blame(proposals, outcome.keys, brought)
            if len(kept) == len(proposals) and not brought:
                self._changes, self.outcome = together, outcome
                self.repaired |= {one.key: one.changes for one in proposals}
                return
            proposals = kept if len(kept) < len(proposals) else proposals[: len(proposals) // 2]


def _without_blame(proposals: list[Proposal], broken: frozenset[Key], brought: list[Told]) -> list[Proposal]:
    """The proposals that helped and whose elements break nothing new."""
    blamed = {element_of(told.telling.points[0].node).number for told in brought if told.telling.points}
    if not any(one.elements & blamed for one in proposals):
        blamed = {element_of(point.node).number for told in brought for point in told.telling.points}
    return [one for one in proposals if one.key not in broken and not one.elements & blamed]


def _written(changes: Iterable[Change]) -> list[Node]:
    """The elements that are changed, but for the list of devices, to which many may add."""
    return [change.node for change in changes if change.node.tag != "devices"]


def _elements(changes: Iterable[Change]) -> Iterator[Node]:
    """The devices and controllers that are changed."""
    return map(element_of, _written(changes))

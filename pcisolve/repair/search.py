"""The cheapest changes that make a conflict go away and bring no other, each shown by judging the guest afresh."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count
from typing import Final, NamedTuple

from pcisolve.core.change import Change, NewElement, changed
from pcisolve.core.node import Node
from pcisolve.explain.conflicts import Conflict, gather
from pcisolve.explain.trials import Key, Outcome, Trials
from pcisolve.repair.cost import Costs
from pcisolve.repair.proposals import combined, mark, merged

MOST_REPAIRS: Final = 3
MOST_TRIED: Final = 32  # variations of the guest, for one conflict
DEEPEST: Final = 3  # remedies in a row: what the first one breaks, the next may mend
MOST_FOLLOWING: Final = 4  # remedies tried for what another one breaks
TOO_DEAR: Final = 4  # times the cost of the best repair: not worth showing


class Verified(NamedTuple):
    """Changes that were tried: what they cost, and the guest that comes out."""

    changes: tuple[Change, ...]
    cost: int
    outcome: Outcome


class Search:
    """Looks for repairs of one guest's conflicts: of `root`, of which `before` is what breaks."""

    def __init__(self, root: Node, before: Outcome, trials: Trials) -> None:
        self.root, self.before, self._trials = root, before, trials
        self._nodes: dict[int, Node] = {}
        self._priced: Costs | None = None  # a search that looks for nothing needs no prices

    @property
    def _costs(self) -> Costs:
        if self._priced is None:
            self._priced = Costs(self.before.question.problem.catalog.weights(), self.before)
        return self._priced

    def repairs(self, conflict: Conflict) -> list[Verified]:
        """At most MOST_REPAIRS repairs, the cheapest first."""
        goal = frozenset(one.key for one in conflict.told)
        found: list[Verified] = []
        if not self._trials.affords(self.root):
            return found
        for candidate in self._candidates(goal, conflict):
            if found and candidate.cost > TOO_DEAR * found[0].cost:
                break
            smallest = self._without_surplus(goal, candidate)
            if all(mark(smallest.changes) != mark(one.changes) for one in found):
                found.append(smallest)
            if len(found) == MOST_REPAIRS:
                break
        return found

    def _candidates(self, goal: frozenset[Key], conflict: Conflict) -> Iterator[Verified]:
        """Verified changes, the cheapest first."""
        ties = count()
        queue: list[tuple[int, int, int, tuple[Change, ...]]] = []
        seen: set[frozenset[object]] = set()

        def propose(depth: int, so_far: tuple[Change, ...], outcome: Outcome, next_one: Conflict) -> None:
            for changes in combined(outcome, next_one)[: None if depth == 1 else MOST_FOLLOWING]:
                together = self._anchored(merged((*so_far, *changes)))
                if mark(together) not in seen:
                    seen.add(mark(together))
                    heapq.heappush(queue, (self._costs.of(together), next(ties), depth, together))

        propose(1, (), self.before, conflict)
        for _ in range(MOST_TRIED):
            if not queue or not self._trials.affords(self.root):
                return
            cost, _, depth, changes = heapq.heappop(queue)
            outcome = self._trials.outcome(changed(self.root, changes))
            if outcome is None or goal & outcome.keys:
                continue
            brought = [one for one in outcome.told if one.key not in self.before.keys]
            if not brought:
                yield Verified(changes, cost, outcome)
            elif depth < DEEPEST:
                propose(depth + 1, changes, outcome, gather(brought)[0])

    def _anchored(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """The changes as said about the guest's own elements, where they were found in a changed copy."""
        return tuple(one._replace(node=self._node(one.node.number) or one.node) for one in changes)

    def _node(self, number: int) -> Node | None:
        """The guest's own element of a number."""
        if not self._nodes:
            waiting = [self.root]
            while waiting:
                node = waiting.pop()
                self._nodes[node.number] = node
                waiting += node.children
        return self._nodes.get(number)

    def _without_surplus(self, goal: frozenset[Key], found: Verified) -> Verified:
        """The repair with every change left out that it does not need.

        What is added stays: it keeps a part on the bus that was asked for, where libvirt would add it elsewhere.
        """
        if len(found.changes) < 2:
            return found
        for change in filter(_is_plain, found.changes):
            if not self._trials.affords(self.root):
                break
            rest = tuple(one for one in found.changes if one is not change)
            outcome = self._trials.outcome(changed(self.root, rest))
            if outcome is not None and not goal & outcome.keys and outcome.keys <= self.before.keys:
                return self._without_surplus(goal, Verified(rest, self._costs.of(rest), outcome))
        return found


def _is_plain(change: Change) -> bool:
    return not isinstance(change.value, NewElement)

"""The cheapest changes that make a conflict go away and bring no other, each shown by judging the guest afresh."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count
from typing import Final, NamedTuple

from pcisolve.core.change import FIRST_ADDED, Change, NewElement, changed
from pcisolve.core.node import Node
from pcisolve.explain.conflicts import Conflict, Told, gather
from pcisolve.explain.trials import Outcome, Trials
from pcisolve.problem.parts import Controller
from pcisolve.repair.cost import Costs
from pcisolve.repair.proposals import combined, mark, merged
from pcisolve.repair.safety import RANK, Consequence, consequence, losses
from pcisolve.verdict.values import MOVES, SAFE, UNSAFE

MOST_REPAIRS: Final = 3
MOST_TRIED: Final = 32  # variations of the guest, for one conflict
LAST_RESORT: Final = 8  # further ones that take something from the user, where no other has helped
DEEPEST: Final = 3  # remedies in a row: what the first one breaks, the next may mend
MOST_FOLLOWING: Final = 4  # remedies tried for what another one breaks
TOO_DEAR: Final = 4  # times the cost of the best repair: not worth showing


class Verified(NamedTuple):
    """Changes that were tried: what they cost, the guest that comes out, and what the user loses."""

    changes: tuple[Change, ...]
    cost: int
    outcome: Outcome
    consequence: Consequence

    @property
    def rank(self) -> tuple[int, int]:
        """What decides between two repairs: first how safe they are, then what they cost."""
        return RANK[self.consequence.safety], self.cost


class _Candidate(NamedTuple):
    """Changes in the queue: at least so unsafe and so dear, and how many remedies they are; tried or not yet."""

    rank: tuple[int, int]
    tie: int
    depth: int
    changes: tuple[Change, ...]
    verified: Verified | None


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
        """At most MOST_REPAIRS repairs, the safest first, and of equally safe ones the cheapest.

        What takes something from the user is only there where nothing else helps.
        """
        found: list[Verified] = []
        if not self._trials.affords(self.root):
            return found
        for candidate in self._candidates(conflict):
            if found and (
                candidate.cost > TOO_DEAR * found[0].cost or candidate.rank[0] > max(found[0].rank[0], RANK[MOVES])
            ):
                break
            if found and candidate.consequence.torn > found[0].consequence.torn:
                continue  # what belongs together is only torn apart where nothing else helps
            smallest = self._without_surplus(conflict, candidate)
            if not any(_is_same(smallest, one) for one in found):
                found.append(smallest)
            if len(found) == MOST_REPAIRS:
                break
        return sorted(found, key=lambda one: one.rank)

    def _candidates(self, conflict: Conflict) -> Iterator[Verified]:
        """Verified changes, the best first: each is put back in the queue with what it really costs."""
        queue = _Queue()
        goal = frozenset(one.key for one in conflict.told)
        self._propose(queue, conflict, 1, (), self.before, conflict)
        tried = 0
        while queue.waiting:
            candidate = heapq.heappop(queue.waiting)
            if candidate.verified is not None:
                yield candidate.verified
                continue
            tried += 1
            limit = MOST_TRIED + LAST_RESORT if candidate.rank[0] == RANK[UNSAFE] else MOST_TRIED
            if tried > limit:
                continue
            if not self._trials.affords(self.root):
                return
            outcome = self._trials.outcome(changed(self.root, candidate.changes))
            if outcome is None or goal & outcome.keys:
                continue
            brought = self._brought(conflict, outcome)
            if not brought:
                found = self._verified(conflict, candidate.changes, outcome)
                heapq.heappush(queue.waiting, candidate._replace(rank=found.rank, verified=found))
            elif candidate.depth < DEEPEST:
                self._propose(queue, conflict, candidate.depth + 1, candidate.changes, outcome, gather(brought)[0])

    def _brought(self, conflict: Conflict, outcome: Outcome) -> list[Told]:
        """The errors that changes bring; for a warning, the same about another line too."""
        new = (one for one in outcome.told if one.key not in self.before.keys)
        return [one for one in new if one.key in outcome.errors or one.breach.rule is conflict.rule]

    def _propose(
        self,
        queue: _Queue,
        conflict: Conflict,
        depth: int,
        so_far: tuple[Change, ...],
        outcome: Outcome,
        next_one: Conflict,
    ) -> None:
        """Queue the remedies of a conflict on top of changes that were made."""
        for changes in combined(outcome, next_one)[: None if depth == 1 else MOST_FOLLOWING]:
            together = self._anchored(merged((*so_far, *changes)))
            if any(one.node.number >= FIRST_ADDED for one in together):
                continue  # what another repair has added is nobody's to change
            if queue.is_new(together):
                lost = next(losses(self.before, together, conflict.told), None) is not None
                rank = RANK[UNSAFE if lost else SAFE], self._costs.of(together)
                heapq.heappush(queue.waiting, _Candidate(rank, next(queue.ties), depth, together, None))

    def _verified(self, conflict: Conflict, changes: tuple[Change, ...], outcome: Outcome) -> Verified:
        found = consequence(self.before, outcome, changes, conflict.told)
        return Verified(changes, self._costs.of_outcome(changes, outcome, found), outcome, found)

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

    def _without_surplus(self, conflict: Conflict, found: Verified) -> Verified:
        """The repair with every change left out that it does not need.

        What is added stays: it keeps a part on the bus that was asked for, where libvirt would add it elsewhere.
        """
        if len(found.changes) < 2:
            return found
        goal = frozenset(one.key for one in conflict.told)
        for change in filter(_is_plain, found.changes):
            if not self._trials.affords(self.root):
                break
            rest = tuple(one for one in found.changes if one is not change)
            outcome = self._trials.outcome(changed(self.root, rest))
            if outcome is None or goal & outcome.keys or not outcome.errors <= self.before.errors:
                continue
            smaller = self._verified(conflict, rest, outcome)
            if smaller.rank <= found.rank:
                return self._without_surplus(conflict, smaller)
        return found


class _Queue:
    """What waits to be tried, the best first, and what was there before."""

    def __init__(self) -> None:
        self.waiting: list[_Candidate] = []
        self.ties = count()
        self._seen: set[frozenset[object]] = set()

    def is_new(self, changes: tuple[Change, ...]) -> bool:
        """Whether these changes were not there before."""
        seen = mark(changes)
        is_new = seen not in self._seen
        self._seen.add(seen)
        return is_new


def _is_same(one: Verified, other: Verified) -> bool:
    """Whether two repairs come to the same: the same changes, or other ways to the same addresses."""
    if mark(one.changes) == mark(other.changes):
        return True
    places = [_places(repair) for repair in (one, other)]
    return places[0] is not None and places[0] == places[1]


def _places(repair: Verified) -> dict[int, tuple[str, int]] | None:
    """Where everything is after a repair that changes nothing but addresses and indexes; None for others."""
    layout = repair.outcome.layout
    if layout is None or not all(_is_numbering(one) for one in repair.changes):
        return None
    parts = repair.outcome.by_number.items()
    index = {number: part.index if isinstance(part, Controller) else 0 for number, part in parts}
    return {number: (str(layout.addresses.get(part)), index[number]) for number, part in parts}


def _is_numbering(change: Change) -> bool:
    node, attribute, _ = change
    return (node.tag == "address" and not attribute) or (node.tag == "controller" and attribute == "index")


def _is_plain(change: Change) -> bool:
    return not isinstance(change.value, NewElement)

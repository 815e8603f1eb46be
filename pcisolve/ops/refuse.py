"""A guest that is refused: every independent conflict, proved where that is in reach, with repairs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from pcisolve.core.change import FIRST_ADDED, changed
from pcisolve.core.node import Source
from pcisolve.explain.conflicts import Conflict, Told, gather
from pcisolve.explain.findings import finding
from pcisolve.explain.minimal import proved
from pcisolve.explain.scope import scope
from pcisolve.explain.trials import Key, Outcome, Trials
from pcisolve.libvirt.document import Document
from pcisolve.libvirt.writer import Writer
from pcisolve.repair.crowd import Crowd
from pcisolve.repair.effect import change_at, effect
from pcisolve.repair.proposals import merged
from pcisolve.repair.safety import RANK, Consequence
from pcisolve.repair.search import Search, Verified
from pcisolve.rules import registry
from pcisolve.rules.rule import ERROR
from pcisolve.verdict.values import EditAt, Finding, Repair

MOST_HIDDEN = 20  # conflicts that show one after the other
_PLACE = {rule.id: place for place, rule in enumerate(registry.ALL)}


class Refused:
    """Why a guest is refused, conflict by conflict, causes before what follows from them.

    Attributes:
        conflicts: those that are told, in the input's order.
        repairs: for each of them what mends it, the cheapest first.
        following: for each of them the other rules whose breaches go away with it.
    """

    def __init__(self, outcome: Outcome, *, repairs: bool = True) -> None:
        self.outcome = outcome
        self.problem = outcome.question.problem
        self._trials, self._proofs = Trials(self.problem), Trials(self.problem)
        self._looked = repairs
        self._search = Search(self.problem.root, outcome, self._trials)
        self.repairs: dict[Conflict, list[Verified]] = {}
        self.following: dict[Conflict, list[str]] = {}
        self._crowded: dict[Conflict, int] = {}  # repaired together with others, and how many cases are left
        self._is_tried_each = outcome.layout is None or self._trials.affords_each(len(outcome.told))
        conflicts = gather(outcome.told)
        self.conflicts = self._causes(conflicts) if repairs else conflicts

    def _causes(self, conflicts: list[Conflict]) -> list[Conflict]:
        """The conflicts but for those that go away when others, told before them, are repaired.

        Each is repaired on its own; where that cannot be, because other faults stand in the way, in the guest in
        which those before it are repaired. Very many are repaired together, and on their own where that fails.
        """
        causes: set[Conflict] = set()
        gone: set[Key] = set()
        # Advice last, so that no error is told as what merely goes away with it.
        ordered = sorted(conflicts, key=lambda one: (one.severity != ERROR, _PLACE.get(one.rule.id, len(_PLACE))))
        mended = self._search if self._is_tried_each else self._crowd(ordered, gone)
        for conflict in ordered:
            if {told.key for told in conflict.told} <= gone:
                continue
            causes.add(conflict)
            if conflict in self.repairs:
                continue
            search = self._scoped(conflict) if self._is_tried_each else mended
            found = search.repairs(_among(search, conflict))
            if not found and mended is not search:
                search, found = mended, mended.repairs(_among(mended, conflict))
            self.repairs[conflict] = found
            if found:
                following = [one for one in search.before.told if one.key not in found[0].outcome.keys]
                self._follow(conflict, following, gone)
                if search.root is self._search.root or search is mended:
                    before, mended = mended.before, self._mended(mended, found[0])
                    self._follow(conflict, [one for one in before.told if one.key not in mended.before.keys], gone)
        told = [conflict for conflict in conflicts if conflict in causes]
        return told + self._hidden(mended, conflicts)

    def _crowd(self, conflicts: list[Conflict], gone: set[Key]) -> Search:
        """The guest with what can be repaired of all conflicts together."""
        crowd = Crowd(self.problem.root, self.outcome, Trials(self.problem, times=2))
        crowd.repair(told for conflict in conflicts for told in conflict.told)
        following, repaired = crowd.following(), dict(crowd.verified())
        for conflict in conflicts:
            own = [repaired[told.key] for told in conflict.told if told.key in repaired]
            if own:
                self.repairs[conflict] = [_as_one(own)]
                self._crowded[conflict] = sum(told.key in crowd.outcome.keys for told in conflict.told)
            self._follow(conflict, [one for told in conflict.told for one in following.get(told.key, ())], gone)
        return Search(crowd.mended, crowd.outcome, self._trials)

    def _hidden(self, mended: Search, conflicts: list[Conflict]) -> list[Conflict]:
        """While indexes are open one conflict is found at a time: the others, each in the guest repaired so far."""
        if self.outcome.layout is not None:
            return []
        known = {told.key for conflict in conflicts for told in conflict.told}
        hidden: list[Conflict] = []
        while len(hidden) < MOST_HIDDEN:
            left = gather(told for told in mended.before.told if told.key not in known and _is_written(told))
            if mended is self._search or not left:
                break
            conflict = left[0]
            known |= {told.key for told in conflict.told}
            hidden.append(conflict)
            found = self.repairs[conflict] = mended.repairs(conflict)
            if found:
                mended = self._mended(mended, found[0])
        return hidden

    def _follow(self, conflict: Conflict, following: list[Told], gone: set[Key]) -> None:
        """Keep what goes away with a conflict."""
        own = {told.key for told in conflict.told}
        gone.update(told.key for told in following)
        names = dict.fromkeys(told.breach.rule.id for told in following if told.key not in own)
        known = self.following.setdefault(conflict, [])
        known += [name for name in names if name != conflict.rule.id and name not in known]

    def _scoped(self, conflict: Conflict) -> Search:
        """The search in the conflict's own domains, or in the whole guest."""
        root = scope(self.problem, conflict)
        outcome = None if root is None else self._trials.outcome(root)
        if root is None or outcome is None or not {told.key for told in conflict.told} <= outcome.keys:
            return self._search
        return Search(root, outcome, self._trials)

    def _mended(self, so_far: Search, repair: Verified) -> Search:
        """The guest with one more repair."""
        root = changed(so_far.root, repair.changes)
        outcome = self._trials.outcome(root)
        return so_far if outcome is None else Search(root, outcome, self._trials)

    def findings(self) -> list[Finding]:
        """The conflicts as values."""
        return [self._finding(conflict) for conflict in self.conflicts]

    def _finding(self, conflict: Conflict) -> Finding:
        if not self._looked:
            value = finding(self.problem, conflict, minimal=False)
            return value._replace(notes=(*value.notes, "neither proved nor repaired here; pcisolve check does both"))
        told = proved(self.problem, conflict, self._proofs)
        value = finding(self.problem, told or conflict, minimal=told is not None)
        belonging = set(value.facts)
        return value._replace(
            rules=(conflict.rule.id, *self.following.get(conflict, ())),
            context=tuple(one for one in finding(self.problem, conflict, minimal=False).facts if one not in belonging),
            repairs=tuple(self._repair(one) for one in self.repairs.get(conflict, ())),
            notes=(*value.notes, *self._cut_short(conflict, proved=told is not None)),
        )

    def _cut_short(self, conflict: Conflict, *, proved: bool) -> Iterator[str]:
        """What was not tried because a limit came first."""
        if self._proofs.is_over and not proved:
            yield "not shown to be minimal: the limit came first"
        if self._trials.is_over and conflict in self.repairs and not self.repairs[conflict]:
            yield "no repair was found before the limit"
        if conflict in self._crowded:
            yield "its repair was tried together with those of the other findings, too many to try each on its own"
        if left := self._crowded.get(conflict):
            yield f"its repair leaves {left} of the {len(conflict.told)} cases as they are"

    def _repair(self, found: Verified) -> Repair:
        changes = tuple(change_at(self.problem.source, self.outcome, change) for change in found.changes)
        words, (safety, moves, removes, *_) = effect(self.outcome, found.outcome, found.changes), found.consequence
        edits = _edits(self.problem.source, found) if self.problem.options.edits else ()
        return Repair(changes, words, found.cost, safety, moves, removes, edits)


def _edits(source: Source, found: Verified) -> tuple[EditAt, ...]:
    """What a repair replaces in the text of a document."""
    if not isinstance(source, Document):
        return ()
    writer = Writer(source)
    for change in found.changes:
        writer.change(change)
    edits = []
    for begin, end, text in sorted(writer.edits(), key=lambda one: (one.begin, one.end)):
        first, last = source.place(begin), source.place(end)
        edits.append(EditAt(source.name, first.line, first.column, last.line, last.column, text))
    return tuple(edits)


def _among(search: Search, conflict: Conflict) -> Conflict:
    """The conflict as the searched guest has it; as it is where that guest has none of it."""
    found = search.before.by_key
    return Conflict(tuple(found[told.key] for told in conflict.told if told.key in found) or conflict.told)


def _as_one(found: list[Verified]) -> Verified:
    """Repairs of alike breaches that were tried together, as one."""
    consequences = [one.consequence for one in found]
    worst = max((one.safety for one in consequences), key=lambda safety: RANK[safety])
    moves = tuple(dict.fromkeys(move for one in consequences for move in one.moves))
    removes = tuple(dict.fromkeys(name for one in consequences for name in one.removes))
    changes = merged(chain.from_iterable(one.changes for one in found))
    return Verified(changes, sum(one.cost for one in found), found[0].outcome, Consequence(worst, moves, removes))


def _is_written(told: Told) -> bool:
    """Whether it is about what the input says, and not about what a repair has added."""
    return all(point.node.number < FIRST_ADDED for point in told.telling.points)

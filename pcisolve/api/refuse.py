"""A guest that is refused: every independent conflict, proved where that is in reach, with repairs."""

from __future__ import annotations

from pcisolve.core.change import changed
from pcisolve.explain.conflicts import Conflict, gather
from pcisolve.explain.findings import finding
from pcisolve.explain.minimal import proved
from pcisolve.explain.trials import Outcome, Trials
from pcisolve.repair.effect import change_at, effect
from pcisolve.repair.search import Search, Verified
from pcisolve.rules import registry
from pcisolve.verdict.values import Finding, Repair

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
        self._search = Search(self.problem.root, outcome, self._trials)
        self.repairs: dict[Conflict, list[Verified]] = {}
        self.following: dict[Conflict, list[str]] = {}
        conflicts = gather(outcome.told)
        self.conflicts = self._causes(conflicts) if repairs else conflicts

    def _causes(self, conflicts: list[Conflict]) -> list[Conflict]:
        """The conflicts but for those that go away when others, told before them, are repaired.

        Each is repaired on its own; where that cannot be, because other faults stand in the way, in the guest in
        which those before it are repaired.
        """
        mended = self._search
        causes = set()
        for conflict in sorted(conflicts, key=lambda one: _PLACE[one.rule.id]):
            keys = {told.key for told in conflict.told}
            left = [told for told in mended.before.told if told.key in keys]
            if not left:
                continue
            causes.add(conflict)
            found = self._search.repairs(conflict)
            if not found and mended is not self._search:
                found = mended.repairs(Conflict(tuple(left)))
            self.repairs[conflict] = found
            if found:
                before, mended = mended.before, self._mended(mended, found[0])
                still = mended.before.keys
                names = dict.fromkeys(one.breach.rule.id for one in before.told if one.key not in still)
                self.following[conflict] = [name for name in names if name != conflict.rule.id]
        return [conflict for conflict in conflicts if conflict in causes]

    def _mended(self, so_far: Search, repair: Verified) -> Search:
        """The guest with one more repair."""
        root = changed(so_far.root, repair.changes)
        outcome = self._trials.outcome(root)
        return so_far if outcome is None else Search(root, outcome, self._trials)

    def findings(self) -> list[Finding]:
        """The conflicts as values."""
        return [self._finding(conflict) for conflict in self.conflicts]

    def _finding(self, conflict: Conflict) -> Finding:
        told = proved(self.problem, conflict, self._proofs)
        value = finding(self.problem, told or conflict, minimal=told is not None)
        belonging = set(value.facts)
        return value._replace(
            rules=(conflict.rule.id, *self.following.get(conflict, ())),
            context=tuple(one for one in finding(self.problem, conflict, minimal=False).facts if one not in belonging),
            repairs=tuple(self._repair(one) for one in self.repairs.get(conflict, ())),
        )

    def _repair(self, found: Verified) -> Repair:
        changes = tuple(change_at(self.problem.source, self.outcome, change) for change in found.changes)
        return Repair(changes, effect(self.outcome, found.outcome, found.changes), found.cost)

"""The counts of a scene: feasible or not, and the best in the order of the plan's preferences."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pcisolve.planning.model.counted import Counted
from pcisolve.planning.model.counts import Counts
from pcisolve.planning.model.fold import Folded, blocks, lump
from pcisolve.planning.model.scene import Scene
from pcisolve.planning.model.strays import has_strays, strays
from pcisolve.planning.model.wishes import Wishes
from pcisolve.solver.levels import Level, Limits, minimize
from pcisolve.solver.proof import Proof, proof
from pcisolve.solver.run import INFEASIBLE, Run, run_in_turn

DOMAINS = "domains"
STRAYS = "strays"  # told to nobody: devices of no NUMA node stay away from roots that have one
_FEASIBLE: Final = 2.0  # deterministic work of each search for any counts at all
_WORK_PER_SECOND: Final = 0.25  # deterministic work of each search: by the limit asked for, not by the clock


class Best(NamedTuple):
    """The best counts; `levels` in the order in which they were minimised."""

    counted: Counted
    levels: tuple[Level, ...]

    @property
    def proven(self) -> bool:
        """Whether every level is proven best."""
        return all(one.value == one.bound for one in self.levels)


class Nothing(NamedTuple):
    """There are no such counts: proved."""


class Undecided(NamedTuple):
    """The time limit came first. Never to be read as Nothing."""


def feasible(scene: Scene, seconds: float) -> bool | None:
    """Whether the scene has counts at all, without any preference; None when the time limit came first."""
    end = time.monotonic() + seconds
    folded = lump(scene)
    if folded is not None:
        if _feasible(folded.scene, seconds) is False:
            return False
        if _feasible(blocks(scene).scene, end - time.monotonic()):
            return True
    return _feasible(scene, end - time.monotonic())


def _feasible(scene: Scene, seconds: float) -> bool | None:
    counts = Counts(scene)
    Wishes(counts)
    return run_in_turn(counts.model, seconds, work=_FEASIBLE).possible


def best(scene: Scene, seconds: float) -> Best | Nothing | Undecided:
    """The counts that are best by fewest open domains, then by the plan's preferences, one after the other."""
    end = time.monotonic() + seconds
    folded = lump(scene)
    found: Best | Nothing | Undecided = Undecided()
    if folded is not None:
        found = _by_few(folded, blocks(scene), seconds)
        if isinstance(found, Nothing) or (isinstance(found, Best) and found.proven):
            return found
    whole = _best(scene, end - time.monotonic())
    return found if isinstance(whole, Undecided) else whole


def _by_few(lump_: Folded, blocks_: Folded, seconds: float) -> Best | Nothing | Undecided:
    """The counts that the blocks have, with the bounds of the lump."""
    end = time.monotonic() + seconds
    low = _best(lump_.scene, seconds)
    if not isinstance(low, Best):
        return low
    found = _best(blocks_.scene, end - time.monotonic(), {one.name: one.bound for one in low.levels})
    if not isinstance(found, Best):
        return Undecided()  # the blocks hold less than the roots that they stand for
    return Best(blocks_.unfolded(found.counted), _bounded(found.levels, low.levels))


def _bounded(found: tuple[Level, ...], low: tuple[Level, ...]) -> tuple[Level, ...]:
    """Levels with bounds from elsewhere, which hold as long as the levels before them are at theirs."""
    levels: list[Level] = []
    for one, other in zip(found, low, strict=True):
        tight = all(level.value == level.bound for level in levels)
        levels.append(one._replace(bound=other.bound if tight and other.value >= 0 else 0))
    return tuple(levels)


def _best(scene: Scene, seconds: float, bounds: Mapping[str, int] | None = None) -> Best | Nothing | Undecided:
    """The best counts of a scene; `bounds`: what the levels are known to be at least."""
    counts = Counts(scene)
    wishes = Wishes(counts)
    first = [DOMAINS] if any(one.optional for one in scene.sites) else []
    names = [*first, *([STRAYS] if has_strays(scene) else []), *scene.plan.prefer]
    work = seconds * _WORK_PER_SECOND / len(names)

    def objective(name: str) -> Any:
        found = _objective(name, counts, wishes)
        if bounds is not None and name in bounds:
            counts.model.add(found >= bounds[name])
        return found

    found = minimize(counts.model, names, objective, Limits(max(seconds, 0), work, in_turn=True))
    if found.status == INFEASIBLE:
        return Nothing()
    if found.run is None:
        return Undecided()
    left = [Level(name, -1, 0) for name in names[len(found.levels) :]]
    told = [one for one in (*found.levels, *left) if one.name != STRAYS]
    return Best(_counted(found.run, counts, wishes), tuple(told))


def nothing_proved(scene: Scene, seconds: float) -> Proof:
    """Check again that a scene has no counts at all."""
    counts = Counts(scene)
    Wishes(counts)
    return proof(counts.model, seconds)


def _objective(name: str, counts: Counts, wishes: Wishes) -> Any:
    if name == STRAYS:
        return strays(counts)
    return wishes.domains if name == DOMAINS else wishes.objective(name)


def _counted(ran: Run, counts: Counts, wishes: Wishes) -> Counted:
    def values(table: dict[Any, Any]) -> dict[Any, int]:
        found = {key: ran.value(one) for key, one in table.items()}
        return {key: value for key, value in found.items() if value}

    return Counted(
        placed=values(counts.placed),
        devices=values(counts.devices),
        added=values(counts.added),
        spare=values(counts.spare),
        used=values(counts.used),
        on_switch=values(wishes.on_switch),
        held=values(wishes.held),
    )

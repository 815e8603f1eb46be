"""The counts of a scene: feasible or not, and the best in the order of the plan's preferences."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from pcisolve.planning.model.counted import Counted
from pcisolve.planning.model.counts import Counts
from pcisolve.planning.model.scene import Scene
from pcisolve.planning.model.strays import has_strays, strays
from pcisolve.planning.model.wishes import Wishes
from pcisolve.solver.run import INFEASIBLE, UNKNOWN, Run, run

DOMAINS = "domains"
STRAYS = "strays"  # told to nobody: devices of no NUMA node stay away from roots that have one


class Level(NamedTuple):
    """One preference: the number found, and the lowest it could be. Equal: proven best."""

    name: str
    value: int
    bound: int


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
    counts = Counts(scene)
    Wishes(counts)
    return run(counts.model, seconds).possible


def best(scene: Scene, seconds: float) -> Best | Nothing | Undecided:
    """The counts that are best by fewest open domains, then by the plan's preferences, one after the other."""
    deadline = time.monotonic() + seconds
    counts = Counts(scene)
    wishes = Wishes(counts)
    first = [DOMAINS] if any(one.optional for one in scene.sites) else []
    names = [*first, *([STRAYS] if has_strays(scene) else []), *scene.plan.prefer]
    levels: list[Level] = []
    found: Counted | None = None
    for number, name in enumerate(names):
        share = (deadline - time.monotonic()) / (len(names) - number)
        objective = _objective(name, counts, wishes)
        counts.model.minimize(objective)
        ran = run(counts.model, max(share, 0.001))
        if ran.status == INFEASIBLE:
            return Nothing()
        if ran.status == UNKNOWN:
            break
        levels.append(Level(name, ran.objective, ran.bound))
        found = _counted(ran, counts, wishes)
        counts.model.add(objective <= ran.objective)
        ran.hint(counts.model)
    if found is None:
        return Undecided()
    left = [Level(name, -1, 0) for name in names[len(levels) :]]
    told = [one for one in (*levels, *left) if one.name != STRAYS]
    return Best(found, tuple(told))


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

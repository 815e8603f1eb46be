"""One question about a plan: can it be had? Asked again and again by the search for domains and by explanations."""

from __future__ import annotations

import time
from collections.abc import Sequence

from pcisolve.core.errors import InputError
from pcisolve.planning.file.entry import Problem
from pcisolve.planning.file.fields import MAX_DOMAINS
from pcisolve.planning.file.values import Plan
from pcisolve.planning.model.build import build_scene
from pcisolve.planning.model.decide import feasible
from pcisolve.planning.model.ground import Ground
from pcisolve.planning.model.scene import Cap, Scene

_PROBE_SECONDS = 5.0  # of one question; an explanation asks dozens of them
_NOTHING_LEFT = 0.001


class Prober:
    """Asks CP-SAT about a plan, about parts of it, and about changed ones, until a deadline."""

    def __init__(self, ground: Ground, seconds: float) -> None:
        self.ground = ground
        self.deadline = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until the deadline, never less than the solver takes for a number."""
        return max(self.deadline - time.monotonic(), _NOTHING_LEFT)

    def possible(self, plan: Plan, caps: Sequence[Cap]) -> bool | None:
        """Whether a plan has a layout, with some of the machine's limits changed; None when time is up.

        None as well for a changed plan that is too large to be asked about.
        """
        if not plan.devices and not plan.spares:
            return True
        if self.left <= _NOTHING_LEFT:
            return None
        problems: list[Problem] = []
        try:
            scene = build_scene(self.ground, plan, 0, problems, caps)
            if not problems and not plan.domains and scene.caps.domains > 1:
                return self.opened(plan, caps)[1]
        except InputError:
            return None
        if problems:
            return False
        return feasible(scene, min(self.left, _PROBE_SECONDS))

    def opened(self, plan: Plan, caps: Sequence[Cap] = ()) -> tuple[Scene, bool | None]:
        """For a plan that declares no domains: a scene with enough of them, and whether it has a layout."""
        extra = 1
        while True:
            scene = build_scene(self.ground, plan, extra, [], caps)
            possible = feasible(scene, min(self.left, _PROBE_SECONDS))
            if possible is not False or extra >= min(scene.caps.domains, MAX_DOMAINS, _most_worth_having(plan)):
                return scene, possible
            extra *= 2


def _most_worth_having(plan: Plan) -> int:
    """A domain that has neither a device nor a spare slot of the guest's can be left out."""
    spares = sum(one.copies for one in plan.spares if one.unit != "domain")
    return max(sum(one.copies for one in plan.devices) + spares, 1)

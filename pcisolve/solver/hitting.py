"""The fewest claims to give up so that the rest can hold: cores found one by one, and CP-SAT to hit them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from pcisolve.placing.model import new_model
from pcisolve.solver.run import OPTIMAL, run

Possible = Callable[[Sequence[int]], bool]


class TimeIsUp(Exception):
    """The time limit came before the fewest were found."""


def fewest(count: int, possible: Possible, seconds: float) -> list[int] | None:
    """Which of `count` claims to give up, ascending; None when not even none of them can hold.

    Every set that is given up has to meet each core, so the smallest set that meets the cores known so far is a lower
    bound; the first one that is possible is proved to be the smallest.

    Args:
        possible: whether the claims with these numbers can hold together; fewer claims are never harder.

    Raises:
        TimeIsUp: the time limit came first.
    """
    return _Search(count, possible, monotonic() + seconds).run()


class _Search:
    def __init__(self, count: int, possible: Possible, end: float) -> None:
        self.count, self.end = count, end
        self._possible = possible
        self.cores: list[list[int]] = []

    def run(self) -> list[int] | None:
        while True:
            given_up = self._hitting_set()
            if self.possible(self._without(given_up)):
                return sorted(given_up)
            if not self._learn(given_up):
                return None

    def possible(self, kept: Sequence[int]) -> bool:
        if monotonic() > self.end:
            raise TimeIsUp
        return self._possible(kept)

    def _without(self, given_up: set[int]) -> list[int]:
        return [one for one in range(self.count) if one not in given_up]

    def _learn(self, given_up: set[int]) -> bool:
        """Cores that have nothing in common, until what is left is possible; False when nothing ever is."""
        if not self.possible([]):
            return False
        given_up = set(given_up)
        while True:
            core = self._core([], False, self._without(given_up))
            self.cores.append(core)
            given_up |= set(core)
            if self.possible(self._without(given_up)):
                return True

    def _core(self, background: list[int], grown: bool, claims: list[int]) -> list[int]:
        """A smallest part of the claims that is impossible with the background, by halves (QuickXplain)."""
        if grown and not self.possible(background):
            return []
        if len(claims) <= 1:
            return claims
        middle = len(claims) // 2
        first, second = claims[:middle], claims[middle:]
        right = self._core(background + first, bool(first), second)
        return self._core(background + right, bool(right), first) + right

    def _hitting_set(self) -> set[int]:
        """The smallest set that meets every core; of several, always the same one."""
        if not self.cores:
            return set()
        model = new_model()
        members = sorted({one for core in self.cores for one in core})
        given_up = {one: model.new_bool_var("") for one in members}
        for core in self.cores:
            model.add_bool_or([given_up[one] for one in core])
        model.minimize(sum(given_up.values()))
        ran = run(model, max(self.end - monotonic(), 0.001))
        if ran.status != OPTIMAL:
            raise TimeIsUp
        return {one for one, literal in given_up.items() if ran.value(literal)}

"""A guest after its repairs, as a value."""

from __future__ import annotations

from typing import Any, NamedTuple

from pcisolve.core.version import JSON_VERSION
from pcisolve.verdict.values import Move, Verdict


class Wanted(NamedTuple):
    """What may be done.

    Attributes:
        pick: which repair of each finding is made in the first round, from 1; the last one where there are fewer.
        unsafe: whether repairs may take something from the user, or move what has nothing to do with the conflict.
        warnings: whether warnings are mended as well as errors.
    """

    pick: int = 1
    unsafe: bool = False
    warnings: bool = False


class Mended(NamedTuple):
    """What was repaired, and what not.

    Attributes:
        data: the bytes after the repairs.
        verdict: on these bytes, read and judged afresh.
        repaired: how many findings were repaired, by the safety of their repairs: SAFE, MOVES, UNSAFE.
        left: how many findings were not.
        held: how many of those have a repair that was not allowed, by its safety.
        moves: the parts with an address in the input that the guest finds elsewhere now.
        removes: the parts and wishes that are lost.
    """

    data: bytes
    verdict: Verdict
    repaired: dict[str, int]
    left: int
    held: dict[str, int]
    moves: tuple[Move, ...] = ()
    removes: tuple[str, ...] = ()

    @property
    def done(self) -> int:
        """How many findings were repaired."""
        return sum(self.repaired.values())

    def to_json(self, name: str, diff: str | None) -> dict[str, Any]:
        """As in `check --fix --format json`, for an input of this name; `diff` is what was not written."""
        shown = {
            "version": JSON_VERSION,
            "input": name,
            "status": self.verdict.status,
            "repaired": dict(self.repaired),
            "left": self.left,
            "held": dict(self.held),
            "moves": [one.to_json() for one in self.moves],
            "removes": list(self.removes),
            "findings": [one.to_json() for one in self.verdict.findings],
        }
        return shown if diff is None else {**shown, "diff": diff}

"""What came out of a batch, in numbers."""

from __future__ import annotations

import heapq
from collections import Counter
from typing import Final

from pcisolve.batch.answer import FAILED, MOVES
from pcisolve.batch.run import Answered
from pcisolve.core.words import printable
from pcisolve.verdict.values import INFEASIBLE, INVALID, SOLVED, UNKNOWN

_STATUSES: Final = (SOLVED, MOVES, INFEASIBLE, UNKNOWN, INVALID, FAILED)
_SLOWEST: Final = 5
_CODES: Final = 20


class Tally:
    """Counts per status and per finding code, and the slowest inputs."""

    def __init__(self) -> None:
        self.statuses: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.recorded = 0
        self._slowest: list[tuple[float, str]] = []

    @property
    def total(self) -> int:
        """How many inputs were answered."""
        return self.statuses.total()

    def add(self, answered: Answered) -> None:
        """Count an input; one with several findings of a code counts once for it."""
        one, answer, known = answered
        self.statuses[answer.status] += 1
        self.codes.update(set(answer.codes))
        self.recorded += known and one.refusal is None
        if not known:
            heapq.heappush(self._slowest, (answer.seconds, one.label))
            if len(self._slowest) > _SLOWEST:
                heapq.heappop(self._slowest)

    def text(self, seconds: float) -> str:
        """The summary, some lines of text.

        Args:
            seconds: how long the batch took.
        """
        rate = self.total / seconds if seconds else 0.0
        lines = [f"{self.total:,} inputs in {seconds:.1f} s, {rate:,.0f} a second"]
        lines += [f"{self.statuses[status]:>9,}  {status}" for status in _STATUSES if self.statuses[status]]
        if self.recorded:
            lines.append(f"{self.recorded:>9,}  of them answered from the ledger")
        if self.codes:
            lines.append("inputs per finding:")
            lines += [f"{number:>9,}  {code}" for code, number in self._most_common()]
            if len(self.codes) > _CODES:
                lines.append(f"           and {len(self.codes) - _CODES} more codes")
        if self._slowest:
            lines.append("slowest:")
            lines += [
                f"{seconds:>9.3f}  s  {printable(label)}" for seconds, label in sorted(self._slowest, reverse=True)
            ]
        return "\n".join(lines) + "\n"

    def _most_common(self) -> list[tuple[str, int]]:
        return sorted(self.codes.items(), key=lambda item: (-item[1], item[0]))[:_CODES]

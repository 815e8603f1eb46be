"""How far a batch is, on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_EVERY: Final = 10.0  # seconds between two lines
_REDRAW: Final = 0.1


class Lines:
    """A line every ten seconds; nothing at all when `quiet`."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._start = self._told = time.monotonic()

    def show(self, done: int) -> None:
        """Tell how many inputs are answered."""
        now = time.monotonic()
        if now - self._told >= _EVERY and not self._quiet:
            self._told = now
            rate = done / (now - self._start)
            print(f"pcisolve: {done:,} inputs answered, {rate:,.0f} a second", file=sys.stderr, flush=True)

    def close(self) -> None:
        """Nothing is left open."""


class Bar:
    """A bar that goes away when the batch is done."""

    def __init__(self, total: int | None) -> None:
        """
        Args:
            total: how many inputs there are; None when nobody knows.
        """
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("pcisolve"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar: Progress = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
        self._task: TaskID = self._bar.add_task("", total=total)
        self._drawn = 0.0
        self._bar.start()

    def show(self, done: int) -> None:
        """Draw how many inputs are answered."""
        now = time.monotonic()
        if now - self._drawn >= _REDRAW:
            self._drawn = now
            self._bar.update(self._task, completed=done, refresh=True)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.stop()

"""What Ctrl-C leaves, and how to go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import click

_KEY: Final = "pcisolve.kept"
_NOTHING: Final = "no file was changed"


def on_interrupt(said: Callable[[], str]) -> None:
    """From here on `said` is asked what is kept and how to go on, should the command be interrupted."""
    click.get_current_context().meta[_KEY] = said


def kept(context: click.Context) -> str:
    """What the command that ran has left."""
    said = context.meta.get(_KEY)
    return said() if said is not None else _NOTHING


def of_batch(total: int, output: str | None, write: str | None, ledger: str | None) -> str:
    """What a batch that has given `total` answers leaves."""
    if ledger is not None:
        return f"{total:,} answers are in {ledger} or were before; the same command goes on from there"
    lines = f"{total:,} lines are on standard output" if output in (None, "-") else f"{output} is as it was"
    files = f"; what was solved is in {write}" if write is not None else ""
    return f"{lines}{files}; with --ledger FILE the same command would go on where it stopped"

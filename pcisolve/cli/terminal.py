"""What the terminal is like: whether colors are wanted, and how wide it is."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable

from pcisolve.render.branches import View
from pcisolve.render.paint import Paint, coloured, plain


def is_coloured(*, err: bool = False) -> bool:
    """Whether colors are wanted on stdout or stderr.

    NO_COLOR says no before anything else (https://no-color.org), then TERM=dumb; FORCE_COLOR says yes also where there
    is no terminal (https://force-color.org).
    """
    stream = sys.stderr if err else sys.stdout
    if stream is None or os.environ.get("NO_COLOR") or os.environ.get("TERM") in ("dumb", "unknown"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def paint_of(*, err: bool = False) -> Paint:
    """How text for stdout or stderr is painted."""
    return coloured if is_coloured(err=err) else plain


def view_of(*, everything: bool = False, depth: int | None = None, domains: Iterable[range] = ()) -> View:
    """How a tree is drawn on stdout: wrapped on a terminal only, so that a program reads a part from each line."""
    width = shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None
    return View(not everything, depth, width, paint_of(), tuple(domains))

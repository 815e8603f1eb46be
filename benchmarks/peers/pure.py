"""What compiling brings: the same guests by the modules as they are, and by those that were compiled."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.peers.beside import Loop, Row, loop
from benchmarks.peers.guests import written
from pcisolve.core import node

_ROOT = Path(__file__).resolve().parents[2]


def ratio(texts: list[bytes], rounds: int = 5) -> float | None:
    """CPU time not compiled, to that compiled; None where nothing is compiled."""
    if not node.__file__.endswith(".so"):
        return None
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pcisolve-bench-"))
        for name in ("pcisolve", "models", "benchmarks"):
            shutil.copytree(_ROOT / name, f"{folder}/{name}", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        file = written(texts, Path(folder, "guests"))
        words = [sys.executable, "-m", "benchmarks.peers.our_loop", "guest", str(file)]
        sides = [stack.enter_context(loop(words, cwd=folder)), stack.enter_context(loop(words, cwd=str(_ROOT)))]
        loops = [one for one in sides if one is not None]
        for one in loops:
            one.round(range(min(50, len(texts))))
        spent = [[_seconds(one, texts) for one in loops] for _ in range(rounds)]
        pure, compiled = (statistics.median(one[side] for one in spent) for side in (0, 1))
        return pure / compiled


def _seconds(one: Loop, texts: list[bytes]) -> float:
    rows: list[Row] = one.round(range(len(texts)))
    return sum(row[1] for row in rows)

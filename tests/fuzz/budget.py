"""How many cases a fuzz target tries, and from which seed on: few and always the same, or as `make fuzz` asks."""

from __future__ import annotations

import os

FIRST = int(os.environ.get("FUZZ_SEED", "0"))
TIMES = int(os.environ.get("FUZZ_TIMES", "1"))


def seeds(cases: int) -> range:
    """The seeds of a target that tries so many cases as a rule."""
    return range(FIRST, FIRST + cases * TIMES)

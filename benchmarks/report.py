"""Writes benchmarks/README.md and its plots: everything is measured anew, which takes five to ten minutes.

python -m benchmarks.report [--small] [FOLDER]      --small: everything, on very little, to see that it runs
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, TypeVar

from benchmarks import decided, page, plans
from benchmarks.peers import beside, commands, guests, memory, pure, race

T = TypeVar("T")


class Scale(NamedTuple):
    """How much is measured."""

    rounds: int = 5
    random: int = 1000
    large: int = 10
    starts: int = 9
    files: int = 1200
    hits: int = 20_000
    sizes: tuple[tuple[int, int], ...] = race.SIZES
    too_many: tuple[int, ...] = race.TOO_MUCH
    plans: tuple[tuple[int, int], ...] = plans.SIZES
    memory: int = memory.FILES
    compiled: int = 300
    decided: int = 100
    sides: tuple[str, ...] = beside.SIDES
    in_pairs: bool = True


SMALL = Scale(
    rounds=1,
    random=12,
    large=1,
    starts=1,
    files=20,
    hits=200,
    sizes=((8, 2),),
    too_many=(2,),
    plans=((200, 4),),
    memory=200,
    compiled=5,
    decided=3,
    sides=(beside.OURS, beside.MEMORY, beside.NO_CHECKS),
    in_pairs=False,
)


def measured(scale: Scale) -> page.Measured:
    """Everything that the page says."""
    compared = []
    kinds = {"random guests": guests.corpus(most=scale.random), "200 devices": guests.large(scale.large)}
    for what, texts in kinds.items():
        compared.append(_told(what, partial(_beside, scale, what, texts)))
    return page.Measured(
        compared,
        _told("starts", lambda: commands.starts(scale.starts)),
        _told("fleets", lambda: commands.fleets(scale.files, scale.hits, min(3, scale.rounds))),
        _told("race", lambda: race.race(scale.sizes, scale.too_many)),
        _told("plans", lambda: [plans.timed(*size) for size in scale.plans]),
        _told("memory", lambda: memory.samples(scale.memory)),
        _told("compiled", lambda: pure.ratio(commands.accepted(scale.compiled), scale.rounds)),
        _told("who decides", lambda: decided.table(decided.rows(scale.decided))),
        scale.memory,
    )


def _beside(scale: Scale, what: str, texts: list[bytes]) -> beside.Comparison:
    return beside.compare(what, texts, scale.rounds, scale.sides, in_pairs=scale.in_pairs)


def _told(what: str, measure: Callable[[], T]) -> T:
    start = time.monotonic()
    print(f"{what} ...", end=" ", file=sys.stderr, flush=True)
    found = measure()
    print(f"{time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Measure, draw, write."""
    words = [one for one in sys.argv[1:] if one != "--small"]
    folder = Path(words[0] if words else Path(__file__).parent)
    found = measured(SMALL if "--small" in sys.argv[1:] else Scale())
    if find_spec("matplotlib") is not None:
        from benchmarks.peers import plots

        plots.beside(found.compared, folder / "throughput.svg")
        plots.growth(found.rows, folder / "growth.svg")
        plots.memory(found.samples, folder / "memory.svg")
    (folder / "README.md").write_text(page.text(found))


if __name__ == "__main__":
    main()

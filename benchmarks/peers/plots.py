"""The plots of benchmarks/README.md."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from benchmarks.peers.memory import Sample
from benchmarks.peers.race import PEERS, SECONDS, Run
from benchmarks.peers.throughput import Compared


def _figure(title: str, across: str, up: str) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "pcisolve"  # the same picture, the same bytes
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4))
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return figure, axes


def _save(figure: Any, file: Path) -> None:
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def growth(rows: list[Run], file: Path) -> None:
    """Seconds to the optimum against devices, a line for each peer."""
    figure, axes = _figure(
        f"Time to a proved optimum (given up after {SECONDS:.0f} s)", "devices", "seconds (logarithmic)"
    )
    for peer, (name, _) in PEERS.items():
        here = [one for one in rows if one.peer == peer and one.status == "optimal" and one.seconds]
        if here:
            axes.plot([one.devices for one in here], [one.seconds for one in here], marker="o", label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend()
    _save(figure, file)


def throughput(compared: list[Compared], file: Path) -> None:
    """Guests a second on one core, bars side by side."""
    figure, axes = _figure("Guests a second on one core", "", "guests a second (logarithmic)")
    names = [one.name for one in compared[0].sides]
    for place, name in enumerate(names):
        rates = [1000 / next(side.per_guest for side in one.sides if side.name == name) for one in compared]
        axes.bar([at + place * 0.25 for at in range(len(compared))], rates, width=0.25, label=name)
    axes.set_yscale("log")
    axes.set_xticks([at + 0.25 for at in range(len(compared))], [one.what for one in compared])
    axes.legend()
    _save(figure, file)


def memory(samples: list[Sample], file: Path) -> None:
    """Resident memory over the answers."""
    figure, axes = _figure("Resident memory of a batch, all its processes", "files answered", "MiB")
    axes.plot([one.answers for one in samples], [one.megabytes for one in samples])
    axes.set_ylim(0, 2 ** math.ceil(math.log2(max(one.megabytes for one in samples))))
    _save(figure, file)

"""The plots of benchmarks/README.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.peers.beside import BOTH_ACCEPT, BOTH_REFUSE, Comparison
from benchmarks.peers.memory import Sample
from benchmarks.peers.race import PEERS, SECONDS, Run


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
    """CPU time to the optimum against devices, a line for each peer."""
    figure, axes = _figure(
        f"CPU time to a proved optimum (given up after {SECONDS:.0f} s)",
        "devices (logarithmic)",
        "seconds (logarithmic)",
    )
    for peer, (name, _) in PEERS.items():
        here = [one for one in rows if one.peer == peer and one.status == "optimal" and one.cpu]
        if here:
            axes.plot([one.devices for one in here], [one.cpu for one in here], marker="o", label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
    _save(figure, file)


def beside(compared: list[Comparison], file: Path) -> None:
    """CPU time of a guest, shorter is better: a panel with an axis from 0 for each kind of guests."""
    figure, _ = _figure("", "", "")
    figure.clear()
    panels = [(one, group) for one in compared for group in (BOTH_ACCEPT, BOTH_REFUSE) if one.counts.get(group)]
    for place, (one, group) in enumerate(panels, start=1):
        axes = figure.add_subplot(1, len(panels), place)
        sides = [side for side in one.sides if (side, group) in one.spent]
        for at, side in enumerate(sides):
            axes.bar([at], [one.spent[side, group].cpu], label=side)
        axes.set_ylim(0)
        axes.set_xticks([])
        axes.set_title(f"{one.what},\n{group}", fontsize=9)
        if place == 1:
            axes.set_ylabel("milliseconds of CPU a guest\n(each panel has its own axis)")
            handles = axes.get_legend_handles_labels()
    figure.legend(*handles, loc="lower center", ncol=2, fontsize=8)
    figure.tight_layout(rect=(0, 0.2, 1, 1))
    figure.savefig(file, metadata={"Date": None})


def memory(samples: list[Sample], file: Path) -> None:
    """Resident memory over the answers."""
    figure, axes = _figure("Resident memory of a batch, all its processes", "files answered", "MiB")
    axes.plot([one.answers for one in samples], [one.megabytes for one in samples])
    axes.set_ylim(0)
    axes.set_xlim(0)
    _save(figure, file)

"""Writes benchmarks/README.md and its plots: everything is measured anew, which takes about ten minutes.

python -m benchmarks.report [FOLDER]
"""

from __future__ import annotations

import platform
import statistics
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import decided
from benchmarks.peers import guests, memory, plots, race, throughput
from benchmarks.peers.memory import Sample
from benchmarks.peers.race import INFEASIBLE, OPTIMAL, PEERS, SECONDS, Run
from pcisolve.core import node

FLEET = 20_000
_PACKAGES = ("ortools", "python-constraint2", "z3-solver", "clingo")


_BESIDE_LIBVIRT = """\
## Beside libvirt

The same domain XMLs, in turn, round by round: pcisolve solves, checks every rule and writes JSON and XML; libvirt
defines, dumps and undefines through an embedded connection. Medians, in milliseconds a guest, on one core, nothing
remembered from guest to guest. What libvirt refuses costs it little, because it stops at the first fault; pcisolve
names all faults (without --repairs, so without proofs).
"""
_BESIDE_SOLVERS = f"""\
## Beside other solvers

One planning problem (`benchmarks/peers/instance.py`): disks, cards with a NIC each in the same PCI domain, a limit of
disks to a domain, a console at its address; the fullest domain is to have as few devices as possible. Plain OR-Tools
has one boolean for each device and address; the others choose domains only, under a bound that rises from the lowest
possible, and slots are handed out afterwards. pcisolve reads a plan file and writes a complete guest that has passed
every rule. Seconds to a proved optimum, on one core; -: not within {SECONDS:.0f} s. One judge judges every answer.
"""
_TOO_MUCH = """\
One device more than there are slots. Seconds to the proof that it cannot be; pcisolve's include the explanation.
"""
_DECIDED = """\
## Who decides

`python -m benchmarks.decided`: which answers are libvirt's own search and which are CP-SAT's, how many refusals are
CP-SAT's proofs (the others are a rule's alone), how often it ran, and how often with nothing to decide.
"""
_MEMORY = """\
## Memory

`pcisolve batch --workers 2 --no-shapes` on {files:,} files, one of them of {large} MiB, in the middle. All processes
together: {early:.0f} MiB after a tenth, {late:.0f} MiB in the last tenth, {most:.0f} MiB at most. It is flat before
the large one and after it; what that one took, Python keeps for later use.
"""


class Measured:
    """Everything that the page says."""

    def __init__(self) -> None:
        texts = guests.corpus()
        random, self.libvirt = throughput.per_core("random guests", texts)
        large, _ = throughput.per_core("200 devices", guests.large())
        self.compared = [random, large]
        self.two_workers = throughput.batch_rate(texts * 3, shapes=False)
        self.fleet = throughput.batch_rate(guests.fleet(FLEET), shapes=True)
        self.rows = race.race()
        self.samples = memory.samples()
        self.decided = decided.table(decided.rows())


def page(found: Measured) -> str:
    """The whole text."""
    return "\n".join(
        [
            *_head(found),
            *_ratios(found),
            *_throughput(found),
            *_race(found.rows),
            *_memory(found.samples),
            _DECIDED,
            found.decided,
        ]
    )


def _head(found: Measured) -> Iterator[str]:
    yield "# Benchmarks"
    yield ""
    yield "Written by `make bench`; ratios first, since machines differ. This one:"
    yield f"{_processor()}, {platform.system()}, Python {platform.python_version()},"
    yield ", ".join([*_versions(), f"libvirt {found.libvirt or 'not installed'}"])
    yield f"and pcisolve {'compiled' if node.__file__.endswith('.so') else 'not compiled'}."
    yield ""


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.machine()


def _versions() -> Iterator[str]:
    for name in _PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name} not installed"


def _ratios(found: Measured) -> Iterator[str]:
    yield "| compared | ratio |"
    yield "|---|---|"
    for one in found.compared:
        for side in one.sides[:2]:
            if (ratio := one.ratio(side.name)) is not None:
                yield f"| {one.what}: `{side.name}` on one core, guests a second, to libvirt's | {ratio:.2f} |"
    libvirt = [side for side in found.compared[0].sides if side.name == "libvirt"]
    if libvirt:
        ratio = found.two_workers[1] * libvirt[0].per_guest / 1000
        yield f"| random guests: `pcisolve batch --no-shapes --workers 2` to libvirt's one thread | {ratio:.2f} |"
    for peer, (name, _) in PEERS.items():
        if peer != "our_plan" and (ratio := _slower(found.rows, peer)):
            yield f"| plans: {name}'s time to pcisolve's, at the largest that {name} solved | {ratio} |"
    yield ""


def _slower(rows: list[Run], peer: str) -> str:
    ours = {(one.devices, one.domains): one for one in rows if one.peer == "our_plan"}
    solved = [one for one in rows if one.peer == peer and one.status == OPTIMAL and one.seconds]
    last = solved[-1] if solved else None
    own = ours.get((last.devices, last.domains)) if last else None
    if last is None or last.seconds is None or own is None or own.seconds is None:
        return ""
    ratio = last.seconds / own.seconds
    return f"{ratio:,.{0 if ratio >= 10 else 2}f} ({last.devices} devices, {last.domains} domains)"


def _throughput(found: Measured) -> Iterator[str]:
    yield _BESIDE_LIBVIRT
    yield "| guests | who | all | accepted | refused |"
    yield "|---|---|---|---|---|"
    for one in found.compared:
        for side in one.sides:
            refused = f"{side.refused:.2f}" if side.refused else ""
            yield f"| {one.what} | {side.name} | {side.per_guest:.2f} | {side.accepted:.2f} | {refused} |"
    yield ""
    yield "![guests a second](throughput.svg)"
    yield ""
    count, rate = found.two_workers
    yield f"`pcisolve batch --workers 2 --no-shapes`, start to end: {count:,} random guests, {rate:,.0f} a second."
    count, rate = found.fleet
    yield f"A fleet of {count:,} guests of 40 shapes, with shapes: {rate:,.0f} a second."
    yield ""


def _race(rows: list[Run]) -> Iterator[str]:
    yield _BESIDE_SOLVERS
    yield from _table(rows, OPTIMAL)
    yield ""
    yield "![growth](growth.svg)"
    yield ""
    yield _TOO_MUCH
    yield from _table(rows, INFEASIBLE)
    yield ""


def _table(rows: list[Run], status: str) -> Iterator[str]:
    sizes = sorted({(one.devices, one.domains) for one in rows if one.status == status})
    yield "| devices x domains | " + " | ".join(name for name, _ in PEERS.values()) + " |"
    yield "|---" * (len(PEERS) + 1) + "|"
    spent = {(one.peer, one.devices, one.domains): one.seconds for one in rows}
    for devices, domains in sizes:
        cells = (spent.get((peer, devices, domains)) for peer in PEERS)
        words = ("-" if one is None else f"{one:.3f}" for one in cells)
        yield f"| {devices} x {domains} | " + " | ".join(words) + " |"


def _memory(samples: list[Sample]) -> Iterator[str]:
    def median(low: float, high: float) -> float:
        here = [one.megabytes for one in samples if low * memory.FILES <= one.answers < high * memory.FILES]
        return statistics.median(here) if here else 0.0

    early, late = median(0.1, 0.2), median(0.9, 1.0)
    most = max(one.megabytes for one in samples)
    yield _MEMORY.format(files=memory.FILES, large=memory.LARGE >> 20, early=early, late=late, most=most)
    yield "![memory](memory.svg)"
    yield ""


def main() -> None:
    """Measure, draw, write."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    found = Measured()
    plots.throughput(found.compared, folder / "throughput.svg")
    plots.growth(found.rows, folder / "growth.svg")
    plots.memory(found.samples, folder / "memory.svg")
    (folder / "README.md").write_text(page(found))


if __name__ == "__main__":
    main()

"""What benchmarks/README.md says of what was measured."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from benchmarks import before
from benchmarks.peers import beside
from benchmarks.peers.beside import Comparison
from benchmarks.peers.commands import Cost, Fleet
from benchmarks.peers.memory import LARGE, Sample
from benchmarks.peers.race import INFEASIBLE, OPTIMAL, PEERS, SECONDS, Run, is_here
from benchmarks.plans import Timed
from pcisolve.core import node

_PACKAGES = ("ortools", "python-constraint2", "z3-solver", "clingo")

_HEAD = """\
Written by `make bench`. Ratios are of CPU time, since the clock also counts what else a machine does; more than 1
means that pcisolve is faster, where nothing else is said. Beside them is what was measured on 2026-11-25, where it was;
that was another processor (AMD EPYC), so that the two columns do not differ by the program alone. Not compiled and on
one processor, a random guest takes a third more time than with the pcisolve of that week, which judged less.
The clock's figures are of a machine that did other work meanwhile: compare those of the CPU.
"""
_BESIDE = """\
## Beside libvirt

The same domain XMLs on both sides, round by round in turn, one process each, nothing remembered from guest to guest.
Medians, in milliseconds a guest; CPU first, then the clock.

What is compared is not the same work:

- libvirt defines, dumps and undefines. It builds the whole domain (CPU, security, disks, SCSI, ...), validates all of
  it, saves it as a file and deletes that again. It stops at the first thing that is wrong.
- pcisolve reads, places and checks PCI only, and names all that is wrong. It also judges what QEMU and the guest's
  firmware will make of it (`--stage libvirt` leaves that out), and writes JSON beside the XML.
- At every define libvirt looks at its host again: it reads /proc/cpuinfo, which is longer the more CPUs a host has
  (this one: {cpus}), searches $PATH, and validates what it knows of the emulator. `libvirt` is with all that, as a user
  meets it, its state in memory; `libvirt without its host checks` has each of these answers once, by a preloaded
  library (`peers/host_checks.c`). Verdicts are the same, which is checked.

Guests are apart by what becomes of them: `accepted by both`, `refused by both`, `libvirt alone` (it accepts, pcisolve
refuses, mostly because QEMU or the guest could not use it), `we alone` (libvirt refuses and pcisolve finds another
layout, or what libvirt refuses is not about PCI). `searched`: pcisolve looks for another layout with CP-SAT, and takes
more than 0.1 s (here it is stopped after a second); these are in no ratio. `all` is a mean, in which the few
guests that take CP-SAT less than that weigh much.
"""
_COMMANDS = """\
## Whole commands

Start and end included, all their processes, on small inputs; milliseconds, medians.
"""
_FLEETS = """\
## Fleets

Milliseconds a guest, start and end of the batch included; all its processes. The guests are random ones that are solved
without CP-SAT: in fresh files, with `--write`, or as JSON Lines. Shapes hit where guests differ in names, addresses of
NICs and paths only: then the text is filled in, nothing is solved; libvirt has nothing like it. They miss where no two
guests are alike.
"""
_RACE = f"""\
## Beside other solvers

One planning problem (`peers/instance.py`): disks, cards with a NIC each in the same PCI domain, a limit of disks to a
domain, a console at its address; the fullest domain is to have as few devices as possible. Each peer has the best
encoding that we know: it chooses how many disks and pairs each domain has, as alike devices need no names; devices and
slots are handed out afterwards. `a boolean a place` is what comes to mind first, and shows what that costs. A peer gets
the problem as numbers and gives numbers. pcisolve reads a plan file, writes a complete guest and checks every rule.

Seconds of CPU to a proved optimum; -: not within {SECONDS:.0f} s. Every answer and every refusal is judged: a layout
by pcisolve's check, that it is the best and that there is none by a table of sums.
"""
_TOO_MUCH = """\
One device more than there are slots: seconds of CPU to the proof that it cannot be. pcisolve's include the explanation,
which names a minimal set of wishes and the numbers that would do.
"""
_PLANS = """\
## Plans

Disks, NICs and GPUs in pairs, spares (`plans.py`): seconds of CPU from YAML to checked XML, in one process after the
other; before: the same on 2026-11-25.
"""
_DECIDED = """\
## Who decides

`python -m benchmarks.decided`: which answers are libvirt's own search and which are CP-SAT's, how many refusals are
CP-SAT's proofs (the others are a rule's alone), how often it ran, and how often with nothing to decide.
"""
_MEMORY = """\
## Memory

`pcisolve batch --workers 2 --no-shapes` on {files:,} guests, one of them of {large} MiB, in the middle. Resident memory
of all processes (pages that they share count once for each): {early:.0f} MiB after a tenth, {late:.0f} MiB in the last
tenth, {most:.0f} MiB at most. What the large one took, Python keeps for later use.
"""


class Measured(NamedTuple):
    """Everything that the page says."""

    compared: list[Comparison]
    starts: dict[str, Cost]
    fleets: dict[str, Fleet]
    rows: list[Run]
    plans: list[Timed]
    samples: list[Sample]
    compiled: float | None
    decided: str
    files: int


def text(found: Measured) -> str:
    """The whole page."""
    parts = (_head, _ratios, _libvirt, _starts, _fleets, _race, _plans, _memory)
    lines = [line for part in parts for line in part(found)]
    return "\n".join([*lines, _DECIDED, found.decided])


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _head(found: Measured) -> Iterator[str]:
    yield "# Benchmarks"
    yield ""
    yield _HEAD
    names = ", ".join([*_versions(), f"libvirt {found.compared[0].libvirt or 'not installed'}"])
    yield f"This machine: {_processor()}, {platform.system()}, Python {platform.python_version()},"
    yield f"{names}, pcisolve {'compiled' if node.__file__.endswith('.so') else 'not compiled'}."
    missing = [name for name, needs in PEERS.values() if not is_here(needs)]
    if beside.NO_CHECKS not in found.compared[0].sides:
        missing.append(beside.NO_CHECKS)
    if missing:
        yield f"Not here, and so not measured: {', '.join(missing)}."
    yield ""


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{os.cpu_count()} CPUs ({names[0] if names else platform.machine()})"


def _versions() -> Iterator[str]:
    for name in _PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            yield f"{name} not installed"


def _ratios(found: Measured) -> Iterator[str]:
    rows = [*_libvirt_ratios(found), *_command_ratios(found), *_count_ratios(found)]
    if found.compiled is not None:
        rows.append(("random guests: pcisolve not compiled, to compiled", "", f"{found.compiled:.2f}"))
    yield from _table(("compared, CPU time", "2026-11-25", "now"), rows)


def _libvirt_ratios(found: Measured) -> Iterator[tuple[str, str, str]]:
    for one in found.compared:
        for theirs in (beside.MEMORY, beside.DISK, beside.NO_CHECKS):
            for ours in (beside.OURS, beside.OURS_LIBVIRT):
                for group in ("all", beside.BOTH_ACCEPT, beside.BOTH_REFUSE):
                    ratio = one.ratio(ours, theirs, group)
                    if ratio is not None:
                        old = before.LIBVIRT.get((one.what, ours, theirs, group))
                        yield f"{one.what}, {group}: {theirs} to `{ours}`", _or_not(old), f"{ratio:.2f}"


def _command_ratios(found: Measured) -> Iterator[tuple[str, str, str]]:
    for (one, other), old in before.COMMANDS.items():
        now = found.starts[one].cpu / found.starts[other].cpu
        yield f"`{one}` to {other} (less is better)", f"{old:g}", f"{now:.1f}"
    for (one, other), old in before.FLEETS.items():
        now = found.fleets[one].each.cpu / found.fleets[other].each.cpu
        yield f"{one} to {other} (less is better)", f"{old:g}", f"{now:.2f}"


def _count_ratios(found: Measured) -> Iterator[tuple[str, str, str]]:
    spent = {(one.peer, one.devices, one.domains): one.cpu for one in found.rows if one.status == OPTIMAL}
    for (devices, domains), old in before.COUNTS.items():
        theirs, ours = spent.get(("ortools_counts", devices, domains)), spent.get(("our_plan", devices, domains))
        if theirs and ours:
            yield f"a plan, {devices} x {domains}: OR-Tools, counts, to pcisolve", f"{old:g}", f"{theirs / ours:.2f}"


def _or_not(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _libvirt(found: Measured) -> Iterator[str]:
    yield _BESIDE.format(cpus=os.cpu_count())
    for one in found.compared:
        yield f"{one.what.capitalize()}, {sum(one.counts.values()):,} of them:"
        yield ""
        groups = [group for group in ("all", *sorted(one.counts)) if any(key[1] == group for key in one.spent)]
        heads = [
            f"{group} ({one.counts.get(group, sum(one.counts.values()) - one.counts.get(beside.SEARCHED, 0))})"
            for group in groups
        ]
        yield from _table(("side", *heads), ((side, *_cells(one, side, groups)) for side in one.sides))
    yield "![CPU time of a guest](throughput.svg)"
    yield ""
    if not any(one.pairs for one in found.compared):
        return
    yield "On two processes each, started before: seconds of the clock for all guests but those that are searched."
    yield ""
    sides = list(found.compared[0].pairs)
    rows = ((one.what, *(f"{one.pairs[side]:.2f}" for side in sides)) for one in found.compared)
    yield from _table(("guests", *sides), rows)


def _cells(one: Comparison, side: str, groups: list[str]) -> Iterator[str]:
    for group in groups:
        spent = one.spent.get((side, group))
        yield "" if spent is None else f"{spent.cpu:.2f}, {spent.wall:.2f}"


def _starts(found: Measured) -> Iterator[str]:
    yield _COMMANDS
    rows = ((name, f"{one.cpu:.0f}", f"{one.wall:.0f}") for name, one in found.starts.items())
    yield from _table(("command", "CPU", "clock"), rows)


def _fleets(found: Measured) -> Iterator[str]:
    yield _FLEETS
    rows = (
        (name, f"{one.guests:,}", f"{one.each.cpu:.3f}", f"{one.each.wall:.3f}") for name, one in found.fleets.items()
    )
    yield from _table(("how", "guests", "CPU", "clock"), rows)


def _race(found: Measured) -> Iterator[str]:
    yield _RACE
    yield from _solvers(found.rows, OPTIMAL)
    yield "![growth](growth.svg)"
    yield ""
    yield _TOO_MUCH
    yield from _solvers(found.rows, INFEASIBLE)


def _solvers(rows: list[Run], status: str) -> Iterator[str]:
    peers = {peer: name for peer, (name, needs) in PEERS.items() if is_here(needs)}
    sizes = sorted({(one.devices, one.domains) for one in rows if one.status == status})
    spent = {(one.peer, one.devices, one.domains): one.cpu for one in rows}
    lines = []
    for devices, domains in sizes:
        cells = (spent.get((peer, devices, domains)) for peer in peers)
        lines.append((f"{devices} x {domains}", *("-" if one is None else f"{one:.4f}" for one in cells)))
    yield from _table(("devices x domains", *peers.values()), lines)


def _plans(found: Measured) -> Iterator[str]:
    yield _PLANS
    rows = []
    for one in found.plans:
        old = before.PLANS.get((one.devices, one.domains))
        said = "" if (one.devices, one.domains) not in before.PLANS else "not proved" if old is None else f"{old:g}"
        rows.append(
            (f"{one.devices:,} x {one.domains}", said, f"{one.cpu:.2f}" + ("" if one.proven else ", not proved"))
        )
    yield from _table(("devices x domains", "before", "now"), rows)


def _memory(found: Measured) -> Iterator[str]:
    def median(low: float, high: float) -> float:
        here = [one.megabytes for one in found.samples if low * found.files <= one.answers < high * found.files]
        return statistics.median(here) if here else 0.0

    early, late = median(0.1, 0.2), median(0.9, 1.0)
    most = max(one.megabytes for one in found.samples)
    yield _MEMORY.format(files=found.files, large=LARGE >> 20, early=early, late=late, most=most)
    yield "![memory](memory.svg)"
    yield ""

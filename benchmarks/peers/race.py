"""The same plans for every solver: how long each takes to a proved optimum, or to a proof that there is none.

Each runs in a process of its own, on one core, and is killed when its time is over. Every answer and every refusal is
judged (judge.py); one that is wrong ends the race.

python -m benchmarks.peers.race                 the table
python -m benchmarks.peers.race z3_smt 100 4    one of them, as JSON
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from benchmarks.peers.instance import INFEASIBLE, OPTIMAL, UNKNOWN, Answer, Instance, instance, too_much
from benchmarks.peers.judge import wrong

SECONDS = 10.0
PEERS = {  # module: what it is called, and the module or program it needs
    "our_plan": ("pcisolve", "pcisolve"),
    "ortools_counts": ("OR-Tools, counts", "ortools"),
    "clingo_asp": ("clingo", "clingo"),
    "z3_smt": ("z3", "z3"),
    "python_constraint": ("python-constraint2", "constraint"),
    "minizinc_model": ("MiniZinc", "minizinc"),
    "ortools_plain": ("OR-Tools, a boolean a place", "ortools"),
}
SIZES = ((8, 2), (20, 2), (40, 4), (100, 4), (200, 8), (400, 16), (900, 30))
TOO_MUCH = (2, 4, 8, 16, 30)  # domains, with one device more than they have slots
_AGAIN = 0.5  # seconds: what takes less is run once more, and the quicker run counts
_TIMES = 5


class Run(NamedTuple):
    """One peer on one instance: seconds of CPU and of the clock, both None when its time was over."""

    peer: str
    devices: int
    domains: int
    status: str
    fullest: int
    cpu: float | None
    wall: float | None


def is_here(needs: str) -> bool:
    """Whether a peer can run."""
    return find_spec(needs) is not None or shutil.which(needs) is not None


def timed(peer: str, one: Instance) -> tuple[Answer, float, float]:
    """In this process, after a small one that loads what it needs: the answer, CPU with that of programs, wall."""
    solve: Any = import_module(f"benchmarks.peers.{peer}").solve
    solve(instance(8, 2), SECONDS)
    runs: list[tuple[Answer, float, float]] = []
    while len(runs) < _TIMES and sum(run[2] for run in runs) < _AGAIN:
        cpu, wall = _cpu(), time.perf_counter()
        answer: Answer = solve(one, SECONDS)
        runs.append((answer, _cpu() - cpu, time.perf_counter() - wall))
    return min(runs, key=lambda run: run[1])


def _cpu() -> float:
    programs = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + programs.ru_utime + programs.ru_stime


def run(peer: str, devices: int, domains: int) -> Run:
    """In a process of its own.

    Raises:
        RuntimeError: the peer ended with an error, or with an answer or a refusal that is wrong.
    """
    words = [sys.executable, "-m", "benchmarks.peers.race", peer, str(devices), str(domains)]
    try:
        ended = subprocess.run(words, capture_output=True, text=True, timeout=2 * SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Run(peer, devices, domains, UNKNOWN, 0, None, None)
    if ended.returncode:
        raise RuntimeError(f"{peer}, {devices} x {domains}: {ended.stderr[-500:]}")
    found = json.loads(ended.stdout)
    over = found["status"] == UNKNOWN or found["wall"] > SECONDS
    spent = (None, None) if over else (found["cpu"], found["wall"])
    return Run(peer, devices, domains, found["status"], found["fullest"], *spent)


def race(sizes: Sequence[tuple[int, int]] = SIZES, too_many: Sequence[int] = TOO_MUCH) -> list[Run]:
    """All peers that are here, from small to large, each until it gives up; then what cannot be had."""
    rows: list[Run] = []
    impossible = [(len(too_much(one).devices), one) for one in too_many]
    for peer, (_, needs) in PEERS.items():
        for some in (sizes, impossible):
            for devices, domains in some if is_here(needs) else ():
                rows.append(run(peer, devices, domains))
                if rows[-1].wall is None:
                    break
    return rows


def _one(peer: str, devices: int, domains: int) -> None:
    given = instance(devices, domains)
    answer, cpu, wall = timed(peer, given)
    faults = wrong(given, answer)
    if faults or answer.status not in (OPTIMAL, INFEASIBLE, UNKNOWN):
        sys.exit(f"{answer.status}: {faults[:3]}")
    print(json.dumps({"status": answer.status, "fullest": answer.fullest, "cpu": cpu, "wall": wall}))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _one(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        for row in race():
            print(*row)

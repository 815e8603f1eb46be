"""The same plans for every solver: how long each takes to a proved optimum, or to a proof that there is none.

Each runs in a process of its own, on one core, and is killed when its time is over.

python -m benchmarks.peers.race                 the table
python -m benchmarks.peers.race z3_smt 100 4    one of them, as JSON
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from benchmarks.peers.instance import INFEASIBLE, OPTIMAL, UNKNOWN, Answer, Instance, instance, too_much, wrong

SECONDS = 20.0
PEERS = {  # module: what it is called, and what it needs
    "our_plan": ("pcisolve", "pcisolve"),
    "plain_ortools": ("OR-Tools, plain", "ortools"),
    "clingo_asp": ("clingo", "clingo"),
    "z3_smt": ("z3", "z3"),
    "python_constraint": ("python-constraint2", "constraint"),
}
SIZES = ((8, 2), (20, 2), (40, 4), (100, 4), (200, 8), (400, 16), (900, 30))
TOO_MUCH = (2, 4, 8, 16, 30)  # domains, with one device more than they have slots


class Run(NamedTuple):
    """One peer on one instance. `seconds` is None when its time was over."""

    peer: str
    devices: int
    domains: int
    status: str
    fullest: int
    seconds: float | None


def timed(peer: str, one: Instance) -> tuple[Answer, float]:
    """In this process, after a small one that loads what it needs."""
    solve: Any = import_module(f"benchmarks.peers.{peer}").solve
    solve(instance(8, 2), SECONDS)
    start = time.perf_counter()
    answer: Answer = solve(one, SECONDS)
    return answer, time.perf_counter() - start


def run(peer: str, devices: int, domains: int) -> Run:
    """In a process of its own.

    Raises:
        RuntimeError: the peer ended with an error, or with an answer that is wrong.
    """
    words = [sys.executable, "-m", "benchmarks.peers.race", peer, str(devices), str(domains)]
    try:
        ended = subprocess.run(words, capture_output=True, text=True, timeout=2 * SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Run(peer, devices, domains, UNKNOWN, 0, None)
    if ended.returncode:
        raise RuntimeError(f"{peer}, {devices} x {domains}: {ended.stderr[-500:]}")
    found = json.loads(ended.stdout)
    over = found["status"] == UNKNOWN or found["seconds"] > SECONDS
    return Run(peer, devices, domains, found["status"], found["fullest"], None if over else found["seconds"])


def race() -> list[Run]:
    """All peers that are installed, from small to large, each until it gives up; then what cannot be had.

    Raises:
        RuntimeError: two of them disagree.
    """
    rows: list[Run] = []
    impossible = tuple((too_much(one).disks + 2 * too_much(one).pairs + 1, one) for one in TOO_MUCH)
    for peer, (_, needs) in PEERS.items():
        for sizes in (SIZES, impossible):
            for devices, domains in sizes if find_spec(needs) else ():
                rows.append(run(peer, devices, domains))
                if rows[-1].seconds is None:
                    break
    for size in {(one.devices, one.domains) for one in rows}:
        said = {(one.status, one.fullest) for one in rows if (one.devices, one.domains) == size and one.seconds}
        if len(said) > 1:
            raise RuntimeError(f"{size}: the peers disagree: {sorted(said)}")
    return rows


def _one(peer: str, devices: int, domains: int) -> None:
    given = instance(devices, domains)
    answer, seconds = timed(peer, given)
    faults = wrong(given, answer) if answer.status == OPTIMAL else []
    if faults or answer.status not in (OPTIMAL, INFEASIBLE, UNKNOWN):
        sys.exit(f"{answer.status}: {faults}")
    print(json.dumps({"status": answer.status, "fullest": answer.fullest, "seconds": seconds}))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _one(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        for row in race():
            print(*row)

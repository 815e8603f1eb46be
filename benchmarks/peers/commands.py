"""What whole commands cost, start and end included: CPU time of all their processes.

python -m benchmarks.peers.commands     the tables
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pcisolve
import pcisolve.cli  # garbage is collected as seldom as by the command
from benchmarks.peers import guests
from pcisolve.batch.answer import Job, solve_content

PYTHON, LXML = "python, nothing else", "python with lxml"
_SHORT = 0.02  # seconds: what takes longer is CP-SAT's
_PCISOLVE = [sys.executable, "-m", "pcisolve"]


class Cost(NamedTuple):
    """Milliseconds of the CPU and of the clock."""

    cpu: float
    wall: float


def cost(words: list[str]) -> Cost:
    """Of one run of a command, with the processes that it starts and waits for."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime), 1000 * wall)


def starts(rounds: int = 9) -> dict[str, Cost]:
    """Commands on small inputs, in turn; the median of each."""
    with tempfile.TemporaryDirectory(prefix="pcisolve-bench-") as folder:
        out = ["-o", f"{folder}/out.xml"]
        commands = {
            PYTHON: [sys.executable, "-c", "pass"],
            LXML: [sys.executable, "-c", "import lxml.etree"],
            "pcisolve --version": [*_PCISOLVE, "--version"],
            "pcisolve check": [*_PCISOLVE, "check", "examples/q35.xml"],
            "pcisolve check, three faults": [*_PCISOLVE, "check", "examples/three-faults.xml"],
            "pcisolve solve": [*_PCISOLVE, "solve", *out, "examples/q35.xml"],
            "pcisolve solve --policy minimal": [*_PCISOLVE, "solve", "--policy", "minimal", *out, "examples/q35.xml"],
            "pcisolve solve, a plan": [*_PCISOLVE, "solve", *out, "examples/plans/numa-pairs.yaml"],
        }
        done: dict[str, list[Cost]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, words in commands.items():
                done[name].append(cost(words))
    return {name: Cost(*(statistics.median(one[at] for one in runs) for at in (0, 1))) for name, runs in done.items()}


class Fleet(NamedTuple):
    """A batch: how many guests, and milliseconds a guest."""

    guests: int
    each: Cost


def accepted(most: int) -> list[bytes]:
    """Random guests that are solved, and without CP-SAT."""
    job, found = Job(pcisolve.make_options(time_limit=1.0)._replace(repairs=False), by_shape=False), []
    for one in guests.corpus(most=3 * most):
        start = time.process_time()
        if solve_content(job, one).status == "solved" and time.process_time() - start < _SHORT:
            found.append(one)
    return found[:most]


def in_process(texts: list[bytes], rounds: int) -> Fleet:
    """Nothing but solving, in this process."""
    job = Job(pcisolve.make_options()._replace(repairs=False), wants_xml=True, by_shape=False)
    runs = []
    for _ in range(rounds):
        cpu, wall = time.process_time(), time.perf_counter()
        for one in texts:
            solve_content(job, one)
        runs.append(Cost(time.process_time() - cpu, time.perf_counter() - wall))
    return _each(texts, [Cost(1000 * one.cpu, 1000 * one.wall) for one in runs])


def in_files(texts: list[bytes], *words: str, rounds: int = 3, write: bool = True) -> Fleet:
    """`pcisolve batch` on fresh files, one guest each."""
    runs = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="pcisolve-bench-") as folder:
            (source := Path(folder, "in")).mkdir()
            for number, one in enumerate(texts):
                (source / f"{number:06}.xml").write_bytes(one)
            into = ["--write", f"{folder}/out"] if write else []
            runs.append(_batch([str(source), *into, *words], f"{folder}/out.jsonl", len(texts)))
    return _each(texts, runs)


def in_lines(texts: Iterable[bytes], *words: str) -> Fleet:
    """`pcisolve batch` on one file of JSON Lines."""
    with tempfile.TemporaryDirectory(prefix="pcisolve-bench-") as folder:
        count = 0
        with open(f"{folder}/in.jsonl", "w") as file:
            for count, one in enumerate(texts, start=1):
                file.write(json.dumps({"id": str(count), "xml": one.decode()}) + "\n")
        spent = _batch([f"{folder}/in.jsonl", *words], f"{folder}/out.jsonl", count)
    return Fleet(count, Cost(spent.cpu / count, spent.wall / count))


def _batch(words: list[str], output: str, count: int) -> Cost:
    spent = cost([*_PCISOLVE, "batch", *words, "-o", output])
    with open(output) as answers:
        if sum(1 for _ in answers) != count:
            raise RuntimeError("an answer is missing")
    return spent


def _each(texts: list[bytes], runs: list[Cost]) -> Fleet:
    return Fleet(len(texts), Cost(*(statistics.median(one[at] for one in runs) / len(texts) for at in (0, 1))))


IN_PROCESS, ONE, TWO = "solving alone, in process", "batch, one worker", "batch, two workers"
HITS, MISSES, NO_SHAPES = "JSON Lines, shapes hit", "JSON Lines, shapes miss", "JSON Lines, --no-shapes"


def fleets(most: int = 1200, hits: int = 20_000, rounds: int = 3) -> dict[str, Fleet]:
    """The same guests alone, and as batches; then many guests of few shapes."""
    texts = accepted(most)
    return {
        IN_PROCESS: in_process(texts, rounds),
        ONE: in_files(texts, "--no-shapes", "--workers", "1", rounds=rounds),
        TWO: in_files(texts, "--no-shapes", "--workers", "2", rounds=rounds),
        NO_SHAPES: in_lines(texts, "--workers", "1", "--no-shapes"),
        MISSES: in_lines(texts, "--workers", "1"),
        HITS: in_lines(guests.fleet(hits), "--workers", "1"),
    }


if __name__ == "__main__":
    for name, spent in starts().items():
        print(f"{name:36}{spent.cpu:8.0f} ms CPU {spent.wall:8.0f} ms wall")
    for name, fleet in fleets().items():
        print(f"{name:36}{fleet.guests:8,} {fleet.each.cpu:8.3f} ms CPU {fleet.each.wall:8.3f} ms wall")

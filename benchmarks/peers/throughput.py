"""Guests a second, domain XML in, JSON and XML out: pcisolve beside libvirt's define, dump and undefine.

Both take the same guests in turn, round by round, so that what else the machine does meets both.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pcisolve
import pcisolve.cli  # garbage is collected as seldom as by the command
from benchmarks.peers import guests
from benchmarks.peers.libvirt_loop import NO_BINDINGS
from pcisolve.batch.answer import Job, solve_content
from pcisolve.verify import worker

LOOP = Path(__file__).with_name("libvirt_loop.py")
ROUNDS = 5


class Side(NamedTuple):
    """One side of one comparison: milliseconds a guest in the median round, and of accepted and refused ones."""

    name: str
    per_guest: float
    accepted: float
    refused: float


class Compared(NamedTuple):
    """One comparison; without libvirt only our side."""

    what: str
    sides: list[Side]

    def ratio(self, name: str) -> float | None:
        """How many times as many guests a second as libvirt."""
        sides = {one.name: one for one in self.sides}
        return sides["libvirt"].per_guest / sides[name].per_guest if "libvirt" in sides else None


Round = dict[str, list[float]]


@contextmanager
def libvirt_side(texts: list[bytes]) -> Iterator[tuple[str, subprocess.Popen[str]] | None]:
    """libvirt's version, and a process that does one round for each line; None where there are no bindings."""
    with tempfile.TemporaryDirectory(prefix="pcisolve-bench-") as folder:
        file = Path(folder, "guests")
        file.write_text("".join(json.dumps(one.decode()) + "\n" for one in texts))
        for python in filter(None, (sys.executable, shutil.which("python3", path="/usr/bin"))):
            words = [python, str(LOOP), str(Path(worker.__file__).parent), f"{folder}/root", str(file)]
            process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            if process.stdout is not None and (line := process.stdout.readline()):
                try:
                    yield json.loads(line)["version"], process
                finally:
                    process.kill()
                    process.wait()
                return
            if process.wait() != NO_BINDINGS:
                break
        yield None


def _their_round(process: subprocess.Popen[str]) -> Round:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("libvirt's process has no pipes")
    process.stdin.write("\n")
    process.stdin.flush()
    answer: Round = json.loads(process.stdout.readline())
    return answer


def _our_round(texts: list[bytes], job: Job) -> Round:
    spent: Round = {"accepted": [0, 0.0], "refused": [0, 0.0]}
    for data in texts:
        start = time.perf_counter()
        answer = solve_content(job, data)
        word = "accepted" if answer.status == "solved" else "refused"
        spent[word][0] += 1
        spent[word][1] += time.perf_counter() - start
    return spent


def _side(name: str, rounds: list[Round]) -> Side:
    def each(*words: str) -> float:
        times = [
            sum(one[word][1] for word in words) / max(sum(one[word][0] for word in words), 1) * 1000 for one in rounds
        ]
        return statistics.median(times)

    return Side(name, each("accepted", "refused"), each("accepted"), each("refused"))


def per_core(what: str, texts: list[bytes], rounds: int = ROUNDS) -> tuple[Compared, str]:
    """One core each, nothing remembered from guest to guest; and libvirt's version, "" without it."""
    plain = pcisolve.make_options()._replace(repairs=False)
    jobs = {
        "pcisolve": Job(plain, wants_xml=True),
        "pcisolve --stage libvirt": Job(plain._replace(stage="libvirt"), wants_xml=True),
    }
    done: dict[str, list[Round]] = {name: [] for name in (*jobs, "libvirt")}
    for job in jobs.values():
        _our_round(texts[:20], job)  # models are read once
    with libvirt_side(texts) as found:
        for _ in range(rounds):
            for name, job in jobs.items():
                done[name].append(_our_round(texts, job))
            if found is not None:
                done["libvirt"].append(_their_round(found[1]))
        version = found[0] if found is not None else ""
    return Compared(what, [_side(name, rounds_) for name, rounds_ in done.items() if rounds_]), version


def batch_rate(texts: Iterator[bytes] | list[bytes], *, shapes: bool) -> tuple[int, float]:
    """How many guests, and guests a second of `pcisolve batch` on two workers, start and end included."""
    with tempfile.TemporaryDirectory(prefix="pcisolve-bench-") as folder:
        count = 0
        with open(f"{folder}/in.jsonl", "w") as file:
            for count, one in enumerate(texts, start=1):
                file.write(json.dumps({"id": str(count), "xml": one.decode()}) + "\n")
        words = [sys.executable, "-m", "pcisolve", "batch", "--workers", "2", f"{folder}/in.jsonl"]
        words += ["-o", f"{folder}/out.jsonl", "--shapes" if shapes else "--no-shapes"]
        start = time.perf_counter()
        subprocess.run(words, stderr=subprocess.DEVNULL, check=False)
        seconds = time.perf_counter() - start
        with open(f"{folder}/out.jsonl") as answers:
            if sum(1 for _ in answers) != count:
                raise RuntimeError("an answer is missing")
    return count, count / seconds


def main() -> None:
    """The comparisons as a table."""
    for what, texts in (("random guests", guests.corpus()), ("guests of 200 devices", guests.large())):
        found, version = per_core(what, texts)
        print(f"{what}, libvirt {version or 'not installed'}")
        for one in found.sides:
            ratio = found.ratio(one.name)
            words = f"{one.per_guest:8.2f} ms  accepted {one.accepted:.2f}  refused {one.refused:.2f}"
            print(f"  {one.name:26}{words}" + (f"  {ratio:.2f} x" if ratio else ""))
    print("batch, two workers: {:,} guests, {:.0f} a second".format(*batch_rate(guests.corpus(), shapes=True)))
    print("fleet of 40 shapes: {:,} guests, {:.0f} a second".format(*batch_rate(guests.fleet(20_000), shapes=True)))


if __name__ == "__main__":
    main()

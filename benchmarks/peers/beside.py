"""pcisolve beside libvirt's define, dump and undefine: the same guests, in turn, a process (or several) on each side.

python -m benchmarks.peers.beside     the table
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.peers import guests
from pcisolve.verify import worker

HERE = Path(__file__).parent
OURS, OURS_LIBVIRT = "pcisolve", "pcisolve --stage libvirt"
MEMORY, DISK, NO_CHECKS = "libvirt", "libvirt, state on disk", "libvirt without its host checks"
BOTH_ACCEPT, BOTH_REFUSE, THEY_ACCEPT, WE_ACCEPT = "accepted by both", "refused by both", "libvirt alone", "we alone"
SEARCHED = "searched"
SIDES = (OURS, OURS_LIBVIRT, MEMORY, DISK, NO_CHECKS)
_LONG = 0.1  # seconds: CP-SAT was asked for another layout than libvirt's


class Spent(NamedTuple):
    """Milliseconds a guest, in the median round: of the CPU, and of the clock."""

    cpu: float
    wall: float


class Comparison(NamedTuple):
    """One set of guests.

    Attributes:
        counts: how many guests are in each group.
        spent: by side and group; "all" is all groups but SEARCHED.
        pairs: seconds of the clock for all guests on two processes, by side.
        libvirt: its version, "" where it is not here.
    """

    what: str
    counts: dict[str, int]
    spent: dict[tuple[str, str], Spent]
    pairs: dict[str, float]
    libvirt: str

    def ratio(self, ours: str, theirs: str, group: str = "all") -> float | None:
        """How many times the CPU time of ours theirs is."""
        one, other = self.spent.get((ours, group)), self.spent.get((theirs, group))
        return None if one is None or other is None or not one.cpu else other.cpu / one.cpu

    @property
    def sides(self) -> list[str]:
        """Who was there."""
        return list(dict.fromkeys(side for side, _ in self.spent))


Row = tuple[str, float, float]


class Loop:
    """A process that takes guests one after the other."""

    def __init__(self, process: subprocess.Popen[str], version: str) -> None:
        self._process, self.version = process, version

    def begin(self, places: Sequence[int]) -> None:
        """One round over these guests, whose answers end() waits for."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(list(places)) + "\n")
        self._process.stdin.flush()

    def end(self) -> list[Row]:
        """What became of each guest, its CPU and its wall time in seconds."""
        assert self._process.stdout is not None
        return [(one[0], one[1], one[2]) for one in json.loads(self._process.stdout.readline())]

    def round(self, places: Sequence[int]) -> list[Row]:
        """One round."""
        self.begin(places)
        return self.end()


@contextmanager
def loop(words: list[str], cwd: str | None = None, **environment: str) -> Iterator[Loop | None]:
    """The process behind a command line; None where it cannot begin."""
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield Loop(process, json.loads(line)["version"]) if line else None
    finally:
        process.kill()
        process.wait()


@contextmanager
def in_memory() -> Iterator[str]:
    """A folder that is on no disk, where the system has such."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="pcisolve-bench-", dir=place) as folder:
        yield folder


def interpreter() -> str:
    """A Python that has libvirt's bindings, "" without one."""
    for python in filter(None, (sys.executable, shutil.which("python3", path="/usr/bin"))):
        if subprocess.run([python, "-c", "import libvirt"], capture_output=True, check=False).returncode == 0:
            return python
    return ""


def shim(folder: str, version: str) -> str:
    """host_checks.c for this libvirt as a library, "" where nothing compiles it."""
    library = f"{folder}/host_checks.so"
    words = ["cc", "-shared", "-fPIC", "-O2", f'-DPRIVATE="LIBVIRT_PRIVATE_{version}"', "-o", library]
    if shutil.which("cc") is None:
        return ""
    done = subprocess.run([*words, str(HERE / "host_checks.c"), "-ldl"], capture_output=True, check=False)
    return library if done.returncode == 0 else ""


class Sides:
    """The processes of one comparison."""

    def __init__(self, stack: ExitStack, texts: list[bytes], names: Sequence[str]) -> None:
        self._stack, self._memory = stack, stack.enter_context(in_memory())
        self._disk = stack.enter_context(tempfile.TemporaryDirectory(prefix="pcisolve-bench-"))
        self._file = guests.written(texts, Path(self._memory, "guests"))
        self._python, self._roots = interpreter(), 0
        self.loops: dict[str, Loop] = {}
        for name in names:
            if (one := self.another(name)) is not None:
                self.loops[name] = one

    @property
    def libvirt(self) -> str:
        """Its version."""
        return self.loops[MEMORY].version if MEMORY in self.loops else ""

    def another(self, name: str) -> Loop | None:
        """One more process of a side; None where it cannot be had."""
        if name in (OURS, OURS_LIBVIRT):
            stage = "guest" if name == OURS else "libvirt"
            words = [sys.executable, "-m", "benchmarks.peers.our_loop", stage, str(self._file)]
            return self._stack.enter_context(loop(words))
        if not self._python:
            return None
        preloaded = {}
        if name == NO_CHECKS:
            library = shim(self._memory, self.libvirt) if self.libvirt else ""
            if not library:
                return None
            preloaded = {"LD_PRELOAD": library}
        self._roots += 1
        root = f"{self._disk if name == DISK else self._memory}/root{self._roots}"
        words = [self._python, str(HERE / "libvirt_loop.py"), str(Path(worker.__file__).parent), root, str(self._file)]
        return self._stack.enter_context(loop(words, **preloaded))


def _group(ours: Row, theirs: Row | None) -> str:
    if ours[1] > _LONG:
        return SEARCHED
    if theirs is None:
        return BOTH_ACCEPT if ours[0] == "accepted" else BOTH_REFUSE
    words = {("accepted", "accepted"): BOTH_ACCEPT, ("refused", "refused"): BOTH_REFUSE}
    return words.get((ours[0], theirs[0]), WE_ACCEPT if ours[0] == "accepted" else THEY_ACCEPT)


def compare(
    what: str, texts: list[bytes], rounds: int = 5, names: Sequence[str] = SIDES, *, in_pairs: bool = True
) -> Comparison:
    """All sides on the same guests. The first round, which reads models and emulators, says what is in which group.

    Args:
        names: the sides, libvirt's with state in memory before those without its host checks.
        in_pairs: whether two processes of each side are timed as well.

    Raises:
        RuntimeError: libvirt gives other verdicts without its host checks.
    """
    everything = range(len(texts))
    with ExitStack() as stack:
        sides = Sides(stack, texts, names)
        first = {name: one.round(everything) for name, one in sides.loops.items()}
        if NO_CHECKS in first and [one[0] for one in first[NO_CHECKS]] != [one[0] for one in first[MEMORY]]:
            raise RuntimeError("libvirt gives other verdicts without its host checks")
        theirs: Sequence[Row | None] = first.get(MEMORY, [None] * len(texts))
        groups = [_group(ours, other) for ours, other in zip(first[OURS], theirs, strict=True)]
        timed = [at for at in everything if groups[at] != SEARCHED]
        done: dict[str, list[list[Row]]] = {name: [] for name in sides.loops}
        for _ in range(rounds):
            for name, one in sides.loops.items():
                done[name].append(one.round(timed))
        pairs = {name: _pair(sides, name, timed) for name in sides.loops if in_pairs}
    spent = _medians(done, [groups[at] for at in timed])
    slow = [row for row, group in zip(first[OURS], groups, strict=True) if group == SEARCHED]
    if slow:
        spent[OURS, SEARCHED] = Spent(*(1000 * statistics.mean(one[at] for one in slow) for at in (1, 2)))
    counts = {name: groups.count(name) for name in dict.fromkeys(groups)}
    return Comparison(what, counts, spent, pairs, sides.libvirt)


def _pair(sides: Sides, name: str, places: list[int]) -> float:
    """Seconds for all guests on two processes of a side, which have begun before."""
    one, other = sides.loops[name], sides.another(name)
    if other is None:
        return 0.0
    other.round(places[:50])
    start = time.perf_counter()
    one.begin(places[::2])
    other.begin(places[1::2])
    one.end()
    other.end()
    return time.perf_counter() - start


def _medians(done: dict[str, list[list[Row]]], groups: list[str]) -> dict[tuple[str, str], Spent]:
    found = {}
    for name, rounds in done.items():
        for group in ("all", *dict.fromkeys(groups)):
            at = [place for place, one in enumerate(groups) if group in ("all", one)]
            each = [[statistics.mean(rows[place][kind] for place in at) for rows in rounds] for kind in (1, 2)]
            found[name, group] = Spent(*(1000 * statistics.median(one) for one in each))
    return found


def main() -> None:
    """The comparisons as a table."""
    for what, texts in (("random guests", guests.corpus()), ("guests of 200 devices", guests.large())):
        found = compare(what, texts)
        print(f"{what}, libvirt {found.libvirt or 'not installed'}: {found.counts}")
        for (side, group), one in found.spent.items():
            print(f"  {side:32} {group:20} {one.cpu:8.3f} ms CPU {one.wall:8.3f} ms wall")
        print(f"  two processes: {found.pairs}")


if __name__ == "__main__":
    main()

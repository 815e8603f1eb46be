"""Resident memory of a batch while it works on very many files, with a very large one among them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.peers.guests import fleet

FILES = 20_000
LARGE = 20 << 20  # bytes
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Sample(NamedTuple):
    """MiB in all processes of the batch, when it had given so many answers."""

    answers: int
    megabytes: float


def _texts(files: int, large: int) -> Iterator[bytes]:
    """The large one, a guest with a comment of that size, comes in the middle."""
    for number, one in enumerate(fleet(files)):
        if large and number == files // 2:
            yield one.replace(b"<devices>", b"<!--" + b"x" * large + b"--><devices>")
        else:
            yield one


def samples(files: int = FILES, large: int = LARGE, every: float = 0.25) -> list[Sample]:
    """Run a batch on two workers and look at it from outside.

    Raises:
        RuntimeError: an answer is missing.
    """
    with tempfile.TemporaryDirectory(prefix="pcisolve-bench-") as folder:
        source, target = Path(folder, "in.jsonl"), Path(folder, "out.jsonl")
        with source.open("w") as file:
            for number, one in enumerate(_texts(files, large)):
                file.write(json.dumps({"id": str(number), "xml": one.decode()}) + "\n")
        words = [sys.executable, "-m", "pcisolve", "batch", str(source), "-o", str(target), "--workers", "2"]
        process = subprocess.Popen([*words, "--no-shapes"], stderr=subprocess.DEVNULL)
        found: list[tuple[int, float]] = []
        while process.poll() is None:
            found.append((_written(target), sum(map(_resident, _family(process.pid))) / (1 << 20)))
            time.sleep(every)
        with target.open("rb") as answers:
            count = sum(1 for _ in answers)
        if count != files:
            raise RuntimeError(f"{count} answers to {files} files")
        whole = _written(target)
    return [Sample(round(files * size / whole), megabytes) for size, megabytes in found]


def _written(file: Path) -> int:
    """Bytes; until they are all there they are in FILE.part."""
    return sum(one.stat().st_size for one in file.parent.glob(file.name + "*"))


def _family(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                waiting += map(int, task.read_text().split())
            except OSError:
                continue
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0

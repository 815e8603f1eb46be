"""Fleets of small guests, and a batch over one as a process that can be killed."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support import domain, rng, sound

UNREADABLE = "<rng model='virtio'><address type='pci' slot='x'/></rng>"
SHAPES = (
    "",
    rng(),
    rng() + sound(),
    rng("0:0:1.0") * 2,
    rng() * 5,
    "<rng model='virtio'><address type='pci' slot='x'/></rng>",
)
_LIMIT = 1200


def write_fleet(folder: Path, number: int) -> None:
    """Guests of different content, some infeasible and some invalid, below folders of a hundred."""
    machines = ("q35", "pc", "pseries", "virt")
    for one in range(number):
        path = folder / f"{one // 100:03}" / f"{one:05}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = domain(machines[one % 4], SHAPES[one % len(SHAPES)])
        path.write_bytes(data.replace(b"<name>small<", b"<name>guest-%d<" % one))


def start(folder: Path, *words: str, limit: int | None = None) -> subprocess.Popen[str]:
    """Start `pcisolve batch WORDS` in a folder.

    Args:
        limit: bytes beyond which no file may grow, as if the disk were full.
    """
    prepare: Callable[[], None] | None = None
    if limit is not None:

        def prepare() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [sys.executable, "-m", "pcisolve", "batch", *words]
    return subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, preexec_fn=prepare)


def batch(folder: Path, *words: str, limit: int | None = None) -> tuple[int, str]:
    """Run it to the end: the exit code and stderr."""
    process = start(folder, *words, limit=limit)
    _, said = process.communicate(timeout=_LIMIT)
    return process.returncode, said

"""What limits really bound: every command on inputs made to take long, with its time, memory and exit code.

python -m benchmarks.limits [LIMIT ...]          a table in Markdown, for these time limits [1 0.3]
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.plans import plan

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 120.0  # seconds: whoever takes longer has no limit
OS = "<os><type arch='{}' machine='{}'>hvm</type></os>"
HEAD = f"<domain type='qemu'><name>g</name><memory>1048576</memory>{OS}"
RNG = "<rng model='virtio'><backend model='random'>/dev/urandom</backend>{}</rng>"


COMMANDS = (
    "check FILE",
    "check --fix --unsafe-fixes FILE",
    "solve FILE",
    "solve --policy minimal FILE",
    "show FILE",
    "convert --to multi-domain FILE",
    "diff FILE FILE",
    "diff --libvirt 9.0.0 --libvirt 12.8 FILE",
    "batch --workers 1 FILE",
)


class Measured(NamedTuple):
    """One run: exit code, seconds of the clock, megabytes at most (of the process and of those it waited for)."""

    code: int
    seconds: float
    megabytes: int


def guest(arch: str, machine: str, devices: Iterator[str]) -> str:
    """A domain XML."""
    return f"{HEAD.format(arch, machine)}<devices>{chr(10).join(devices)}</devices></domain>"


def address(bus: int, slot: int, domain: int = 0) -> str:
    """Of type pci, at function 0."""
    return f"<address type='pci' domain='{domain}' bus='{bus}' slot='{slot}' function='0'/>"


def controller(index: int, model: str, more: str = "") -> str:
    """A PCI controller."""
    return f"<controller type='pci' index='{index}' model='{model}'>{more}</controller>"


def inputs() -> dict[str, str]:
    """Inputs by name; each is of a kind that once took long."""
    five = (RNG.format(address(0, 1 + number % 5)) for number in range(20_000))
    roots = [controller(number, "pcie-root") for number in range(4_000)]
    ports = [controller(4_000 + number, "pcie-root-port") for number in range(4_000)]
    ids = (
        RNG.format(f"{address(0, 0, number + 1)[:-2]}><zpci uid='0x0001' fid='0x00000001'/></address>")
        for number in range(5_000)
    )
    high = (controller(number, "pcie-root-port") for number in range(1, 20_001))
    disks = (RNG.format("") for _ in range(20_000))
    return {
        "20,000 devices on 5 addresses": guest("x86_64", "q35", five),
        "4,000 roots, 4,000 open ports": guest("x86_64", "q35", iter(roots + ports)),
        "5,000 alike zPCI ids": guest("s390x", "s390-ccw-virtio", ids),
        "root ports of index 1 to 20,000": guest("x86_64", "q35", high),
        "20,000 devices without address": guest("x86_64", "q35", disks),
        "plan of 100,000 devices on 1,024 domains": plan(100_000, 1_024).decode(),
    }


def measured(words: list[str], seconds: float) -> Measured:
    """Run a command with a time limit, at the longest for LONGEST seconds."""
    begin = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "pcisolve", words[0], "--time-limit", str(seconds), *words[1:]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    ) as process:
        try:
            process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return Measured(process.returncode, time.perf_counter() - begin, peak)


PLANNED = ("solve FILE", "show FILE", "batch --workers 1 FILE")


def isolated(words: list[str], seconds: float) -> Measured:
    """As measured(), with a peak of its own: that of children never falls."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        found = measured(words, seconds)
        os.write(writer, " ".join(map(str, found)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        code, took, peak = stream.read().split()
    os.waitpid(pid, 0)
    return Measured(int(code), float(took), int(peak))


def rows(limits: tuple[float, ...]) -> Iterator[str]:
    """The lines of the table."""
    yield "| input | command | limit | took | memory | exit code |"
    yield "|---|---|---|---|---|---|"
    with tempfile.TemporaryDirectory() as folder:
        for name, text in inputs().items():
            path = Path(folder) / ("plan.yaml" if name.startswith("plan") else "guest.xml")
            for command in PLANNED if name.startswith("plan") else COMMANDS:
                for limit in limits:
                    path.write_text(text)
                    words = [str(path) if one == "FILE" else one for one in command.split()]
                    found = isolated(words, limit)
                    took = f"{found.seconds:.2f} s | {found.megabytes} MB | {found.code}"
                    yield f"| {name} | `{command.replace(' FILE', '')}` | {limit:g} s | {took} |"


def main() -> None:
    """The command."""
    for line in rows(tuple(map(float, sys.argv[1:])) or (1.0, 0.3)):
        print(line, flush=True)


if __name__ == "__main__":
    main()

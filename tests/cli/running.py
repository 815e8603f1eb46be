"""The command `pcisolve`, run inside this process (quick) or in one of its own (measured)."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from pcisolve.cli.main import main
from tests.cli.schemas import assert_valid

HAS_JSONSCHEMA = find_spec("jsonschema") is not None  # it is not among the oldest versions
TOO_LONG = 600  # seconds after which a process is ended, and the test fails: it hangs


class Ended(NamedTuple):
    """How a command ended.

    Attributes:
        seconds: of CPU, so that a busy machine fails no test; 0 when run inside this process.
        megabytes: the most memory it had; 0 when run inside this process.
    """

    code: int
    out: bytes
    error: str
    seconds: float = 0.0
    megabytes: float = 0.0

    @property
    def text(self) -> str:
        """What it printed to stdout."""
        return self.out.decode()


def run(*words: str | Path, stdin: bytes = b"", **environment: str) -> Ended:
    """Run `pcisolve WORDS` inside this process, 80 columns wide."""
    out, error = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with (
        mock.patch.object(sys, "argv", ["pcisolve", *map(str, words)]),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8")),
        mock.patch.object(sys, "stdout", out),
        mock.patch.object(sys, "stderr", error),
        mock.patch.dict(os.environ, {"COLUMNS": "80", **environment}),
    ):
        code: int | str | None = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
    ended = Ended(_number(code), _content(out), _content(error).decode())
    if HAS_JSONSCHEMA and words and not environment:
        assert_valid([*map(str, words)], ended.out)
    return ended


def _number(code: int | str | None) -> int:
    assert code is None or isinstance(code, int)
    return code or 0


def _content(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    raw = stream.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue()


# Memory is the process's own high-water mark: what getrusage() says begins with that of the process it was made by.
_MEASURED = """
import json, resource, runpy, sys
record, cpu, space = sys.argv.pop(1), int(sys.argv.pop(1)), int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
if space:
    resource.setrlimit(resource.RLIMIT_AS, (space << 20, space << 20))
try:
    runpy.run_module("pcisolve", run_name="__main__", alter_sys=True)
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    with open("/proc/self/status") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    with open(record, "w") as file:
        json.dump([used.ru_utime + used.ru_stime, peak / 1024], file)
"""


def measure(folder: Path, *words: str | Path, cpu: int = 120, space: int = 0) -> Ended:
    """Run `pcisolve WORDS` as a process of its own in this folder, beside which its use is recorded. Linux only.

    Args:
        cpu: seconds of CPU after which it is ended: a busy machine takes none of them.
        space: MiB of address space it may have, 0 for as much as it likes.
    """
    record = folder.parent / f"{folder.name}.used"
    ended = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(record), str(cpu), str(space), *map(str, words)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TOO_LONG,
        check=False,
    )
    assert record.exists(), f"ended by signal {-ended.returncode}: more than {cpu} s of CPU?"
    seconds, megabytes = json.loads(record.read_text())
    return Ended(ended.returncode, ended.stdout, ended.stderr.decode(), seconds, megabytes)

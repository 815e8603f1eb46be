"""A scratch folder, and processes that do not outlive it."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Any, Self

from pcisolve.core.errors import InputError

_LONGEST = 50  # of its name: a socket below it has to fit into 107 bytes
_PREFIX = "pcisolve-verify-"
_LARGEST_FILE = 16 << 20  # bytes any process here may write into one file
_SET_PDEATHSIG, _SET_CHILD_SUBREAPER = 1, 36  # prctl(2)
_GONE_WITHIN = 5.0  # seconds


class Ended(Exception):
    """Someone asked this process to end.

    Attributes:
        number: by which signal, SIGINT or SIGTERM.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class Scratch:
    """Use as a context manager: on the way out every process started within is ended, and the folder removed.

    libvirt's probes of QEMU leave their parent: so orphans of descendants become children of this process, and the
    folder's unique name, which is on all their command lines, tells them too.

    Attributes:
        folder: where it is.
    """

    def __init__(self, time_limit: float) -> None:
        self.folder = Path()
        self._ends = time.monotonic() + time_limit
        self._libc = ctypes.CDLL(None)
        self._handlers: dict[int, Any] = {}
        self._signal = 0
        self._spared: frozenset[int] = frozenset()
        self._lock = -1

    def __enter__(self) -> Self:
        with contextlib.suppress(ValueError):  # not the main thread: signals are not ours
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._note)
        self._spared = frozenset(descendants())
        self._libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        above = None if len(tempfile.gettempdir()) < _LONGEST - 20 else "/tmp"
        self.folder, self._lock = _made(above)
        sweep_abandoned(self.folder.parent)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            sweep(self.folder, self._spared)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
            os.close(self._lock)
            self._libc.prctl(_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        """An exception raised just anywhere may leave a lock of `subprocess` taken; a second signal has to wait too."""
        self._signal = number

    def seconds_left(self) -> float:
        """Until the time limit, at least 0. Whoever waits asks often.

        Raises:
            Ended: a signal came.
        """
        if self._signal:
            raise Ended(self._signal)
        return max(0.0, self._ends - time.monotonic())

    def start(
        self, words: list[str], *, stdin: int, stdout: int | IO[bytes], stderr: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """A child that gets SIGKILL should this process die, and cannot fill a disk.

        Raises:
            InputError: it cannot be started.
        """
        try:
            return subprocess.Popen(
                words, stdin=stdin, stdout=stdout, stderr=stderr, cwd=self.folder, preexec_fn=self._bound
            )
        except OSError as error:
            raise InputError(f"{words[0]} cannot be started: {error.strerror}") from None

    def _bound(self) -> None:
        self._libc.prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def sweep(folder: Path, spared: frozenset[int] = frozenset()) -> None:
    """End what names a folder on its command line, and what descends from this process; wait until all are gone.

    Args:
        folder: the scratch folder.
        spared: process ids that were there before.
    """
    ends = time.monotonic() + _GONE_WITHIN
    while (found := {*_naming(folder), *descendants()} - spared) and time.monotonic() < ends:
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.02)


def _made(above: str | None) -> tuple[Path, int]:
    """A new folder and the lock on it; until that is there, others may take it for abandoned."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=above))
        with contextlib.suppress(FileNotFoundError):
            lock = _locked(folder, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _locked(folder: Path, how: int) -> int:
    """An open folder with a lock, which ends with the process.

    Raises:
        OSError: another one has it.
    """
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(number, how)
    except OSError:
        os.close(number)
        raise
    return number


def sweep_abandoned(parent: Path) -> None:
    """Remove what runs that were killed have left: folders of this user whose makers hold no lock on them any more."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(parent):
            if entry.name.startswith(_PREFIX):
                _sweep_if_abandoned(Path(entry.path))


def _sweep_if_abandoned(folder: Path) -> None:
    with contextlib.suppress(OSError):
        found = os.lstat(folder)  # anybody may make a link of that name
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            return
        lock = _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            for pid in _naming(folder):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def _naming(folder: Path) -> Iterator[int]:
    wanted, own = os.fsencode(folder), os.getpid()
    for pid in _processes():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            if wanted in file.read() and pid != own:
                yield pid


def descendants() -> Iterator[int]:
    """Children of this process, and theirs."""
    children: dict[int, list[int]] = {}
    for pid in _processes():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat") as file:
            parent = int(file.read().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(pid)
    left = children.pop(os.getpid(), [])
    while left:
        pid = left.pop()
        left += children.pop(pid, [])
        yield pid


def _processes() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdecimal()]

"""Worker processes. One that dies, hangs or outgrows its memory costs its own chunk and is replaced.

Every worker has a pipe of its own and no lock is shared, so a process killed at any moment cannot hold up the others;
that is what pools of the standard library do not promise.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import connection, get_context, process
from typing import Any, NamedTuple

from pcisolve.core.errors import InputError

# Imported once, in the process that workers are forked from.
_PRELOAD = ["pcisolve.ops.solve", "pcisolve.ops.write", "pcisolve.solver.preload", "pcisolve.batch.run"]
_LONGEST_FOLDER = 60  # bytes: of a name that multiprocessing adds up to 40 to
_STARTS = 5  # how often it is tried


class Lost(NamedTuple):
    """A chunk whose worker is gone, and why; `late` when it was stopped for taking too long."""

    reason: str
    late: bool = False


Outcome = list[Any] | Lost


class Pool:
    """Processes that each apply a function to one chunk at a time.

    Attributes:
        room: how many more chunks are taken now.
    """

    def __init__(
        self, work: Callable[[Any], list[Any]], workers: int, *, seconds: float, megabytes: int, forks: bool = False
    ) -> None:
        """
        Args:
            work: is given a chunk; it and the chunks must be picklable.
            workers: how many processes.
            seconds: after which a chunk's worker is stopped.
            megabytes: of memory that a worker may take beyond what it starts with.
            forks: workers are copies of this process, which has imported all already, instead of copies of another
                process that imports it once more. Only for a program of one thread.

        Raises:
            InputError: there is no working directory.
        """
        _refuse_no_folder()
        _keep_sockets_short()
        self._context: Any = get_context("fork" if forks else "forkserver")
        self._forks = forks
        if not forks:
            self._context.set_forkserver_preload(_PRELOAD)
        self._work, self._seconds, self._megabytes = work, seconds, megabytes
        self._idle = [self._start() for _ in range(workers)]
        self._busy: dict[connection.Connection, _Worker] = {}

    @property
    def room(self) -> int:
        """How many more chunks are taken now."""
        return len(self._idle)

    def submit(self, number: int, chunk: Any) -> None:
        """Hand out a chunk; wait() tells its outcome under this number."""
        for attempt in range(_STARTS):
            worker = self._idle.pop()
            try:
                worker.pipe.send(chunk)
            except OSError:  # it died while it had nothing to do
                if attempt < _STARTS - 1:  # where all of them do, wait() tells how
                    worker.stop()
                    self._idle.append(self._start())
                    continue
            worker.number, worker.deadline = number, time.monotonic() + self._seconds
            self._busy[worker.pipe] = worker
            return

    def wait(self) -> Iterator[tuple[int, Outcome]]:
        """The chunks that are done, at least one if any is under way."""
        if not self._busy:
            return
        soonest = min(worker.deadline for worker in self._busy.values())
        ready = connection.wait(list(self._busy), max(0.0, soonest - time.monotonic()))
        now = time.monotonic()
        late = [worker.pipe for worker in self._busy.values() if worker.deadline <= now]
        for pipe in [*ready, *(one for one in late if one not in ready)]:
            assert isinstance(pipe, connection.Connection)
            worker = self._busy.pop(pipe)
            yield worker.number, self._outcome(worker, is_late=pipe not in ready)

    def _outcome(self, worker: _Worker, *, is_late: bool) -> Outcome:
        if is_late:
            worker.stop()
            self._idle.append(self._start())
            return Lost(f"stopped after {self._seconds:.0f} seconds", late=True)
        try:
            answers: list[Any] = worker.pipe.recv()
        except (EOFError, OSError):
            code = worker.stop()
            self._idle.append(self._start())
            return Lost(f"its worker {_ending(code)}")
        self._idle.append(worker)
        return answers

    def close(self) -> None:
        """End all workers, at once."""
        for worker in (*self._idle, *self._busy.values()):
            worker.stop()
        self._idle, self._busy = [], {}

    def _start(self) -> _Worker:
        for attempt in range(1, _STARTS):
            with contextlib.suppress(EOFError, OSError):
                return self._started()
            time.sleep(0.1 * attempt)  # the process that workers are forked from was killed too, and is made anew
        return self._started()

    def _started(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        with contextlib.closing(theirs):
            foreign = _open_files() - {theirs.fileno()} if self._forks else set()
            words = (theirs, self._work, self._megabytes, foreign)
            process = self._context.Process(target=_serve, args=words, daemon=True)
            process.start()
        return _Worker(process, ours)


class _Worker:
    """A process, our end of its pipe, the number of its chunk and when that must be done."""

    def __init__(self, process: Any, pipe: connection.Connection) -> None:
        self.process, self.pipe = process, pipe
        self.number, self.deadline = -1, 0.0

    def stop(self) -> int | None:
        """End the process, if it has not ended; how it ended."""
        self.pipe.close()
        self.process.join(0.2)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        code: int | None = self.process.exitcode
        return code


def _refuse_no_folder() -> None:
    """Processes are started in the working directory.

    Raises:
        InputError: it was deleted.
    """
    try:
        os.getcwd()
    except FileNotFoundError:
        raise InputError("the working directory was deleted", expected="one that is there") from None


def _keep_sockets_short() -> None:
    """Sockets between processes have a name of 107 bytes at most, and a temporary folder may be deep."""
    if len(os.fsencode(tempfile.gettempdir())) > _LONGEST_FOLDER:
        folder = tempfile.mkdtemp(prefix="pcisolve-", dir="/tmp")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        process.current_process()._config["tempdir"] = folder  # type: ignore[attr-defined]


def _ending(code: int | None) -> str:
    """How a process ended, in words."""
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _open_files() -> set[int]:
    """The files of this process but the standard ones: what a copy of it has no business with."""
    if not os.path.isdir("/proc/self/fd"):
        return set()
    listed = {int(one) for one in os.listdir("/proc/self/fd")} - {0, 1, 2}
    return {one for one in listed if _is_open(one)}  # the list was one of them, and is closed


def _is_open(file: int) -> bool:
    try:
        os.fstat(file)
    except OSError:
        return False
    return True


def _serve(
    pipe: connection.Connection, work: Callable[[Any], list[Any]], megabytes: int, foreign: Iterable[int] = ()
) -> None:
    """A worker's life: one chunk after the other until nobody asks any more.

    Args:
        foreign: files of the parent. One of them may be its end of another worker's pipe, or be locked by it: who kept
            them open would keep both alive.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's to handle
    for one in foreign:
        with contextlib.suppress(OSError):
            os.close(one)
    gc.freeze()  # what was imported stays, and pages that nobody writes to stay shared
    _limit_memory(megabytes)
    with contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(work(pipe.recv()))


def _limit_memory(megabytes: int) -> None:
    """Let the process have this much more memory than it has now, where the system can bound it (Linux 4.7)."""
    import resource

    try:
        with open("/proc/self/status") as status:
            used = next(int(line.split()[1]) for line in status if line.startswith("VmData"))
    except (OSError, StopIteration):
        return
    limit = (used << 10) + (megabytes << 20)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))

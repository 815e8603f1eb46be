"""Chunks of a batch on an existing Dask cluster (the extra pcisolve[cluster])."""

from __future__ import annotations

import queue
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from pcisolve.batch.answer import Job
from pcisolve.batch.input import Input
from pcisolve.batch.pool import Lost, Outcome
from pcisolve.batch.run import solve_inputs
from pcisolve.core.errors import InputError
from pcisolve.core.version import VERSION

if TYPE_CHECKING:
    from distributed import Client

_WAIT: Final = 30  # seconds for the scheduler, and for its first worker
_FIRST: Final = 5.0  # seconds for the first word
_HIGHEST_PORT: Final = 65_535
_LOOK: Final = 5.0  # seconds between two looks at how many workers there are
_CHUNKS_EACH: Final = 2  # per thread of a worker, so that the next is there when one is done


def connect(address: str) -> Client:
    """A client of the scheduler at an address such as tcp://host:8786.

    Raises:
        InputError: dask.distributed is not installed, or nobody answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise InputError("dask.distributed is not installed", expected="pip install 'pcisolve[cluster]'") from None
    _refuse_unreachable(address)
    try:
        return Client(address, timeout=_WAIT, set_as_default=False)
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        raise _nobody(address, str(error)) from None


def _nobody(address: str, why: str) -> InputError:
    return InputError(f"no Dask scheduler answers at {address}: {why}", expected="an address such as tcp://host:8786")


def _refuse_unreachable(address: str) -> None:
    """Ask once whether anybody listens: Dask itself goes on trying for a minute."""
    scheme, separator, place = address.rpartition("://")
    host, colon, port = place.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > _HIGHEST_PORT:
        raise _nobody(address, "it names no host and port")
    if separator and scheme not in ("tcp", "tls"):
        return  # what else Dask speaks is Dask's to try
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_FIRST).close()
    except OSError as error:
        raise _nobody(address, error.strerror or str(error)) from None


def version() -> str:
    """What a worker runs."""
    return VERSION


class Cluster:
    """The engine of a Dask cluster. Dask itself sends a chunk on when its worker dies."""

    def __init__(self, client: Client, job: Job) -> None:
        """
        Raises:
            InputError: there is no worker, or one has no pcisolve or another version of it.
        """
        self._client, self._job = client, job
        self._done: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._under_way: dict[str, tuple[int, Any]] = {}
        self._threads, self._looked = 1, 0.0
        self._check_workers()

    def _check_workers(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=_WAIT)
            found = self._client.run(version, on_error="return")
        except OSError:
            raise InputError("the Dask cluster has no worker", expected="at least one") from None
        for worker, said in sorted(found.items()):
            if said != VERSION:
                message = f"the Dask worker {worker} has not pcisolve {VERSION}, but {said}"
                raise InputError(message, expected="the same version everywhere")

    @property
    def room(self) -> int:
        """How many more chunks are taken now; follows the cluster as it grows and shrinks."""
        now = time.monotonic()
        if now - self._looked > _LOOK:
            self._threads, self._looked = max(1, sum(self._client.nthreads().values())), now
        return _CHUNKS_EACH * self._threads - len(self._under_way)

    def submit(self, number: int, chunk: list[Input]) -> None:
        """Send a chunk, content and all: workers need not see the files."""
        future = self._client.submit(solve_inputs, self._job, chunk, pure=False)
        self._under_way[future.key] = number, future
        future.add_done_callback(self._done.put)

    def wait(self) -> Iterator[tuple[int, Outcome]]:
        """The chunks that are done, at least one if any is under way.

        Raises:
            OSError: the scheduler is gone.
        """
        if not self._under_way:
            return
        yield self._outcome(self._done.get())
        while not self._done.empty():
            yield self._outcome(self._done.get())

    def _outcome(self, future: Any) -> tuple[int, Outcome]:
        number, _ = self._under_way.pop(future.key)
        # Waits where a worker died with the answer, until another one has it; what is cancelled has none.
        error = None if future.status == "cancelled" else future.exception()
        if future.status == "cancelled":
            raise OSError("the Dask scheduler is gone")
        if error is not None:
            return number, Lost(f"the cluster gave it up: {type(error).__name__}: {error}")
        answers: list[Any] = future.result()
        return number, answers

    def close(self) -> None:
        """Cancel what is under way; the client stays open."""
        if self._under_way:
            self._client.cancel([future for _, future in self._under_way.values()])
            self._under_way.clear()

"""A batch as a function: many inputs, an answer each, in order."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from pcisolve.batch.answer import Answer, Job
from pcisolve.batch.cluster import Cluster
from pcisolve.batch.input import Input, with_content
from pcisolve.batch.ledger import Ledger
from pcisolve.batch.run import Answered, Engine, InProcess, Run, processes
from pcisolve.problem.problem import Options

if TYPE_CHECKING:
    from distributed import Client

MEGABYTES = 2048
Source = str | os.PathLike[str] | bytes | tuple[str, bytes]


class Means(NamedTuple):
    """What a batch may use.

    Attributes:
        workers: processes; None for one per CPU.
        megabytes: of memory that each may take for its input.
        ledger: the path of a ledger, or None.
        client: of a Dask cluster that does the work instead of processes, or None.
        forks: this process may be copied: it is the command's own, of one thread.
    """

    workers: int | None = None
    megabytes: int = MEGABYTES
    ledger: str | None = None
    client: Client | None = None
    forks: bool = False


class Solved(NamedTuple):
    """What solve_many() gives for an input.

    Attributes:
        input: its name: the path, the one given beside the content, or its number from 0.
        status: as in a verdict, or "error" when its worker died or ran out of memory.
        xml: the solved domain XML, or None.
        line: the line of JSON that `pcisolve batch` prints for it.
    """

    input: str
    status: str
    xml: bytes | None
    line: str

    def to_json(self) -> dict[str, Any]:
        """The line as a dict."""
        row: dict[str, Any] = json.loads(self.line)
        return row


def solve_many(
    inputs: Iterable[Source],
    *,
    options: Options | None = None,
    models: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    client: Client | None = None,
    ledger: str | os.PathLike[str] | None = None,
    megabytes: int = MEGABYTES,
) -> Iterator[Solved]:
    """Solve many guests at a time; answers come in input order, and inputs are taken as they are needed.

    As with all of multiprocessing, a script that calls this guards its start with `if __name__ == "__main__":`.

    Args:
        inputs: paths, bytes, or pairs of a name and bytes. `models`: a folder that adds to the shipped models.
        workers: processes; None for one per CPU. A single input is solved in this process.
        client: a dask.distributed Client whose cluster does the work instead.
        ledger: an SQLite file that answers are recorded in and taken from.
        megabytes: of memory that a worker may take for its input.

    Raises:
        InputError: the ledger or the cluster cannot be used; OSError: it cannot be written. A bad input is an answer.
    """
    job = Job(options or Options(), None if models is None else os.fspath(models), wants_xml=True)
    means = Means(workers, megabytes, None if ledger is None else os.fspath(ledger), client)
    source = (_input(number, one) for number, one in enumerate(inputs))
    with contextlib.closing(answers(source, job, means)) as found:
        for one, answer, _ in found:
            yield _solved(one, answer)


def _input(number: int, source: Source) -> Input:
    if isinstance(source, bytes):
        return Input(str(number), "", data=source)
    if isinstance(source, tuple):
        return Input(source[0], "", data=source[1])
    path = os.fspath(source)
    return Input(path, "", path)


def _solved(one: Input, answer: Answer) -> Solved:
    return Solved(one.label, answer.status, answer.xml, answer.line(one.label))


def answers(source: Iterator[Input], job: Job, means: Means) -> Generator[Answered, None, None]:
    """Every answer in order; closed early, it stops the workers and keeps what the ledger has learned.

    Raises:
        InputError, OSError: as for solve_many().
    """
    with contextlib.ExitStack() as stack:
        if means.ledger is None:
            source, engine = _engine(source, job, means)
            stack.callback(engine.close)
            yield from Run(engine, job, source).answers()
            return
        book = stack.enter_context(contextlib.closing(Ledger(means.ledger, job)))
        source, engine = _engine(with_content(source), job, means)
        stack.callback(engine.close)
        yield from Run(engine, job, source, known=book.known, learned=book.learned).answers()


def _engine(source: Iterator[Input], job: Job, means: Means) -> tuple[Iterator[Input], Engine]:
    """A single input is solved in this process, which saves the start of another one."""
    if means.client is not None:
        return with_content(source), Cluster(means.client, job)
    first = list(itertools.islice(source, 2))
    source = itertools.chain(first, source)
    if len(first) < 2:
        return source, InProcess(job)
    workers = means.workers or len(os.sched_getaffinity(0))
    return source, processes(job, workers, means.megabytes, forks=means.forks and threading.active_count() == 1)

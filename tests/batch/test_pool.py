"""Workers that die, hang or hog cost their own chunk, and nobody else's."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pcisolve.batch.pool import Lost, Outcome, Pool, _open_files
from tests.batch.work import upper


@pytest.fixture(params=[False, True], ids=["forkserver", "fork"])
def pool(request: pytest.FixtureRequest) -> Iterator[Callable[..., Pool]]:
    if request.param and threading.active_count() > 1:
        pytest.skip("a process of several threads is not copied; those of pytest-xdist have several")
    made: list[Pool] = []

    def make(workers: int = 1, seconds: float = 600, megabytes: int = 512) -> Pool:
        made.append(Pool(upper, workers, seconds=seconds, megabytes=megabytes, forks=request.param))
        return made[-1]

    yield make
    for one in made:
        one.close()


def outcomes(pool: Pool, *chunks: list[str], first: int = 0) -> dict[int, Outcome]:
    """What becomes of the chunks, which are numbered from `first`."""
    waiting = dict(enumerate(chunks, first))
    found: dict[int, Outcome] = {}
    while len(found) < len(chunks):
        while pool.room and waiting:
            number = min(waiting)
            pool.submit(number, waiting.pop(number))
        found.update(pool.wait())
    return found


def test_chunks_come_back_under_their_numbers(pool: Callable[..., Pool]) -> None:
    assert outcomes(pool(2), ["a", "b"], ["c"], [], ["d"]) == {0: ["A", "B"], 1: ["C"], 2: [], 3: ["D"]}


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("abort", "its worker was ended by SIGABRT"),
        ("kill", "its worker was ended by SIGKILL"),
        ("exit", "its worker ended with exit code 7"),
    ],
)
def test_a_worker_that_dies_is_replaced(pool: Callable[..., Pool], word: str, reason: str) -> None:
    found = outcomes(pool(1), ["a"], ["b", word, "c"], ["d"])
    assert found == {0: ["A"], 1: Lost(reason), 2: ["D"]}


def test_a_worker_that_hangs_is_stopped(pool: Callable[..., Pool]) -> None:
    made = pool(2, seconds=3600)
    made.submit(0, ["sleep"])
    ((pipe, hung),) = made._busy.items()
    assert 3500 < hung.deadline - time.monotonic() <= 3600
    assert outcomes(made, ["a"], ["b"], first=1) == {1: ["A"], 2: ["B"]}
    hung.deadline = time.monotonic()
    assert dict(made.wait()) == {0: Lost("stopped after 3600 seconds", late=True)}
    assert not hung.process.is_alive() and pipe.closed
    assert outcomes(made, ["a"], ["b"]) == {0: ["A"], 1: ["B"]}


def test_a_worker_is_refused_memory_beyond_its_limit(pool: Callable[..., Pool]) -> None:
    assert outcomes(pool(1, megabytes=256), ["hog"], ["a"]) == {0: ["refused"], 1: ["A"]}


def test_idle_workers_that_are_killed_cost_nothing(pool: Callable[..., Pool]) -> None:
    made = pool(2)
    assert outcomes(made, ["a"], ["b"]) == {0: ["A"], 1: ["B"]}
    for worker in made._idle:
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.join()
    lost = Lost("its worker was ended by SIGKILL")
    found = outcomes(made, ["a"], ["b"])
    assert found[0] in (["A"], lost)
    assert found[1] in (["B"], lost)
    assert outcomes(made, ["a"], ["b"]) == {0: ["A"], 1: ["B"]}


def test_where_every_worker_dies_at_once_it_is_told(pool: Callable[..., Pool], monkeypatch: pytest.MonkeyPatch) -> None:
    made = pool(1)
    started = made._started

    def dead() -> Any:
        worker = started()
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.join()
        return worker

    made._idle.pop().stop()
    monkeypatch.setattr(made, "_started", dead)
    made._idle.append(dead())
    assert outcomes(made, ["x" * 1_000_000]) == {0: Lost("its worker was ended by SIGKILL")}


def test_large_chunks_and_answers_pass(pool: Callable[..., Pool]) -> None:
    words = ["x" * 1_000_000] * 5
    assert outcomes(pool(1), words) == {0: [word.upper() for word in words]}


def test_a_copy_closes_no_file_that_it_opens_itself() -> None:
    """A number in the list may be another file's by the time the copy closes it."""
    assert all(os.fstat(one) for one in _open_files())

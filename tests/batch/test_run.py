"""Order, retries and what is kept in memory, whatever the workers do."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from multiprocessing import connection
from pathlib import Path

import pytest

from pcisolve.batch.answer import Answer, Job, answer_of
from pcisolve.batch.input import Input
from pcisolve.batch.pool import Lost, Outcome, Pool
from pcisolve.batch.run import MAX_AHEAD, InProcess, Run
from pcisolve.core.errors import InputError
from pcisolve.problem.problem import Options
from tests.batch.work import Faulty

JOB = Job(Options())


def named(words: list[str]) -> Iterator[Input]:
    return (Input(f"{number:05}", "", data=word.encode()) for number, word in enumerate(words))


def rows(run: Run) -> list[dict[str, object]]:
    return [json.loads(answer.line(one.label)) for one, answer, _ in run.answers()]


def echo(one: Input) -> Answer:
    word = (one.data or b"").decode()
    return answer_of({"status": "solved", "word": word, "findings": []})._replace(seconds=0.002)


class Shuffled:
    """An engine that answers late and in any order, and loses some chunks."""

    def __init__(self, seed: int, losses: float = 0.0) -> None:
        self.random, self.losses = random.Random(seed), losses
        self.waiting: list[tuple[int, list[Input]]] = []
        self.most = 0

    @property
    def room(self) -> int:
        return 7 - len(self.waiting)

    def submit(self, number: int, chunk: list[Input]) -> None:
        self.waiting.append((number, chunk))

    def wait(self) -> Iterator[tuple[int, Outcome]]:
        number, chunk = self.waiting.pop(self.random.randrange(len(self.waiting)))
        if self.random.random() < self.losses:
            yield number, Lost("its worker went home")
        else:
            answers = [
                answer_of({"status": "solved", "word": (one.data or b"").decode(), "findings": []}) for one in chunk
            ]
            yield number, [answer._replace(seconds=0.002) for answer in answers]

    def close(self) -> None:
        pass


@pytest.mark.parametrize("seed", range(20))
def test_answers_come_in_input_order_each_once(seed: int) -> None:
    words = [f"w{number}" for number in range(random.Random(seed).randrange(300))]
    found = rows(Run(Shuffled(seed), JOB, named(words)))
    assert [row["word"] for row in found] == words
    assert [row["input"] for row in found] == [f"{number:05}" for number in range(len(words))]


@pytest.mark.parametrize("seed", range(10))
def test_lost_chunks_lose_no_line(seed: int) -> None:
    words = [f"w{number}" for number in range(200)]
    found = rows(Run(Shuffled(seed, losses=0.2), JOB, named(words)))
    assert [row["input"] for row in found] == [f"{number:05}" for number in range(200)]
    for row, word in zip(found, words, strict=True):
        assert row["status"] == "error" or row["word"] == word


def test_what_is_known_or_refused_is_not_worked_on() -> None:
    known = answer_of({"status": "solved", "word": "known", "findings": []})
    learned: list[str] = []

    def learn(one: Input, answer: Answer) -> None:
        learned.append(one.label)

    inputs = [*named(["a", "b"]), Input("bad", "", refusal=InputError("no good", expected="better")), *named(["c"])]
    run = Run(Shuffled(1), JOB, iter(inputs), known=lambda one: known if one.data == b"b" else None, learned=learn)
    found = list(run.answers())
    assert [answer.status for _, answer, _ in found] == ["solved", "solved", "invalid", "solved"]
    assert [one.known for one in found] == [False, True, True, False]
    assert "no good (expected better)" in found[2].answer.text
    assert sorted(learned) == ["00000", "00000"]


def test_one_slow_input_does_not_let_answers_pile_up() -> None:
    class FirstLast(Shuffled):
        def wait(self) -> Iterator[tuple[int, Outcome]]:
            self.waiting.sort(reverse=True)  # the first chunk is answered when nothing else is left
            self.most = max(self.most, taken)
            self.random = random.Random(0)
            number, chunk = self.waiting.pop(0)
            yield number, [answer_of({"status": "solved", "findings": []})] * len(chunk)

    taken = 0

    def counted() -> Iterator[Input]:
        nonlocal taken
        for one in named([""] * (3 * MAX_AHEAD)):
            taken += 1
            yield one

    engine = FirstLast(1)
    given = 0
    for _ in Run(engine, JOB, counted()).answers():
        given += 1
        assert taken - given <= MAX_AHEAD
    assert given == 3 * MAX_AHEAD


class Impatient(Pool):
    """Takes a worker for hanging as soon as it has fallen asleep: no clock decides."""

    folder: Path

    def wait(self) -> Iterator[tuple[int, Outcome]]:
        while self._busy and not connection.wait(list(self._busy), 0.01):
            asleep = [one for one in self._busy.values() if (self.folder / f"asleep-{one.process.pid}").exists()]
            for one in asleep:
                one.deadline = 0.0
            if asleep:
                break
        return super().wait()


def test_faulty_inputs_are_lines_and_their_neighbours_are_solved(tmp_path: Path) -> None:
    pool = Impatient(Faulty(str(tmp_path)), 2, seconds=600, megabytes=512)
    pool.folder = tmp_path
    try:
        words = ["a", "abort", "b", "once", "c", "sleep", "d"]
        found = rows(Run(pool, JOB, named(words)))
    finally:
        pool.close()
    assert [row["status"] for row in found] == [
        "solved", "error", "solved", "solved", "solved", "unknown", "solved",
    ]  # fmt: skip
    (fault,) = found[1]["findings"]  # type: ignore[misc]
    assert fault["message"] == "its worker was ended by SIGABRT, 3 times"
    (late,) = found[5]["findings"]  # type: ignore[misc]
    assert late["message"].startswith("stopped after ")


def test_in_process_solves() -> None:
    data = b"<domain><os><type arch='x86_64' machine='pc'>hvm</type></os></domain>"
    (found,) = Run(InProcess(JOB), JOB, iter([Input("g", "g.xml", data=data)])).answers()
    assert found.answer.status == "solved"
    assert found.answer.xml is None

"""Inputs in, answers out in the same order, however many are worked on at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import NamedTuple, Protocol

from pcisolve.batch.answer import Answer, Job, failed, out_of_time, refused, solve_content
from pcisolve.batch.input import STDIN, Input, content_of
from pcisolve.batch.pool import Lost, Outcome, Pool
from pcisolve.batch.shapes import Shapes
from pcisolve.core.errors import InputError
from pcisolve.libvirt.kinds import is_plan

MAX_CHUNK = 64
MAX_AHEAD = 4096  # inputs answered while an earlier one is not: bounds memory
MAX_BYTES_AHEAD = 64 << 20
_CHUNK_SECONDS = 0.1
_MAX_CHUNK_BYTES = 4 << 20  # of content that is sent along
_TRIES = 3


class Answered(NamedTuple):
    """An input and its answer; `known` when nothing had to be solved for it."""

    input: Input
    answer: Answer
    known: bool = False


class Engine(Protocol):
    """Who does the work: this process, others, or a cluster."""

    @property
    def room(self) -> int:
        """How many more chunks are taken now."""

    def submit(self, number: int, chunk: list[Input]) -> None:
        """Take a chunk."""

    def wait(self) -> Iterator[tuple[int, Outcome]]:
        """The chunks that are done, at least one if any is under way."""

    def close(self) -> None:
        """Stop, whatever is under way."""


def solve_inputs(job: Job, chunk: list[Input]) -> list[Answer]:
    """An answer for each input of a chunk; an unreadable one is an answer too."""
    return [_solve_input(job, one) for one in chunk]


def _solve_input(job: Job, one: Input) -> Answer:
    try:
        data = content_of(one)
    except InputError as error:
        return refused(error)
    if is_plan(data):  # it may stand on another file, which its name leads to
        alone = one.path is None and one.label != STDIN
        return solve_content(job._replace(options=job.options._replace(alone=alone)), data, one.label)
    return _shapes(job).solve(data) if job.by_shape else solve_content(job, data)


@lru_cache(maxsize=2)
def _shapes(job: Job) -> Shapes:
    """The shapes that this process has met."""
    return Shapes(job)


class InProcess:
    """The engine without processes: for a single input, which needs no isolation from others."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._done: list[tuple[int, Outcome]] = []

    @property
    def room(self) -> int:
        """One chunk at a time."""
        return 0 if self._done else 1

    def submit(self, number: int, chunk: list[Input]) -> None:
        """Solve the chunk."""
        self._done.append((number, solve_inputs(self._job._replace(by_shape=False), chunk)))

    def wait(self) -> Iterator[tuple[int, Outcome]]:
        """What submit() solved."""
        done, self._done = self._done, []
        yield from done

    def close(self) -> None:
        """Nothing is under way."""


def hard_limit(job: Job) -> float:
    """Seconds after which an input is stopped from outside: well beyond what its own time limits add up to."""
    return 10 + 4 * job.options.time_limit


def processes(job: Job, workers: int, megabytes: int, *, forks: bool = False) -> Pool:
    """The engine of worker processes."""
    return Pool(partial(solve_inputs, job), workers, seconds=hard_limit(job), megabytes=megabytes, forks=forks)


class _Chunk(NamedTuple):
    """Consecutive places in the output and their inputs; how often it was tried."""

    places: list[int]
    inputs: list[Input]
    tries: int = 0


class Run:
    """One pass over the inputs. Iterate over answers() once.

    Args:
        known: an answer that need not be found again, or None.
        learned: is told every answer as soon as it is there, in any order.
    """

    def __init__(
        self,
        engine: Engine,
        job: Job,
        inputs: Iterator[Input],
        *,
        known: Callable[[Input], Answer | None] = lambda one: None,
        learned: Callable[[Input, Answer], None] = lambda one, answer: None,
    ) -> None:
        self._engine, self._job, self._inputs = engine, job, inputs
        self._known, self._learned = known, learned
        self._ready: dict[int, Answered] = {}
        self._bytes_ready = 0
        self._again: deque[_Chunk] = deque()
        self._under_way: dict[int, _Chunk] = {}
        self._taken = self._given = self._submitted = 0
        self._exhausted = False
        self._seconds_each = _CHUNK_SECONDS

    def answers(self) -> Iterator[Answered]:
        """Every input's answer, in order."""
        while True:
            self._hand_out()
            while self._given in self._ready:
                answered = self._ready.pop(self._given)
                self._given += 1
                self._bytes_ready -= _size(answered.answer)
                yield answered
            if self._under_way:
                for number, outcome in self._engine.wait():
                    self._take_back(self._under_way.pop(number), outcome)
            elif self._exhausted and not self._again and not self._ready:
                return

    def _hand_out(self) -> None:
        while self._engine.room > 0:
            chunk = self._again.popleft() if self._again else self._next_chunk()
            if not chunk.inputs:
                return
            self._under_way[self._submitted] = chunk
            self._engine.submit(self._submitted, chunk.inputs)
            self._submitted += 1

    def _next_chunk(self) -> _Chunk:
        chunk, size = _Chunk([], []), 0
        wanted = max(1, min(MAX_CHUNK, int(_CHUNK_SECONDS / max(self._seconds_each, 1e-6))))
        while len(chunk.inputs) < wanted and size < _MAX_CHUNK_BYTES and self._may_go_ahead():
            one = next(self._inputs, None)
            if one is None:
                self._exhausted = True
                break
            place, self._taken = self._taken, self._taken + 1
            answer = refused(one.refusal) if one.refusal is not None else self._known(one)
            if answer is not None:
                self._put(place, Answered(one._replace(data=None), answer, True))
                continue
            chunk.places.append(place)
            chunk.inputs.append(one)
            size += len(one.data or b"")
        return chunk

    def _may_go_ahead(self) -> bool:
        return self._taken - self._given < MAX_AHEAD and self._bytes_ready < MAX_BYTES_AHEAD

    def _put(self, place: int, answered: Answered) -> None:
        self._ready[place] = answered
        self._bytes_ready += _size(answered.answer)

    def _take_back(self, chunk: _Chunk, outcome: Outcome) -> None:
        if isinstance(outcome, Lost):
            self._lost(chunk, outcome)
            return
        for place, one, answer in zip(chunk.places, chunk.inputs, outcome, strict=True):
            self._learned(one, answer)
            self._put(place, Answered(one._replace(data=None), answer))
            self._seconds_each += (answer.seconds - self._seconds_each) / 16

    def _lost(self, chunk: _Chunk, lost: Lost) -> None:
        """Try again, each input alone, so that the one at fault costs nobody else."""
        if len(chunk.inputs) > 1:
            self._again.extend(_Chunk([place], [one]) for place, one in zip(chunk.places, chunk.inputs, strict=True))
            return
        tries = chunk.tries + 1
        if tries < _TRIES and not lost.late:
            self._again.append(chunk._replace(tries=tries))
            return
        answer = out_of_time(hard_limit(self._job)) if lost.late else failed(f"{lost.reason}, {tries} times")
        self._put(chunk.places[0], Answered(chunk.inputs[0]._replace(data=None), answer))


def _size(answer: Answer) -> int:
    return len(answer.text) + len(answer.xml or b"")

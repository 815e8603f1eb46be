"""pcisolve batch."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from typing import Any

import click

from pcisolve.batch.answer import Job, refused
from pcisolve.batch.input import Input
from pcisolve.batch.inputs import inputs, refuse_same_names
from pcisolve.batch.output import Lines, Solved
from pcisolve.batch.run import Answered, Engine, InProcess, Run, processes
from pcisolve.cli.common import options_of, problem_options, solve_options
from pcisolve.core.errors import InputError
from pcisolve.verdict.values import SOLVED


@click.command("batch")
@click.argument("paths", nargs=-1, required=True)
@click.option("--output", "-o", metavar="FILE", help="write the lines there instead of to stdout")
@click.option("--write", metavar="DIR", help="put solved files there, under their relative paths")
@click.option("--workers", type=click.IntRange(min=1, max=1024), metavar="N", help="processes [one per CPU]")
@click.option(
    "--memory-limit",
    type=click.IntRange(min=64),
    default=2048,
    metavar="MIB",
    help="memory that a worker may take for its input [2048]",
)
@click.option("--fail-fast", is_flag=True, help="stop after the first input that is not solved")
@problem_options
@solve_options
def command(
    paths: tuple[str, ...],
    output: str | None,
    write: str | None,
    workers: int | None,
    memory_limit: int,
    fail_fast: bool,
    quiet: bool,
    models: str | None,
    **words: Any,
) -> None:
    """Many inputs, one JSON line each, in input order.

    PATHS are files, directories (searched for *.xml), globs, tar archives and files of JSON Lines with the keys
    "id" and "xml", packed with gzip, bzip2 or xz or not; "-" is one of these on stdin.

    An input that crashes its worker, or needs more memory than it may have, is a line with status "error".

    \b
    Examples:
      pcisolve batch fleet/ -o fleet.jsonl --write solved/
      pcisolve batch 'fleet/**/*.xml' --workers 4
      pcisolve batch guests.tar.gz more-guests.jsonl
    """
    job = Job(options_of(words), models, wants_xml=write is not None)
    if write is not None and not (len(paths) == 1 and os.path.isdir(paths[0])):
        refuse_same_names(paths)
    solved = None if write is None else Solved(write)
    with Lines(output) as lines:
        source, engine = _engine(inputs(paths, leave_out=write), job, workers, memory_limit)
        try:
            worst = _deliver(Run(engine, job, source).answers(), lines, solved, fail_fast)
        finally:
            engine.close()
    sys.exit(worst)


def _engine(source: Iterator[Input], job: Job, workers: int | None, megabytes: int) -> tuple[Iterator[Input], Engine]:
    """A single input is solved in this process, which saves the start of another one."""
    first = list(itertools.islice(source, 2))
    source = itertools.chain(first, source)
    if len(first) < 2:
        return source, InProcess(job)
    return source, processes(job, workers or len(os.sched_getaffinity(0)), megabytes)


def _deliver(answers: Iterator[Answered], lines: Lines, solved: Solved | None, fail_fast: bool) -> int:
    """Write every answer out; the exit code."""
    worst = 0
    for one, answer, _ in answers:
        if solved is not None and answer.xml is not None:
            try:
                solved.write(one.name, answer.xml)
            except InputError as error:
                answer = refused(error)
        lines.write(answer.line(one.label))
        if answer.status != SOLVED:
            worst = 1
            if fail_fast:
                break
    return worst

"""pcisolve batch."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import IO, Any

import click

from pcisolve.batch.inputs import Input, inputs
from pcisolve.batch.run import Job, run
from pcisolve.cli.common import options_of, problem_options, solve_options
from pcisolve.core.errors import InputError
from pcisolve.verdict.values import SOLVED


@click.command("batch")
@click.argument("paths", nargs=-1, required=True)
@click.option("--output", "-o", metavar="FILE", help="write the lines there instead of to stdout")
@click.option("--write", metavar="DIR", help="put solved files there, under their relative paths")
@click.option("--workers", type=click.IntRange(min=1), default=1, help="processes [1]")
@problem_options
@solve_options
def command(
    paths: tuple[str, ...],
    output: str | None,
    write: str | None,
    workers: int,
    quiet: bool,
    models: str | None,
    **words: Any,
) -> None:
    """Many files, one JSON line each, in input order.

    PATHS are files, directories (searched for *.xml) and globs.

    \b
    Examples:
      pcisolve batch fleet/ -o fleet.jsonl --write solved/
      pcisolve batch 'fleet/**/*.xml' --workers 4
    """
    job = Job(options_of(words), models, write)
    files = list(inputs(list(paths)))
    if write is not None:
        _refuse_same_names(files)
        os.makedirs(write, exist_ok=True)
    worst = 0
    with _opened(output) as out:
        for line in run(job, files, workers):
            out.write(line.text + "\n")
            if line.status != SOLVED:
                worst = 1
    sys.exit(worst)


def _refuse_same_names(files: list[Input]) -> None:
    """Two inputs must not be written to one file."""
    seen: dict[str, str] = {}
    for one in files:
        if one.name in seen:
            message = f"{seen[one.name]} and {one.path} would both be written to {one.name}"
            raise InputError(message, expected="inputs of different names, or the directory that holds them")
        seen[one.name] = one.path


def _opened(output: str | None) -> contextlib.AbstractContextManager[IO[str]]:
    if output is None or output == "-":
        return contextlib.nullcontext(sys.stdout)
    return open(output, "w", encoding="utf-8")

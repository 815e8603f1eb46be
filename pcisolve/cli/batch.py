"""pcisolve batch."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from pcisolve.batch.answer import Job, refused
from pcisolve.batch.input import Input
from pcisolve.batch.inputs import count, inputs, refuse_same_names
from pcisolve.batch.many import MEGABYTES, Means, answers
from pcisolve.batch.output import Lines, Solved
from pcisolve.batch.run import Answered
from pcisolve.batch.tally import Tally
from pcisolve.catalog.catalog import load_catalog
from pcisolve.cli import progress
from pcisolve.cli.common import options_of, problem_options, solve_options
from pcisolve.cli.completing import any_file, any_folder
from pcisolve.cli.interrupted import of_batch, on_interrupt
from pcisolve.cli.settings import Settings
from pcisolve.core.errors import InputError
from pcisolve.verdict.values import SOLVED

if TYPE_CHECKING:
    from distributed import Client

    _Pair = click.ParamType[tuple[int, int]]
else:
    _Pair = click.ParamType  # which takes no type before click 8.4


class _Shard(_Pair):
    """I/N: every Nth input, beginning with the Ith."""

    name = "I/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        number, _, total = str(value).partition("/")
        if not (number.isdecimal() and total.isdecimal() and 1 <= int(number) <= int(total)):
            self.fail(f'"{value}" is not a shard such as 1/4 or 4/4', param, ctx)
        return int(number), int(total)


_HELP = """\
Many inputs, one JSON line each, in input order.

PATHS are files, directories (searched for *.xml), globs, tar archives and files of JSON Lines with the keys
"id" and "xml", packed with gzip, bzip2 or xz or not; "-" is one of these on stdin.

An input that crashes its worker, or needs more memory than it may have, is a line with status "error".

\b
Examples:
  pcisolve batch fleet/ -o fleet.jsonl --write solved/
  pcisolve batch 'fleet/**/*.xml' --workers 4
  pcisolve batch guests.tar.gz more-guests.jsonl
  pcisolve batch fleet/ --moves 9.0.0 12.8 -o moves.jsonl
"""


@click.command("batch", help=_HELP)
@click.argument("paths", nargs=-1, required=True, shell_complete=any_file)
@click.option(
    "--output", "-o", metavar="FILE", shell_complete=any_file, help="write the lines there instead of to stdout"
)
@click.option(
    "--write", metavar="DIR", shell_complete=any_folder, help="put solved files there, under their relative paths"
)
@click.option("--workers", type=click.IntRange(min=1, max=1024), metavar="N", help="processes [one per CPU]")
@click.option(
    "--memory-limit",
    type=click.IntRange(min=64),
    default=MEGABYTES,
    metavar="MIB",
    help="memory that a worker may take for its input [2048]",
)
@click.option("--fail-fast", is_flag=True, help="stop after the first input that is not solved")
@click.option(
    "--ledger",
    metavar="FILE",
    shell_complete=any_file,
    help="record answers there, and take from it what is recorded already",
)
@click.option("--cluster", metavar="URL", help="let a Dask cluster do the work, such as tcp://host:8786")
@click.option("--shard", type=_Shard(), help="only every Nth input, beginning with the Ith")
@click.option("--shapes/--no-shapes", default=True, help="solve guests that differ in names only once [--shapes]")
@click.option("--repairs", is_flag=True, help="prove and repair what is refused, as check does")
@click.option(
    "--moves",
    nargs=2,
    metavar="A B",
    help="solve nothing: which guests does libvirt B lay out otherwise than libvirt A, and why",
)
@click.option("--summary", is_flag=True, help="tell counts and the slowest inputs on stderr")
@problem_options
@solve_options(against=False)
def command(
    paths: tuple[str, ...],
    output: str | None,
    write: str | None,
    workers: int | None,
    memory_limit: int,
    ledger: str | None,
    cluster: str | None,
    shard: tuple[int, int] | None,
    quiet: bool,
    **words: Any,
) -> None:
    """pcisolve batch; its help is _HELP."""
    job = _job(write, **words)
    source = _source(paths, write, shard)
    tally, start = Tally(), time.monotonic()
    on_interrupt(lambda: of_batch(tally.total, output, write, ledger))
    with contextlib.ExitStack() as stack:
        means = Means(workers, memory_limit, ledger, _client(cluster, stack), forks=True)
        solved = None if write is None else Solved(write)
        lines = stack.enter_context(Lines(output))
        shown = stack.enter_context(contextlib.closing(_progress(paths, shard, output, quiet)))
        for answered in stack.enter_context(contextlib.closing(answers(source, job, means))):
            tally.add(_deliver(answered, lines, solved))
            shown.show(tally.total)
            if words["fail_fast"] and tally.total > tally.statuses[SOLVED]:
                break
    if words["summary"]:
        click.echo(tally.text(time.monotonic() - start), err=True, nl=False)
    sys.exit(0 if tally.total == tally.statuses[SOLVED] else 1)


def _job(
    write: str | None, *, shapes: bool, repairs: bool, moves: tuple[str, str] | None, models: str | None, **words: Any
) -> Job:
    """What is done with each input.

    Raises:
        click.UsageError: words that do not go together.
        InputError: a wrong models file; it would be wrong for every input.
    """
    options, models = Settings(words, models).named()
    load_catalog(models)
    if not moves:
        return Job(options._replace(repairs=repairs), models, write is not None, shapes)
    if write is not None:
        raise click.UsageError("--moves writes no guests; `pcisolve diff --pin` does")
    before, after = (options_of({**words, "libvirt": one}) for one in moves)
    return Job(before, models, by_shape=False, moves=after)


def _source(paths: tuple[str, ...], write: str | None, shard: tuple[int, int] | None) -> Iterator[Input]:
    """The inputs that are this batch's."""
    if write is not None and not (len(paths) == 1 and os.path.isdir(paths[0])):
        refuse_same_names(paths)
    source = inputs(paths, leave_out=write)
    return source if shard is None else itertools.islice(source, shard[0] - 1, None, shard[1])


def _client(address: str | None, stack: contextlib.ExitStack) -> Client | None:
    if address is None:
        return None
    from pcisolve.batch.cluster import connect

    return stack.enter_context(connect(address))


def _progress(
    paths: tuple[str, ...], shard: tuple[int, int] | None, output: str | None, quiet: bool
) -> progress.Lines | progress.Bar:
    """A bar where it disturbs nobody: on a terminal, unless the lines of output go to one."""
    if quiet or not sys.stderr.isatty() or (output in (None, "-") and sys.stdout.isatty()):
        return progress.Lines(quiet=quiet)
    total = count(paths)
    return progress.Bar(total if shard is None or total is None else len(range(shard[0] - 1, total, shard[1])))


def _deliver(answered: Answered, lines: Lines, solved: Solved | None) -> Answered:
    """Write an answer out; the answer as it was written."""
    one, answer, _ = answered
    if solved is not None and answer.xml is not None:
        try:
            solved.write(one.name, answer.xml)
        except InputError as error:
            answered = answered._replace(answer=refused(error))
    lines.write(answered.answer.line(one.label))
    return answered

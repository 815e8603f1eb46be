"""pcisolve check."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any

import click

from pcisolve.api.guest import Guest
from pcisolve.api.guests import Guests
from pcisolve.api.limits import OutOfTime, undecided, within
from pcisolve.cli.common import problem_options, proof_options, say_reading
from pcisolve.cli.completing import any_file
from pcisolve.cli.connected import connect_option, loaded
from pcisolve.cli.interrupted import on_interrupt
from pcisolve.cli.report import MACHINES, TEXTS, Report, Style
from pcisolve.cli.settings import Settings
from pcisolve.problem.problem import Options
from pcisolve.verdict.mended import Wanted
from pcisolve.verdict.values import Verdict

_PICTURES = ("html", "svg")


_HELP = """\
Everything that is wrong, at once, with file and line, and what would mend it.

FILES are libvirt domain XMLs, complete or not; what they leave open is completed the way libvirt does. Folders are
searched for *.xml and plan files; globs are expanded. "-" or nothing is stdin. --fix writes to the file itself, or for
stdin to stdout, and --diff prints what it would write. Exit code 0: nothing is wrong, or with --fix nothing any more;
warnings and notes do not count.

\b
Examples:
  pcisolve check guest.xml
  pcisolve check --fix --diff guest.xml
  pcisolve check --fix guest.xml
  pcisolve check --format concise fleet/
  pcisolve check --statistics fleet/
  pcisolve check --format junit --output-file report.xml fleet/
  pcisolve check --format html guest.xml > findings.html
  virsh dumpxml vm | pcisolve check --format json
  pcisolve check --connect qemu:///system vm
"""


@click.command("check", help=_HELP)
@click.argument("files", nargs=-1, shell_complete=any_file)
@click.option(
    "--format",
    "style",
    type=click.Choice((*TEXTS, *MACHINES, *_PICTURES)),
    default="full",
    help="how findings are printed; html and svg: as a picture, in their places [full]",
)
@click.option("--output-file", metavar="FILE", help="write findings there instead of to stdout (replaced whole)")
@click.option("--statistics", is_flag=True, help="how many findings each rule has, instead of the findings")
@click.option("--exit-zero", is_flag=True, help="exit code 0 also where there are errors")
@click.option("--diff", is_flag=True, help="print the repairs as a unified diff; nothing is written")
@click.option(
    "--fix", is_flag=True, help="write the repairs into the files, as far as nothing is lost or moved by them"
)
@click.option(
    "--unsafe-fixes", is_flag=True, help="with --fix or --diff: also repairs that lose something or move other parts"
)
@click.option(
    "--pick", type=click.IntRange(min=1), default=1, metavar="N", help="which repair of each finding is made [1]"
)
@click.option("--error-on-warning", is_flag=True, help="warnings count as errors, for the exit code and for --fix")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0.001),
    default=30.0,
    metavar="S",
    help="seconds that proving and repairing may take, for each file [30]",
)
@connect_option
@proof_options
@problem_options
def command(
    files: tuple[str, ...],
    connect: str | None,
    style: str,
    output_file: str | None,
    statistics: bool,
    exit_zero: bool,
    diff: bool,
    fix: bool,
    unsafe_fixes: bool,
    pick: int,
    error_on_warning: bool,
    quiet: bool,
    models: str | None,
    **words: Any,
) -> None:
    """pcisolve check; its help is _HELP."""
    settings, mends = Settings(words, models), fix or diff
    _refuse_mixed(style, output_file, mends=mends, unsafe=unsafe_fixes, statistics=statistics)
    if connect is not None and (mends or style in _PICTURES or "-" in (files or "-")):
        raise click.UsageError("--connect goes with names of domains, and with neither --fix, --diff nor pictures")
    if style in _PICTURES:
        worst = _drawn(files, settings, style, output_file, error_on_warning=error_on_warning)
        sys.exit(0 if exit_zero and worst == 1 else worst)
    report = Report(Style(style, quiet, statistics, output_file), error_on_warning=error_on_warning)
    wanted = Wanted(pick, unsafe_fixes, error_on_warning) if mends else None
    if fix and not diff:
        on_interrupt(lambda: _fixed_before(report))
    for file in files if connect else _files(files):
        options, models = settings.of(file)
        if not connect:
            say_reading(file)
        with report.failures(file):
            _take(file, loaded(file, connect, models), options, report, wanted, writes=not diff)
    report.finish(mended=mends, several=report.files > 1 or report.last not in (*files, "-"))
    sys.exit(0 if exit_zero and report.worst == 1 else report.worst)


def _fixed_before(report: Report) -> str:
    if report.last == "-":
        return "no file was changed"
    done = max(0, report.files - 1)
    before = f"{done:,} file{' is' if done == 1 else 's are'} done"
    return f"{before}, {report.last} is whole, repaired or as it was; the same command goes on with what is left"


def _drawn(
    files: tuple[str, ...], settings: Settings, style: str, output: str | None, *, error_on_warning: bool
) -> int:
    """Findings as pictures; the exit code."""
    from pcisolve.cli.pictures import check_pictures

    return check_pictures(tuple(_files(files)), settings, style, output, error_on_warning=error_on_warning)


def _files(arguments: tuple[str, ...]) -> Iterable[str]:
    """The files of the arguments: see cli.found, which files that are named do without."""
    if not any(os.path.isdir(one) or any(sign in one for sign in "*?[") for one in arguments):
        return arguments or ("-",)
    from pcisolve.cli.found import files_of

    return files_of(arguments)


def _refuse_mixed(style: str, output: str | None, *, mends: bool, unsafe: bool, statistics: bool) -> None:
    """Refuse words that do not go together.

    Raises:
        click.UsageError: some do not.
    """
    if unsafe and not mends:
        raise click.UsageError("--unsafe-fixes goes with --fix or --diff")
    if style in _PICTURES and mends:
        raise click.UsageError(f"--format {style} goes with neither --fix nor --diff")
    if statistics and (mends or style not in (*TEXTS, "json", "jsonl")):
        raise click.UsageError(
            "--statistics goes with --format full, concise, json or jsonl, and without --fix or --diff"
        )
    if output is not None and mends and style in TEXTS:
        raise click.UsageError(
            "--output-file takes findings: with --fix or --diff it goes with --format json and alike"
        )


def _take(file: str, guests: Guests, options: Options, report: Report, wanted: Wanted | None, *, writes: bool) -> None:
    """Check the guests of a file, or mend them as it is wanted."""
    if wanted is None:
        edits = report.wants_edits and not guests.packing
        for guest in guests:
            report.checked(guests, guest, _checked(guest, options._replace(edits=edits)))
        return
    repair = wanted._asdict()
    repaired = [within(options.time_limit, partial(guest.repair, options, **repair)) for guest in guests]
    report.mended(guests, file, repaired, writes=writes)


def _checked(guest: Guest, options: Options) -> Verdict:
    try:
        return within(options.time_limit, lambda: guest.check(options, layout=False))
    except OutOfTime:
        return undecided(options)

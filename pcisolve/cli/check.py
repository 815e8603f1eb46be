"""pcisolve check."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import click

from pcisolve.api.guest import Guest
from pcisolve.api.guests import Guests
from pcisolve.cli.common import (
    emit,
    head_of,
    options_of,
    print_findings,
    problem_options,
    proof_options,
    refuse,
    text_diff,
)
from pcisolve.cli.completing import any_file
from pcisolve.cli.connected import connect_option, loaded
from pcisolve.cli.limits import SAID, OutOfTime, undecided, within
from pcisolve.core.errors import InputError
from pcisolve.core.files import is_read_only, write_atomically
from pcisolve.problem.problem import Options
from pcisolve.verdict.mended import Mended, Wanted
from pcisolve.verdict.values import EXIT_CODE, UNKNOWN, Finding, Verdict

_STYLES = ("full", "concise", "json", "jsonl", "github", "sarif")
_PICTURES = ("html", "svg")


_HELP = """\
Everything that is wrong, at once, with file and line, and what would mend it.

FILES are libvirt domain XMLs, complete or not; what they leave open is completed the way libvirt does.
"-" or nothing is stdin. --fix writes to the file itself, or for stdin to stdout, and --diff prints what it would
write. Exit code 0: nothing is wrong, or with --fix nothing any more; warnings and notes do not count.

\b
Examples:
  pcisolve check guest.xml
  pcisolve check --fix --diff guest.xml
  pcisolve check --fix guest.xml
  pcisolve check --format concise *.xml
  pcisolve check --format html guest.xml > findings.html
  virsh dumpxml vm | pcisolve check --format json
  pcisolve check --connect qemu:///system vm
"""


@click.command("check", help=_HELP)
@click.argument("files", nargs=-1, shell_complete=any_file)
@click.option(
    "--format",
    "style",
    type=click.Choice((*_STYLES, *_PICTURES)),
    default="full",
    help="how findings are printed; html and svg: as a picture, in their places [full]",
)
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
    options, files, mends = options_of(words), files or ("-",), fix or diff
    if unsafe_fixes and not mends:
        raise click.UsageError("--unsafe-fixes goes with --fix or --diff")
    if connect is not None and (mends or style in _PICTURES or "-" in files):
        raise click.UsageError("--connect goes with names of domains, and with neither --fix, --diff nor pictures")
    if style in _PICTURES and mends:
        raise click.UsageError(f"--format {style} goes with neither --fix nor --diff")
    if style in _PICTURES:
        from pcisolve.cli.pictures import check_pictures

        sys.exit(check_pictures(files, options, style, models, error_on_warning=error_on_warning))
    told = _Told(style, quiet, error_on_warning)
    wanted = Wanted(pick, unsafe_fixes, error_on_warning) if mends else None
    for file in files:
        with told.failures(file):
            _take(file, loaded(file, connect, models), options, told, wanted, writes=not diff)
    told.finish(mended=mends)
    sys.exit(told.worst)


def _take(file: str, guests: Guests, options: Options, told: _Told, wanted: Wanted | None, *, writes: bool) -> None:
    """Check the guests of a file, or mend them as it is wanted."""
    if wanted is None:
        for guest in guests:
            told.checked(guests, guest, _checked(guest, options))
        return
    repair = wanted._asdict()
    repaired = [within(options.time_limit, partial(guest.repair, options, **repair)) for guest in guests]
    told.mended(guests, file, repaired, writes=writes)


def _checked(guest: Guest, options: Options) -> Verdict:
    try:
        return within(options.time_limit, lambda: guest.check(options, layout=False))
    except OutOfTime:
        return undecided(options)


class _Told:
    """What was found in all files, and how it leaves."""

    def __init__(self, style: str, quiet: bool, error_on_warning: bool) -> None:
        self.style, self.quiet, self.error_on_warning = style, quiet, error_on_warning
        self.worst = 0
        self.findings: list[Finding] = []
        self.repairs: list[dict[str, Any]] = []

    @contextlib.contextmanager
    def failures(self, file: str) -> Iterator[None]:
        """What of a file cannot be used, or was not decided in time, is said; the others follow."""
        try:
            yield
        except InputError as error:
            refuse(error)
            self.worst = 2
        except OutOfTime:
            click.echo(f"{file}: {SAID}", err=True)
            self.worst = EXIT_CODE[UNKNOWN]

    @property
    def as_text(self) -> bool:
        """Whether people are to read it."""
        return self.style in ("full", "concise")

    def checked(self, guests: Guests, guest: Guest, verdict: Verdict) -> None:
        """One guest was checked."""
        self._exit(verdict)
        self.findings += verdict.findings
        if verdict.status == UNKNOWN and not self.quiet:
            click.echo(f"{guests.name}: {SAID}", err=True)
        if self.as_text and not self.quiet:
            if verdict.findings and self.style == "full":
                click.echo(head_of(guests, guest), nl=False)
            print_findings(guest, verdict, self.style)

    def mended(self, guests: Guests, file: str, repaired: list[Mended], *, writes: bool) -> None:
        """The guests of a file were mended: it is written, or the difference shown."""
        diff = None
        contents = [one.data for one in repaired]
        if not writes:
            diff = text_diff(*guests.texts(contents), "repaired")
        elif file != "-":
            _write(guests, file, contents)
        for one in repaired:
            self._exit(one.verdict)
            if not writes and one.done:
                self.worst = max(self.worst, 1)  # the file is as it was
            self.findings += one.verdict.findings
        if not self.as_text:
            self._mended_rows(guests, repaired, diff)
            return
        if diff is not None:
            emit(diff, None)
        elif file == "-":
            emit(guests.replaced(contents), None)
        if not self.quiet:
            self._summaries(guests, repaired)

    def _summaries(self, guests: Guests, repaired: list[Mended]) -> None:
        from pcisolve.render.mended import summary

        for guest, one in zip(guests, repaired, strict=True):
            name = f"{guests.name}: {guests.label(guest)}" if len(guests) > 1 else guests.name
            click.echo(summary(name, one), err=True, nl=False)

    def _mended_rows(self, guests: Guests, repaired: list[Mended], diff: bytes | None) -> None:
        """A row for each guest; the difference is that of the file, and stands in its first row."""
        said = None if diff is None else diff.decode()
        for guest, one in zip(guests, repaired, strict=True):
            row = one.to_json(guests.name, said)
            self.repairs.append({**row, "domain": guests.label(guest)} if len(guests) > 1 else row)
            said = None if said is None else ""

    def finish(self, *, mended: bool) -> None:
        """Print what is printed once for all files."""
        import json  # 3 ms that text never pays

        if self.as_text:
            return
        if mended and self.style == "json":
            click.echo(json.dumps(self.repairs, indent=2))
        elif mended and self.style == "jsonl":
            click.echo("".join(json.dumps(one) + "\n" for one in self.repairs), nl=False)
        else:
            click.echo(_printed(self.findings, self.style), nl=False)

    def _exit(self, verdict: Verdict) -> None:
        warned = self.error_on_warning and any(one.severity == "warning" for one in verdict.findings)
        self.worst = max(self.worst, verdict.exit_code, int(warned))


def _write(guests: Guests, file: str, contents: list[bytes]) -> None:
    """Put the repaired domains into the file that they come from, if it still is as it was read.

    Raises:
        InputError: it is not, or it cannot be written.
    """
    if all(guest.document.data == content for guest, content in zip(guests, contents, strict=True)):
        return
    read_only = is_read_only(file)
    try:
        write_atomically(file, guests.file_with(contents), expected=guests.raw, even_read_only=True)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}", expected="a file that can be written") from None
    if read_only:
        click.echo(f"{file}: the file was read-only, has been written all the same, and is read-only again", err=True)


def _printed(findings: list[Finding], style: str) -> str:
    import json  # 3 ms that text never pays

    if style == "github":
        from pcisolve.render.github import github

        return github(findings)
    if style == "sarif":
        from pcisolve.render.sarif import sarif

        return json.dumps(sarif(findings), indent=2) + "\n"
    if style == "json":
        return json.dumps([one.to_json() for one in findings], indent=2) + "\n"
    return "".join(json.dumps(one.to_json()) + "\n" for one in findings)

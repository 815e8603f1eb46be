"""pcisolve diff."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pcisolve.api.limits import OutOfTime, within
from pcisolve.cli.common import emit, limit_option, options_of, refuse
from pcisolve.cli.completing import any_file
from pcisolve.cli.pictures import style_of
from pcisolve.cli.terminal import paint_of
from pcisolve.core.errors import InputError
from pcisolve.ops.difference import diff
from pcisolve.render.difference import text
from pcisolve.render.picture.formats import FORMATS
from pcisolve.verdict.values import EXIT_CODE, UNKNOWN

if TYPE_CHECKING:
    from pcisolve.problem.problem import Options

_VERSIONS = 2


_HELP = """\
What is added, removed, moved and changed between two layouts, and what the guest will notice.

BEFORE and AFTER are domain XML, completed as libvirt would, or JSON of pcisolve solve; one of them may be "-".
With --libvirt twice, each file is a guest, and compared with itself under the other version of libvirt.
Exit code 0: the same layout; 1: they differ; 2: one of them is unusable; 3: not compared in time.

\b
Examples:
  pcisolve diff running.xml next.xml
  pcisolve solve --against running.xml next.xml | pcisolve diff running.xml -
  pcisolve diff --format json old.json new.json
  pcisolve diff running.xml next.xml -o moves.html
  pcisolve diff --libvirt 9.0.0 --libvirt 12.8 guest.xml
  pcisolve diff --libvirt 9.0.0 --libvirt 12.8 --pin guest.xml > pinned.xml
"""


@click.command("diff", help=_HELP)
@click.argument("files", nargs=-1, required=True, shell_complete=any_file, metavar="BEFORE AFTER")
@click.option(
    "--format",
    "style",
    type=click.Choice(("full", "json", *FORMATS)),
    help="what to print; all but full and json are pictures [by the name of the output file, else full]",
)
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    shell_complete=any_file,
    help="write the picture there instead of to stdout (replaced whole)",
)
@click.option("--all", "everything", is_flag=True, help="every entry, however many there are")
@click.option(
    "--libvirt",
    multiple=True,
    metavar="VERSION",
    help="libvirt that completes the layouts [newest]; given twice: what moves in each file from the one to the other",
)
@limit_option
@click.option("--pin", is_flag=True, help="with two versions: print the guest with what keeps everything in place")
@click.option("--models", metavar="DIR", help="a folder of models that adds to and overrides the shipped ones")
@click.option("--quiet", "-q", is_flag=True, help="say it with the exit code only")
def command(
    files: tuple[str, ...],
    style: str | None,
    output: str | None,
    everything: bool,
    libvirt: tuple[str, ...],
    time_limit: float,
    pin: bool,
    models: str | None,
    quiet: bool,
) -> None:
    """pcisolve diff; its help is _HELP."""
    versions = [options_of({"libvirt": one}) for one in libvirt]
    style = style_of(style, output, "full")
    asked = _Asked(files, versions, _Told(style, everything, quiet), output, models)
    asked.refuse(pin=pin)
    compare = _difference if len(versions) < _VERSIONS else _pinned if pin else _moves
    try:
        sys.exit(within(time_limit, lambda: compare(asked)))
    except OutOfTime:
        click.echo(f"{' '.join(files)}: not compared within {time_limit:g} s", err=True)
        sys.exit(EXIT_CODE[UNKNOWN])


class _Told(NamedTuple):
    """How it is told."""

    style: str
    everything: bool
    quiet: bool


class _Asked(NamedTuple):
    """What is compared, and where a picture goes."""

    files: tuple[str, ...]
    versions: list[Options]
    told: _Told
    output: str | None
    models: str | None

    def refuse(self, *, pin: bool) -> None:
        """Refuse words that do not go together.

        Raises:
            click.UsageError: some do not.
        """
        files, style, both = self.files, self.told.style, len(self.versions) == _VERSIONS
        if len(self.versions) > _VERSIONS:
            raise click.UsageError("--libvirt is given at most twice")
        if style not in FORMATS and self.output not in (None, "-"):
            raise click.UsageError("text is for stdout; a picture's file ends in .svg, .html, .dot or .mmd")
        if style in FORMATS and (pin or (both and len(files) > 1)):
            raise click.UsageError(f"--format {style} takes no --pin, and with two versions of --libvirt one guest")
        if pin and not both:
            raise click.UsageError("--pin goes with two versions of --libvirt")
        if pin and len(files) > 1:
            raise click.UsageError("--pin takes one guest")
        if not both and len(files) != _VERSIONS:
            raise click.UsageError("two layouts are compared, or with two versions of --libvirt one guest with itself")
        if not both and files == ("-", "-"):
            raise click.UsageError("only one of the two can come from stdin")


def _difference(asked: _Asked) -> int:
    """Compare two layouts; the exit code."""
    (before, after), told = asked.files, asked.told
    if told.style in FORMATS:
        from pcisolve.cli.pictures import diff_picture

        return diff_picture(before, after, *asked.versions, style=told.style, output=asked.output, models=asked.models)
    found = diff(before, after, *asked.versions, models=asked.models)
    if not told.quiet and told.style == "json":
        emit((json.dumps(found.to_json(), indent=2) + "\n").encode(), None)
    elif not told.quiet:
        emit(text(found, everything=told.everything, paint=paint_of()).encode(), None)
    return 0 if found.is_empty else 1


def _pinned(asked: _Asked) -> int:
    """Print the guest with what keeps everything in place; the exit code."""
    from pcisolve.ops import moves

    before, after = asked.versions
    pinned = moves.pin(asked.files[0], before, after, models=asked.models)
    emit(pinned.data, None)
    if not asked.told.quiet:
        doubt = "" if pinned.fewest else " (none of them can be left out; whether fewer would do was not decided)"
        click.echo(f"pinned: {', '.join(pinned.pins) or 'nothing has to be'}{doubt}", err=True)
    return 0


def _moves(asked: _Asked) -> int:
    """Compare each guest with itself under two versions; the exit code."""
    from pcisolve.ops import moves

    told, (before, after) = asked.told, asked.versions
    if told.style in FORMATS:
        from pcisolve.cli.pictures import moves_picture

        return moves_picture(
            asked.files[0], (before, after), style=told.style, output=asked.output, models=asked.models
        )
    worst, rows = 0, list[dict[str, Any]]()
    for file in asked.files:
        try:
            found = moves.moves(file, before, after, models=asked.models)
        except InputError as error:
            refuse(error)
            worst = 2
            continue
        worst = max(worst, int(not found.difference.is_empty))
        rows.append(found.to_json())
        if not told.quiet and told.style == "full":
            emit(text(found.difference, everything=told.everything, paint=paint_of()).encode(), None)
            for cause in found.causes:
                click.echo(f"since libvirt {cause.to_text()}")
    if not told.quiet and told.style == "json":
        emit((json.dumps(rows, indent=2) + "\n").encode(), None)
    return worst

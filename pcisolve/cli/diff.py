"""pcisolve diff."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from pcisolve.cli.common import emit, options_of, refuse
from pcisolve.cli.pictures import style_of
from pcisolve.core.errors import InputError
from pcisolve.ops.difference import diff
from pcisolve.render.difference import text
from pcisolve.render.picture.formats import FORMATS

if TYPE_CHECKING:
    from pcisolve.problem.problem import Options

_VERSIONS = 2


@click.command("diff")
@click.argument("files", nargs=-1, required=True, metavar="BEFORE AFTER")
@click.option(
    "--format",
    "style",
    type=click.Choice(("full", "json", *FORMATS)),
    help="what to print; all but full and json are pictures [by the name of the output file, else full]",
)
@click.option("--output", "-o", metavar="FILE", help="write the picture there instead of to stdout (replaced whole)")
@click.option("--all", "everything", is_flag=True, help="every entry, however many there are")
@click.option(
    "--libvirt",
    multiple=True,
    metavar="VERSION",
    help="libvirt that completes the layouts [newest]; given twice: what moves in each file from the one to the other",
)
@click.option("--pin", is_flag=True, help="with two versions: print the guest with what keeps everything in place")
@click.option("--models", metavar="DIR", help="a folder of models that adds to and overrides the shipped ones")
@click.option("--quiet", "-q", is_flag=True, help="say it with the exit code only")
def command(
    files: tuple[str, ...],
    style: str | None,
    output: str | None,
    everything: bool,
    libvirt: tuple[str, ...],
    pin: bool,
    models: str | None,
    quiet: bool,
) -> None:
    """What is added, removed, moved and changed between two layouts, and what the guest will notice.

    BEFORE and AFTER are domain XML, completed as libvirt would, or JSON of pcisolve solve; one of them may be "-".
    With --libvirt twice, each file is a guest, and compared with itself under the other version of libvirt.
    Exit code 0: the same layout; 1: they differ; 2: one of them is unusable.

    \b
    Examples:
      pcisolve diff running.xml next.xml
      pcisolve solve --against running.xml next.xml | pcisolve diff running.xml -
      pcisolve diff --format json old.json new.json
      pcisolve diff running.xml next.xml -o moves.html
      pcisolve diff --libvirt 9.0.0 --libvirt 12.8 guest.xml
      pcisolve diff --libvirt 9.0.0 --libvirt 12.8 --pin guest.xml > pinned.xml
    """
    versions = [options_of({"libvirt": one}) for one in libvirt]
    if len(versions) > _VERSIONS:
        raise click.UsageError("--libvirt is given at most twice")
    style = style_of(style, output, "full")
    if style not in FORMATS and output not in (None, "-"):
        raise click.UsageError("text is for stdout; a picture's file ends in .svg, .html, .dot or .mmd")
    if style in FORMATS and (pin or (len(versions) == _VERSIONS and len(files) > 1)):
        raise click.UsageError(f"--format {style} takes no --pin, and with two versions of --libvirt one guest")
    if len(versions) == _VERSIONS:
        if style in FORMATS:
            from pcisolve.cli.pictures import moves_picture

            sys.exit(moves_picture(files[0], (versions[0], versions[1]), style=style, output=output, models=models))
        sys.exit(_moves(files, (versions[0], versions[1]), _Told(style, everything, quiet), models, pin=pin))
    if pin:
        raise click.UsageError("--pin goes with two versions of --libvirt")
    if len(files) != _VERSIONS:
        raise click.UsageError("two layouts are compared, or with two versions of --libvirt one guest with itself")
    before, after = files
    if before == after == "-":
        raise click.UsageError("only one of the two can come from stdin")
    if style in FORMATS:
        from pcisolve.cli.pictures import diff_picture

        sys.exit(diff_picture(before, after, *versions, style=style, output=output, models=models))
    found = diff(before, after, *versions, models=models)
    if not quiet:
        if style == "json":
            emit((json.dumps(found.to_json(), indent=2) + "\n").encode(), None)
        else:
            emit(text(found, everything=everything).encode(), None)
    sys.exit(0 if found.is_empty else 1)


class _Told:
    """How it is told."""

    def __init__(self, style: str, everything: bool, quiet: bool) -> None:
        self.style, self.everything, self.quiet = style, everything, quiet


def _moves(
    files: tuple[str, ...], versions: tuple[Options, Options], told: _Told, models: str | None, *, pin: bool
) -> int:
    """Compare each guest with itself under two versions; the exit code."""
    from pcisolve.ops import moves

    if pin:
        if len(files) > 1:
            raise click.UsageError("--pin takes one guest")
        pinned = moves.pin(files[0], *versions, models=models)
        emit(pinned.data, None)
        if not told.quiet:
            click.echo(f"pinned: {', '.join(pinned.pins) or 'nothing has to be'}", err=True)
        return 0
    worst, rows = 0, list[dict[str, Any]]()
    for file in files:
        try:
            found = moves.moves(file, *versions, models=models)
        except InputError as error:
            refuse(error)
            worst = 2
            continue
        worst = max(worst, int(not found.difference.is_empty))
        rows.append(found.to_json())
        if not told.quiet and told.style == "full":
            emit(text(found.difference, everything=told.everything).encode(), None)
            for cause in found.causes:
                click.echo(f"since libvirt {cause.to_text()}")
    if not told.quiet and told.style == "json":
        emit((json.dumps(rows, indent=2) + "\n").encode(), None)
    return worst

"""Pictures from the command line: which one is asked for, and where it goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from pcisolve.cli.common import emit, head_of, print_findings, refuse
from pcisolve.cli.completing import any_file
from pcisolve.core.errors import InputError
from pcisolve.render.picture.formats import FORMATS, format_by_name, written

if TYPE_CHECKING:
    from pcisolve.api.guests import Guests
    from pcisolve.cli.settings import Settings
    from pcisolve.ops.difference import Laid
    from pcisolve.problem.problem import Options
    from pcisolve.render.picture.picture import Picture

TREE: Final = "tree"

Command = TypeVar("Command", bound=Callable[..., Any])


def picture_options(command: Command) -> Command:
    """--format and --output."""
    command = click.option(
        "--output",
        "-o",
        metavar="FILE",
        shell_complete=any_file,
        help="write the picture there instead of to stdout (replaced whole)",
    )(command)
    return click.option(
        "--format",
        "style",
        type=click.Choice((TREE, *FORMATS)),
        help=f"what to print [by the name of the output file, else {TREE}]",
    )(command)


def style_of(style: str | None, output: str | None, otherwise: str = TREE) -> str:
    """The format that is asked for, by name or by the end of the output's name."""
    return style or (format_by_name(output) if output is not None else "") or otherwise


def show_pictures(guests: Guests, options: Options, style: str, output: str | None, *, quiet: bool) -> int:
    """Draw the guest of a file, or of several each into one picture; the exit code.

    Raises:
        InputError: a guest cannot be used at all.
        OSError: the picture cannot be written.
    """
    pictures, worst = list["Picture"](), 0
    for guest in guests:
        guest.require_qemu()
        drawn = guest.draw(options)
        worst = max(worst, drawn.verdict.exit_code)
        pictures.append(drawn.picture)
        if not quiet and drawn.verdict.findings and output not in (None, "-"):
            click.echo(head_of(guests, guest), err=True, nl=False)
            print_findings(guest, drawn.verdict, err=True)
    emit(written(together(pictures, guests.name), style), output)
    return worst


def check_pictures(
    files: Sequence[str], settings: Settings, style: str, output: str | None, *, error_on_warning: bool
) -> int:
    """Draw what is wrong in some files, all in one picture; the exit code."""
    from pcisolve.api.guests import load_all

    pictures, worst = list["Picture"](), 0
    for file in files:
        try:
            options, models = settings.of(file)
            for guest in load_all(file, models=models):
                drawn = guest.draw(options)
                warned = error_on_warning and any(one.severity == "warning" for one in drawn.verdict.findings)
                worst = max(worst, drawn.verdict.exit_code, int(warned))
                pictures.append(drawn.picture)
        except InputError as error:
            refuse(error)
            worst = 2
    if pictures:
        emit(written(together(pictures, f"{len(files):,} files"), style), output)
    return worst


def diff_picture(
    before: str, after: str, options: Options | None = None, *, style: str, output: str | None, models: str | None
) -> int:
    """Draw the difference of two layouts; the exit code.

    Raises:
        InputError: one of them has no layout.
        OSError: the picture cannot be written.
    """
    from pcisolve.ops.difference import both_laid
    from pcisolve.problem.problem import Options

    return _difference(both_laid(before, after, options or Options(), models), style, output)


def moves_picture(
    file: str, versions: tuple[Options, Options], *, style: str, output: str | None, models: str | None
) -> int:
    """Draw what moves in a guest from one version of libvirt to another; the exit code.

    Raises:
        InputError: one of the versions refuses the guest.
        OSError: the picture cannot be written.
    """
    from pcisolve.ops.moves import both_versions

    return _difference(both_versions(file, *versions, models=models), style, output)


def _difference(laid: tuple[Laid, Laid], style: str, output: str | None) -> int:
    from pcisolve.ops.pictures.difference import draw_difference

    drawn = draw_difference(*laid)
    emit(written(drawn.picture, style), output)
    return 0 if drawn.difference.is_empty else 1


def together(pictures: list[Picture], name: str) -> Picture:
    """Several pictures as one, below each other; one stays as it is."""
    from pcisolve.render.picture.joined import joined

    return pictures[0] if len(pictures) == 1 else joined(pictures, name)

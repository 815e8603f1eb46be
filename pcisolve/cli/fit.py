"""pcisolve fit."""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from pcisolve.api.guests import load_all
from pcisolve.api.limits import SAID, OutOfTime, within
from pcisolve.cli.common import emit, print_findings, problem_options, solve_options
from pcisolve.cli.completing import any_file
from pcisolve.cli.settings import Settings
from pcisolve.verdict.room import Fit, Most
from pcisolve.verdict.values import UNKNOWN

if TYPE_CHECKING:
    from pcisolve.planning.fit import Room

_WANTED = re.compile(r"([^=\s]{1,100})=([0-9]{1,9})")
_HELP = """\
Whether more devices fit into a guest, where they go, and how many more do.

GUEST is a libvirt domain XML; "-" or nothing is stdin. What it has stays where it is (what it leaves open is completed
first); the devices go where `pcisolve solve` would put them, with PCI controllers added where that is needed. KIND is
a kind of plans, such as virtio-net, virtio-disk or hostdev-pcie. Nothing is written unless --output says where.

\b
Examples:
  pcisolve fit guest.xml --add hostdev-pcie=2
  pcisolve fit guest.xml --add virtio-net=1 --add virtio-disk=8 -o more.xml
  virsh dumpxml vm | pcisolve fit --add virtio-net=1 --format json
"""


@click.command("fit", help=_HELP)
@click.argument("guest", default="-", shell_complete=any_file)
@click.option(
    "--add", "adds", multiple=True, required=True, metavar="KIND=COUNT", help="what is to fit; may be repeated"
)
@click.option("--format", "style", type=click.Choice(("text", "json")), default="text", help="what to print [text]")
@click.option("--output", "-o", metavar="FILE", shell_complete=any_file, help="write the guest with the devices there")
@solve_options(against=False)
@problem_options
def command(
    guest: str, adds: tuple[str, ...], style: str, output: str | None, quiet: bool, models: str | None, **words: Any
) -> None:
    """pcisolve fit; its help is _HELP."""
    wanted = [_wanted(one) for one in adds]
    options, models = Settings(words, models).of(guest)
    guests = load_all(guest, models=models)
    loaded = guests.only()
    try:
        room = within(options.time_limit, lambda: loaded.room(wanted, options))
        fit = within(options.time_limit, room.asked)
    except OutOfTime:
        room, fit = None, Fit(UNKNOWN)
    if room is not None and not fit.itself:
        fit = fit._replace(most=_most(room, fit, options.time_limit))
    if fit.itself and not quiet and style == "text" and room is not None:
        print_findings(loaded, room.verdict, err=True)
    if fit.status == UNKNOWN and not quiet:
        click.echo(f"{loaded.name}: {SAID}", err=True)
    if output is not None and fit.xml is not None:
        emit(guests.replaced([fit.xml]), output)
    if output != "-":
        _print(fit, [tuple(one) for one in room.wanted] if room is not None else wanted, style)
    sys.exit(fit.exit_code)


def _wanted(text: str) -> tuple[str, int]:
    """Raises click.UsageError: it is not KIND=COUNT."""
    match = _WANTED.fullmatch(text)
    if match is None or not text.isascii():
        raise click.UsageError(f'--add "{text[:60]}"; expected KIND=COUNT, such as virtio-net=2')
    return match[1], int(match[2])


def _most(room: Room, fit: Fit, limit: float) -> tuple[Most, ...]:
    """How many of each kind fit, each within the time limit; beside the others where all that is wanted fits."""
    found = []
    for kind, _ in room.wanted:
        try:
            found.append(within(limit, partial(room.most, kind, beside=fit.fits)))
        except OutOfTime:
            found.append(room.known(kind, beside=fit.fits))
    return tuple(found)


def _print(fit: Fit, wanted: list[Any], style: str) -> None:
    if style == "json":
        emit((json.dumps(fit.to_json(), indent=2) + "\n").encode(), None)
        return
    from pcisolve.render.room import room

    emit(room(fit, wanted).encode(), None)

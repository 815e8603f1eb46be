"""pcisolve verify."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from pcisolve.api.guests import load
from pcisolve.cli.common import emit, problem_options
from pcisolve.cli.completing import any_file
from pcisolve.cli.settings import Settings
from pcisolve.verify.report import full
from pcisolve.verify.run import as_xml, verify
from pcisolve.verify.scratch import Ended, Scratch

_SIGNALLED = 128  # and the signal's number: what a shell says of a program that one ended


@click.command("verify")
@click.argument("file", default="-", shell_complete=any_file)
@click.option("--connect", metavar="URI", help="the libvirt to ask, such as qemu:///session [one of our own]")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0.001),
    default=120.0,
    metavar="S",
    help="seconds it may take altogether [120]",
)
@click.option("--format", "style", type=click.Choice(("full", "json")), default="full", help="text or JSON [full]")
@problem_options
def command(
    file: str, connect: str | None, time_limit: float, style: str, quiet: bool, models: str | None, **words: Any
) -> None:
    """Ask the real libvirt and QEMU, where they are installed, and compare what they say with pcisolve's answer.

    FILE is taken as it stands, under a scratch name: libvirt defines it, gives it back and forgets it; QEMU starts it
    paused; then its firmware runs. Host devices, networks and disks are replaced by stand-ins in the same places; no
    guest of yours is touched. What is not installed is said and skipped. Exit codes: 0 all agree; 1 they differ;
    2 unusable input; 3 nobody could be asked, or undecided.

    \b
    Examples:
      pcisolve verify guest.xml
      pcisolve solve guest.xml | pcisolve verify
      pcisolve verify --connect qemu:///system --format json guest.xml
    """
    settings = Settings(words, models)
    options, models = settings.of(file)
    guest = as_xml(load(file, models=models), options)
    agree = words["libvirt"] is None and options.libvirt == settings.plain.libvirt
    try:
        with Scratch(time_limit) as scratch:
            found = verify(guest, options, scratch, connect=connect, agree=agree)
    except Ended as ended:
        sys.exit(_SIGNALLED + ended.number)
    if style == "json":
        emit((json.dumps(found.to_json(), indent=2) + "\n").encode(), None)
    elif not quiet:
        emit(full(found).encode(), None)
    sys.exit(found.exit_code)

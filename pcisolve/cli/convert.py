"""pcisolve convert."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import click

from pcisolve.api.guests import load_all
from pcisolve.api.limits import OutOfTime, within
from pcisolve.cli.common import emit, head_of, limit_option, print_findings, problem_options
from pcisolve.cli.completing import any_file
from pcisolve.cli.settings import Settings
from pcisolve.verdict.values import EXIT_CODE, UNKNOWN


@click.command("convert")
@click.argument("file", default="-", shell_complete=any_file)
@click.option("--to", type=click.Choice(("flat", "multi-domain")), required=True, help="the scheme to write")
@click.option(
    "--output", "-o", metavar="FILE", shell_complete=any_file, help="write there instead of to stdout (replaced whole)"
)
@limit_option
@problem_options
def command(file: str, to: str, output: str | None, quiet: bool, models: str | None, **words: Any) -> None:
    """The same layout in the other scheme: only domain and bus of the addresses change.

    Of a file with several domains each is converted; when one of them cannot be, nothing is written.

    \b
    Examples:
      pcisolve convert --to multi-domain pseries.xml
      pcisolve convert --to flat -o today.xml pseries-md.xml
    """
    options, models = Settings(words, models).of(file)
    guests = load_all(file, models=models)
    contents: list[bytes] = []
    worst = 0
    for guest in guests:
        try:
            result = within(options.time_limit, partial(guest.convert, to, options))
        except OutOfTime:
            click.echo(f"{guest.name}: not decided within {options.time_limit:g} s", err=True)
            sys.exit(EXIT_CODE[UNKNOWN])
        if result.xml is not None:
            contents.append(result.xml)
            continue
        worst = max(worst, result.verdict.exit_code or 1)
        if not quiet:
            click.echo(head_of(guests, guest), err=True, nl=False)
            print_findings(guest, result.verdict, err=True)
    if not worst:
        emit(guests.replaced(contents), output)
    sys.exit(worst)

"""pcisolve convert."""

from __future__ import annotations

import sys
from typing import Any

import click

from pcisolve.api.guest import load
from pcisolve.cli.common import emit, options_of, print_findings, problem_options


@click.command("convert")
@click.argument("file", default="-")
@click.option("--to", type=click.Choice(("flat", "multi-domain")), required=True, help="the scheme to write")
@click.option("--output", "-o", metavar="FILE", help="write there instead of to stdout (replaced whole)")
@problem_options
def command(file: str, to: str, output: str | None, quiet: bool, models: str | None, **words: Any) -> None:
    """The same layout in the other scheme: only domain and bus of the addresses change.

    \b
    Examples:
      pcisolve convert --to multi-domain pseries.xml
      pcisolve convert --to flat -o today.xml pseries-md.xml
    """
    guest = load(file, models=models)
    result = guest.convert(to, options_of(words))
    if result.xml is None:
        if not quiet:
            print_findings(guest, result.verdict, err=True)
        sys.exit(result.verdict.exit_code or 1)
    emit(result.xml, output)

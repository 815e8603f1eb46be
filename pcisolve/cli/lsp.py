"""pcisolve lsp."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any

import click

from pcisolve.cli.common import problem_options
from pcisolve.cli.settings import Settings, said

_HELP = """\
A language server for domain XML and plan files, over standard input and output: an editor starts it.

While a file is written it shows what `check` finds, quick fixes, each part as the guest will see it, free PCI
addresses and controller indexes, and the way from a device to the controller that provides its bus. The configuration
of each file's folder counts, as it does for `check`.

\b
Needs pygls: pip install 'pcisolve[lsp]'
"""


@click.command("lsp", help=_HELP)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0.001, max=60),
    default=5.0,
    metavar="S",
    help="seconds that an analysis may take [5]",
)
@click.option("--stdio", is_flag=True, help="as it does anyhow; editors say so")
@problem_options
def command(stdio: bool, quiet: bool, models: str | None, **words: Any) -> None:
    """pcisolve lsp; its help is _HELP."""
    Settings(words, models)  # what is wrong with the words is said now
    if find_spec("pygls") is None or find_spec("lsprotocol") is None:
        click.echo("pcisolve: lsp needs the package pygls: pip install 'pcisolve[lsp]'", err=True)
        sys.exit(2)
    from pcisolve.lsp.server import serve
    from pcisolve.lsp.settings import Wanted

    limit = words.pop("time_limit")
    serve(Wanted({**said({**words, "models": models}), "time_limit": limit}))

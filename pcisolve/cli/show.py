"""pcisolve show."""

from __future__ import annotations

import sys
from typing import Any

import click

from pcisolve.api.guest import load
from pcisolve.cli.common import emit, options_of, problem_options, report
from pcisolve.verdict.values import SOLVED


@click.command("show")
@click.argument("file", default="-")
@problem_options
def command(file: str, quiet: bool, models: str | None, **words: Any) -> None:
    """The topology as a tree; what the input leaves open is completed the way libvirt does.

    \b
    Examples:
      pcisolve show guest.xml
      virsh dumpxml vm | pcisolve show
    """
    guest = load(file, models=models)
    verdict = guest.check(options_of(words))
    if verdict.status != SOLVED:
        if not quiet:
            click.echo(report(guest, verdict, "full"), err=True, nl=False)
        sys.exit(verdict.exit_code)
    if sys.stdout.isatty():
        from pcisolve.render.terminal import print_tree

        print_tree(verdict)
    else:
        from pcisolve.render.tree import tree

        emit(tree(verdict).encode(), None)

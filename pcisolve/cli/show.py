"""pcisolve show."""

from __future__ import annotations

import sys
from typing import Any

import click

from pcisolve.api.guest import load
from pcisolve.cli.common import emit, options_of, print_findings, problem_options
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
            print_findings(guest, verdict, err=True)
        sys.exit(verdict.exit_code)
    if sys.stdout.isatty():
        from pcisolve.render.terminal import print_tree

        print_tree(verdict)
    else:
        from pcisolve.render.tree import tree

        emit(tree(verdict).encode(), None)

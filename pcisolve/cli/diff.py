"""pcisolve diff."""

from __future__ import annotations

import json
import sys

import click

from pcisolve.cli.common import emit, options_of
from pcisolve.ops.difference import diff
from pcisolve.render.difference import text


@click.command("diff")
@click.argument("before")
@click.argument("after")
@click.option("--format", "style", type=click.Choice(("full", "json")), default="full", help="what to print [full]")
@click.option("--all", "everything", is_flag=True, help="every entry, however many there are")
@click.option(
    "--libvirt", metavar="VERSION", help="libvirt that completes the layouts, such as 9.0.0 [the newest known]"
)
@click.option("--models", metavar="DIR", help="a folder of models that adds to and overrides the shipped ones")
@click.option("--quiet", "-q", is_flag=True, help="say it with the exit code only")
def command(
    before: str, after: str, style: str, everything: bool, libvirt: str | None, models: str | None, quiet: bool
) -> None:
    """What is added, removed, moved and changed between two layouts, and what the guest will notice.

    BEFORE and AFTER are domain XML, completed as libvirt would, or JSON of pcisolve solve; one of them may be "-".
    Exit code 0: the same layout; 1: they differ; 2: one of them is unusable.

    \b
    Examples:
      pcisolve diff running.xml next.xml
      pcisolve solve --against running.xml next.xml | pcisolve diff running.xml -
      pcisolve diff --format json old.json new.json
    """
    if before == after == "-":
        raise click.UsageError("only one of the two can come from stdin")
    found = diff(before, after, options_of({"libvirt": libvirt}), models=models)
    if not quiet:
        if style == "json":
            emit((json.dumps(found.to_json(), indent=2) + "\n").encode(), None)
        else:
            emit(text(found, everything=everything).encode(), None)
    sys.exit(0 if found.is_empty else 1)

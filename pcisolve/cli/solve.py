"""pcisolve solve."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from pcisolve.api.guest import Guest, Result, load
from pcisolve.cli.common import emit, options_of, print_findings, problem_options, solve_options, unified_diff
from pcisolve.render.notes import notes
from pcisolve.verdict.values import UNKNOWN


@click.command("solve")
@click.argument("file", default="-")
@click.option("--output", "-o", metavar="FILE", help="write there instead of to stdout (replaced whole)")
@click.option(
    "--format",
    "style",
    type=click.Choice(("xml", "json", "diff", "tree", "table")),
    default="xml",
    help="what to print [xml]",
)
@problem_options
@solve_options
def command(file: str, output: str | None, style: str, quiet: bool, models: str | None, **words: Any) -> None:
    """Complete a layout: every PCI controller, index and address.

    FILE is a libvirt domain XML or a plan file; "-" or nothing is stdin. Of an XML everything that is not an address
    or a controller stays byte for byte. A plan says in YAML what is wanted, and a complete guest is the answer.

    \b
    Examples:
      pcisolve solve guest.xml -o solved.xml
      pcisolve solve --format diff guest.xml
      pcisolve solve --policy minimal --format tree guest.xml
      pcisolve solve --format table plan.yaml
    """
    guest = load(file, models=models)
    result = guest.solve(options_of(words))
    verdict = result.verdict
    if style == "json":
        emit((json.dumps(result.to_json(), indent=2) + "\n").encode(), output)
    elif result.xml is not None:
        emit(_rendered(guest, result, style), output)
        if verdict.notes and not quiet and style != "json":
            click.echo(notes(verdict.notes, guest.document.name), err=True, nl=False)
    if result.xml is None and not quiet:
        if verdict.status == UNKNOWN:
            click.echo("pcisolve: undecided: the time limit came first; raise --time-limit", err=True)
        elif style != "json":
            print_findings(guest, verdict, err=True)
    sys.exit(verdict.exit_code)


def _rendered(guest: Guest, result: Result, style: str) -> bytes:
    if style == "xml":
        return result.xml or b""
    if style == "tree":
        from pcisolve.render.tree import tree

        return tree(result.verdict).encode()
    if style == "table":
        from pcisolve.render.table import table

        return table(result.rows).encode()
    return unified_diff(guest.before(), result.xml or b"", "solved")

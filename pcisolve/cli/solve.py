"""pcisolve solve."""

from __future__ import annotations

import difflib
import io
import json
import sys
from typing import Any

import click

from pcisolve.api.guest import Guest, Result, load
from pcisolve.cli.common import emit, options_of, problem_options, report, solve_options
from pcisolve.verdict.values import UNKNOWN

_NO_NEWLINE = "\\ No newline at end of file"  # the words of diff(1), which patch(1) looks for


@click.command("solve")
@click.argument("file", default="-")
@click.option("--output", "-o", metavar="FILE", help="write there instead of to stdout (replaced whole)")
@click.option(
    "--format", "style", type=click.Choice(("xml", "json", "diff", "tree")), default="xml", help="what to print [xml]"
)
@problem_options
@solve_options
def command(file: str, output: str | None, style: str, quiet: bool, models: str | None, **words: Any) -> None:
    """Complete a layout: every PCI controller, index and address.

    FILE is a libvirt domain XML; "-" or nothing is stdin. Everything that is not an address or a controller
    stays byte for byte.

    \b
    Examples:
      pcisolve solve guest.xml -o solved.xml
      pcisolve solve --format diff guest.xml
      pcisolve solve --policy minimal --format tree guest.xml
    """
    guest = load(file, models=models)
    result = guest.solve(options_of(words))
    verdict = result.verdict
    if style == "json":
        emit((json.dumps(verdict.to_json(), indent=2) + "\n").encode(), output)
    elif result.xml is not None:
        emit(_rendered(guest, result, style), output)
    if result.xml is None and not quiet:
        if verdict.status == UNKNOWN:
            click.echo("pcisolve: undecided: the time limit came first; raise --time-limit", err=True)
        elif style != "json":
            click.echo(report(guest, verdict, "full"), err=True, nl=False)
    sys.exit(verdict.exit_code)


def _rendered(guest: Guest, result: Result, style: str) -> bytes:
    if style == "xml":
        return result.xml or b""
    if style == "tree":
        from pcisolve.render.tree import tree

        return tree(result.verdict).encode()
    document = guest.document
    after = (result.xml or b"").removeprefix(document.encode("")).decode(document.encoding)
    name = document.name
    diff = difflib.unified_diff(_lines(document.text), _lines(after), name, f"{name} (solved)")
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}\n" for line in diff).encode()


def _lines(text: str) -> list[str]:
    """As patch sees them: str.splitlines would end lines at more characters than the newline."""
    return io.StringIO(text, newline="\n").readlines()

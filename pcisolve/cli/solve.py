"""pcisolve solve."""

from __future__ import annotations

import json
import sys
from typing import Any

import click
from click.core import ParameterSource

from pcisolve.api.guest import Guest, Result, load
from pcisolve.cli.common import emit, options_of, print_findings, problem_options, solve_options, unified_diff
from pcisolve.problem.problem import STABLE, Options
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
@click.option(
    "--against",
    metavar="OLD",
    help="keep what can be kept of an earlier layout: domain XML, or JSON of pcisolve solve (--policy stable)",
)
@problem_options
@solve_options(against=True)
def command(
    file: str, output: str | None, style: str, against: str | None, quiet: bool, models: str | None, **words: Any
) -> None:
    """Complete a layout: every PCI controller, index and address.

    FILE is a libvirt domain XML or a plan file; "-" or nothing is stdin. Of an XML everything that is not an address
    or a controller stays byte for byte. A plan says in YAML what is wanted, and a complete guest is the answer.

    \b
    Examples:
      pcisolve solve guest.xml -o solved.xml
      pcisolve solve --format diff guest.xml
      pcisolve solve --policy minimal --format tree guest.xml
      pcisolve solve --format table plan.yaml
      pcisolve solve --against running.xml guest.xml -o next.xml
    """
    options = options_of(words)
    _refuse_other_policy(against, options)
    guest = load(file, models=models)
    result = guest.solve(options, against=against)
    verdict = result.verdict
    if style == "json":
        emit((json.dumps(result.to_json(), indent=2) + "\n").encode(), output)
    elif result.xml is not None:
        emit(_rendered(guest, result, style), output)
        if verdict.notes and not quiet and style != "json":
            click.echo(notes(verdict.notes, guest.name), err=True, nl=False)
        if verdict.findings and not quiet:
            print_findings(guest, verdict, err=True)
    if result.xml is None and not quiet:
        if verdict.status == UNKNOWN:
            click.echo("pcisolve: undecided: the time limit came first; raise --time-limit", err=True)
        elif style != "json":
            print_findings(guest, verdict, err=True)
    sys.exit(verdict.exit_code)


def _refuse_other_policy(against: str | None, options: Options) -> None:
    source = click.get_current_context().get_parameter_source("policy")
    if against is not None and options.policy != STABLE and source is ParameterSource.COMMANDLINE:
        raise click.UsageError(f"--against keeps what was there: it goes with --policy stable, not {options.policy}")
    if against is None and options.policy == STABLE:
        raise click.UsageError("--policy stable keeps what an earlier layout has: name it with --against OLD")


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

"""pcisolve check."""

from __future__ import annotations

import sys
from typing import Any

import click

from pcisolve.api.guest import load
from pcisolve.cli.common import options_of, problem_options, refuse, report
from pcisolve.core.errors import InputError


@click.command("check")
@click.argument("files", nargs=-1)
@click.option(
    "--format",
    "style",
    type=click.Choice(("full", "concise", "json", "jsonl")),
    default="full",
    help="how findings are printed [full]",
)
@problem_options
def command(files: tuple[str, ...], style: str, quiet: bool, models: str | None, **words: Any) -> None:
    """Everything that is wrong, at once, with file and line.

    FILES are libvirt domain XMLs, complete or not; what they leave open is completed the way libvirt does.
    "-" or nothing is stdin.

    \b
    Examples:
      pcisolve check guest.xml
      pcisolve check --format concise *.xml
      virsh dumpxml vm | pcisolve check --format json
    """
    options = options_of(words)
    worst = 0
    everything: list[dict[str, Any]] = []
    for file in files or ("-",):
        try:
            guest = load(file, models=models)
            verdict = guest.check(options, layout=False)
        except InputError as error:
            refuse(error)
            worst = 2
            continue
        worst = max(worst, verdict.exit_code)
        if style in ("json", "jsonl"):
            everything += [one.to_json() for one in verdict.findings]
        elif not quiet and verdict.findings:
            click.echo(report(guest, verdict, style), nl=False)
    if style in ("json", "jsonl"):
        _print_json(everything, style)
    sys.exit(worst)


def _print_json(findings: list[dict[str, Any]], style: str) -> None:
    import json  # 3 ms that text never pays

    if style == "json":
        click.echo(json.dumps(findings, indent=2))
    else:
        click.echo("".join(json.dumps(one) + "\n" for one in findings), nl=False)

"""pcisolve check."""

from __future__ import annotations

import sys
from typing import Any

import click

from pcisolve.api.guest import Guest, load
from pcisolve.cli.common import emit, options_of, print_findings, problem_options, refuse, unified_diff
from pcisolve.core.errors import InputError
from pcisolve.problem.problem import Options
from pcisolve.verdict.values import Finding

_STYLES = ("full", "concise", "json", "jsonl", "github", "sarif")


@click.command("check")
@click.argument("files", nargs=-1)
@click.option("--format", "style", type=click.Choice(_STYLES), default="full", help="how findings are printed [full]")
@click.option("--diff", is_flag=True, help="print the repairs as a unified diff")
@click.option("--fix", is_flag=True, help="write the repairs into the files")
@click.option(
    "--pick", type=click.IntRange(min=1), default=1, metavar="N", help="which repair of each finding is made [1]"
)
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0.001),
    default=30.0,
    metavar="S",
    help="seconds that proving and repairing may take, for each file [30]",
)
@problem_options
def command(
    files: tuple[str, ...],
    style: str,
    diff: bool,
    fix: bool,
    pick: int,
    quiet: bool,
    models: str | None,
    **words: Any,
) -> None:
    """Everything that is wrong, at once, with file and line, and what would mend it.

    FILES are libvirt domain XMLs, complete or not; what they leave open is completed the way libvirt does.
    "-" or nothing is stdin. --fix writes to the file itself, or for stdin to stdout; the exit code is then 0
    when nothing is wrong any more.

    \b
    Examples:
      pcisolve check guest.xml
      pcisolve check --diff guest.xml
      pcisolve check --format concise *.xml
      virsh dumpxml vm | pcisolve check --format json
    """
    options = options_of(words)
    worst = 0
    everything: list[Finding] = []
    for file in files or ("-",):
        try:
            guest = load(file, models=models)
            if diff or fix:
                worst = max(worst, _mend(guest, file, options, pick, fix=fix, quiet=quiet))
                continue
            verdict = guest.check(options, layout=False)
        except InputError as error:
            refuse(error)
            worst = 2
            continue
        worst = max(worst, verdict.exit_code)
        everything += verdict.findings
        if style in ("full", "concise") and not quiet:
            print_findings(guest, verdict, style)
    if not (diff or fix) and style not in ("full", "concise"):
        click.echo(_printed(everything, style), nl=False)
    sys.exit(worst)


def _mend(guest: Guest, file: str, options: Options, pick: int, *, fix: bool, quiet: bool) -> int:
    """Repair one guest; the exit code."""
    mended = guest.repair(options, pick=pick)
    document = guest.document
    if not fix:
        emit(unified_diff(document, mended.data, "repaired"), None)
    elif file == "-" or mended.data != document.data:
        emit(mended.data, None if file == "-" else file)
    if not quiet and (mended.repaired or mended.left):
        left = f"; no repair was found for {mended.left}" if mended.left else ""
        click.echo(f"{document.name}: {mended.repaired} repaired{left}", err=True)
    return mended.verdict.exit_code if fix or mended.left else int(bool(mended.repaired))


def _printed(findings: list[Finding], style: str) -> str:
    import json  # 3 ms that text never pays

    if style == "github":
        from pcisolve.render.github import github

        return github(findings)
    if style == "sarif":
        from pcisolve.render.sarif import sarif

        return json.dumps(sarif(findings), indent=2) + "\n"
    if style == "json":
        return json.dumps([one.to_json() for one in findings], indent=2) + "\n"
    return "".join(json.dumps(one.to_json()) + "\n" for one in findings)

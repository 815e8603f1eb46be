"""pcisolve check."""

from __future__ import annotations

import sys
from typing import Any

import click

from pcisolve.api.guest import Guest, load
from pcisolve.api.mend import Wanted
from pcisolve.cli.common import emit, options_of, print_findings, problem_options, refuse, unified_diff
from pcisolve.core.errors import InputError
from pcisolve.core.files import write_atomically
from pcisolve.verdict.mended import Mended
from pcisolve.verdict.values import Finding, Verdict

_STYLES = ("full", "concise", "json", "jsonl", "github", "sarif")


@click.command("check")
@click.argument("files", nargs=-1)
@click.option("--format", "style", type=click.Choice(_STYLES), default="full", help="how findings are printed [full]")
@click.option("--diff", is_flag=True, help="print the repairs as a unified diff; nothing is written")
@click.option(
    "--fix", is_flag=True, help="write the repairs into the files, as far as nothing is lost or moved by them"
)
@click.option(
    "--unsafe-fixes", is_flag=True, help="with --fix or --diff: also repairs that lose something or move other parts"
)
@click.option(
    "--pick", type=click.IntRange(min=1), default=1, metavar="N", help="which repair of each finding is made [1]"
)
@click.option("--error-on-warning", is_flag=True, help="warnings count as errors, for the exit code and for --fix")
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
    unsafe_fixes: bool,
    pick: int,
    error_on_warning: bool,
    quiet: bool,
    models: str | None,
    **words: Any,
) -> None:
    """Everything that is wrong, at once, with file and line, and what would mend it.

    FILES are libvirt domain XMLs, complete or not; what they leave open is completed the way libvirt does.
    "-" or nothing is stdin. --fix writes to the file itself, or for stdin to stdout, and --diff prints what it would
    write. Exit code 0: nothing is wrong, or with --fix nothing any more; warnings and notes do not count.

    \b
    Examples:
      pcisolve check guest.xml
      pcisolve check --fix --diff guest.xml
      pcisolve check --fix guest.xml
      pcisolve check --format concise *.xml
      virsh dumpxml vm | pcisolve check --format json
    """
    options = options_of(words)
    wanted = Wanted(pick, unsafe_fixes, error_on_warning)
    if unsafe_fixes and not (fix or diff):
        raise click.UsageError("--unsafe-fixes goes with --fix or --diff")
    told = _Told(style, quiet, error_on_warning)
    for file in files or ("-",):
        try:
            guest = load(file, models=models)
            if fix or diff:
                told.mended(guest, file, guest.repair(options, **wanted._asdict()), writes=fix and not diff)
            else:
                told.checked(guest, guest.check(options, layout=False))
        except InputError as error:
            refuse(error)
            told.worst = 2
    told.finish(mended=fix or diff)
    sys.exit(told.worst)


class _Told:
    """What was found in all files, and how it leaves."""

    def __init__(self, style: str, quiet: bool, error_on_warning: bool) -> None:
        self.style, self.quiet, self.error_on_warning = style, quiet, error_on_warning
        self.worst = 0
        self.findings: list[Finding] = []
        self.repairs: list[dict[str, Any]] = []

    @property
    def as_text(self) -> bool:
        """Whether people are to read it."""
        return self.style in ("full", "concise")

    def checked(self, guest: Guest, verdict: Verdict) -> None:
        """One guest was checked."""
        self._exit(verdict)
        self.findings += verdict.findings
        if self.as_text and not self.quiet:
            print_findings(guest, verdict, self.style)

    def mended(self, guest: Guest, file: str, mended: Mended, *, writes: bool) -> None:
        """One guest was mended: its file is written, or the difference shown."""
        from pcisolve.render.mended import summary

        self._exit(mended.verdict)
        if not writes and mended.done:
            self.worst = max(self.worst, 1)  # the file is as it was
        self.findings += mended.verdict.findings
        document = guest.document
        if not writes and self.as_text:
            emit(unified_diff(document, mended.data, "repaired"), None)
        elif writes and (file == "-" or mended.data != document.data):
            if file != "-":
                write_atomically(file, mended.data)
            elif self.as_text:
                emit(mended.data, None)
        if self.as_text:
            said = "" if self.quiet else summary(document.name, mended)
            click.echo(said, err=True, nl=False)
        else:
            diff = None if writes else unified_diff(document, mended.data, "repaired").decode()
            self.repairs.append(mended.to_json(document.name, diff))

    def finish(self, *, mended: bool) -> None:
        """Print what is printed once for all files."""
        import json  # 3 ms that text never pays

        if self.as_text:
            return
        if mended and self.style == "json":
            click.echo(json.dumps(self.repairs, indent=2))
        elif mended and self.style == "jsonl":
            click.echo("".join(json.dumps(one) + "\n" for one in self.repairs), nl=False)
        else:
            click.echo(_printed(self.findings, self.style), nl=False)

    def _exit(self, verdict: Verdict) -> None:
        warned = self.error_on_warning and any(one.severity == "warning" for one in verdict.findings)
        self.worst = max(self.worst, verdict.exit_code, int(warned))


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

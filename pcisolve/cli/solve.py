"""pcisolve solve."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from pcisolve.api.guest import Guest, Result
from pcisolve.api.guests import Guests
from pcisolve.api.limits import SAID, OutOfTime, undecided, within
from pcisolve.cli.common import (
    emit,
    head_of,
    print_findings,
    problem_options,
    proof_options,
    say_reading,
    solve_options,
    text_diff,
)
from pcisolve.cli.completing import any_file
from pcisolve.cli.connected import confirm, connect_option, define, loaded, without_secrets
from pcisolve.cli.settings import Settings
from pcisolve.cli.terminal import paint_of
from pcisolve.problem.problem import STABLE, Options
from pcisolve.render.notes import notes
from pcisolve.render.paint import patch
from pcisolve.verdict.values import UNKNOWN, Verdict

_HELP = """\
Complete a layout: every PCI controller, index and address.

FILE is a libvirt domain XML or a plan file; "-" or nothing is stdin. Of an XML everything that is not an address
or a controller stays byte for byte. A plan says in YAML what is wanted, and a complete guest is the answer.
Of a file with several domains each is completed in its place (--format json: a list, one for each); when one of
them cannot be, nothing is written.

\b
Examples:
  pcisolve solve guest.xml -o solved.xml
  pcisolve solve --format diff guest.xml
  pcisolve solve --policy minimal --format tree guest.xml
  pcisolve solve --format table plan.yaml
  pcisolve solve --against running.xml guest.xml -o next.xml
  pcisolve solve --check guest.xml
  pcisolve solve --connect qemu:///system vm --define
"""


@click.command("solve", help=_HELP)
@click.argument("file", default="-", shell_complete=any_file)
@click.option(
    "--output", "-o", metavar="FILE", shell_complete=any_file, help="write there instead of to stdout (replaced whole)"
)
@click.option(
    "--format",
    "style",
    type=click.Choice(("xml", "json", "diff", "tree", "table")),
    default="xml",
    help="what to print [xml]",
)
@click.option(
    "--check", "checks", is_flag=True, help="print nothing; exit code 1 if solving would change the file, else 0"
)
@click.option(
    "--against",
    metavar="OLD",
    shell_complete=any_file,
    help="keep what can be kept of an earlier layout: domain XML, or JSON of pcisolve solve (--policy stable)",
)
@connect_option
@click.option("--define", "defines", is_flag=True, help="with --connect: show the changes, ask, and define the domain")
@click.option("--yes", is_flag=True, help="with --define: do not ask")
@problem_options
@proof_options
@solve_options(against=True)
def command(
    file: str,
    output: str | None,
    style: str,
    checks: bool,
    against: str | None,
    connect: str | None,
    defines: bool,
    yes: bool,
    quiet: bool,
    models: str | None,
    **words: Any,
) -> None:
    """pcisolve solve; its help is _HELP."""
    options, models = Settings(words, models).of(file)
    _refuse_other_policy(against, options)
    _refuse_other_ways(file, connect, defines, yes, output)
    if checks and (style != "xml" or output is not None or defines):
        raise click.UsageError("--check prints no layout: it goes with neither --format, --output nor --define")
    style = "diff" if defines else style
    if connect is None:
        say_reading(file)
    guests = loaded(file, connect, models, secrets=defines)
    if against is not None:
        guests.only()
    contents, said = _all_solved(guests, options, against, style)
    changed = False
    if len(contents) < len(guests):
        pass  # nothing is written of some
    elif checks:
        changed = _is_changed(guests, contents, quiet=quiet)
    elif defines and connect is not None:
        _define(connect, file, guests, contents[0], yes=yes)
    else:
        joined = _joined(guests, contents, style)
        emit(patch(joined, paint_of()) if style == "diff" and output in (None, "-") else joined, output)
    _end(guests, said, style, changed=changed, quiet=quiet)


def _all_solved(
    guests: Guests, options: Options, against: str | None, style: str
) -> tuple[list[Any], list[tuple[Guest, Verdict]]]:
    """What is printed of each guest that has a layout, and what there is to say of each."""
    contents: list[Any] = []
    said: list[tuple[Guest, Verdict]] = []
    for guest in guests:
        result = _solved(guest, options, against)
        verdict = result.verdict
        said.append((guest, verdict._replace(controllers=(), devices=())))  # thousands of guests are not kept whole
        if style == "json":
            contents.append(result.to_json())
        elif result.xml is not None:
            contents.append(_content(guest, result, style))
    return contents, said


def _end(guests: Guests, said: list[tuple[Guest, Verdict]], style: str, *, changed: bool, quiet: bool) -> NoReturn:
    """Say what there is to know of each answer, and exit by the worst."""
    for guest, verdict in said:
        if not quiet:
            _say(guests, guest, verdict, style)
    sys.exit(max(int(changed), *(verdict.exit_code for _, verdict in said)))


def _is_changed(guests: Guests, contents: list[bytes], *, quiet: bool) -> bool:
    """Whether the file would be another one if it were solved in place."""
    before, after, name = guests.texts(contents)
    if before != after and not quiet:
        click.echo(f"{name}: solving it would change it", err=True)
    return before != after


def _refuse_other_ways(file: str, connect: str | None, defines: bool, yes: bool, output: str | None) -> None:
    if connect is not None and file == "-":
        raise click.UsageError("--connect goes with the name of a domain")
    if defines and connect is None:
        raise click.UsageError("--define goes with --connect URI")
    if defines and output is not None:
        raise click.UsageError("--define goes without --output")
    if yes and not defines:
        raise click.UsageError("--yes goes with --define")


def _define(connect: str, domain: str, guests: Guests, xml: bytes, *, yes: bool) -> None:
    """Show what changes, ask, and define the domain."""
    if xml == guests.only().document.data:
        click.echo(f"{guests.name}: nothing to change", err=True)
        return
    emit(patch(without_secrets(text_diff(*guests.texts([xml]), "solved")), paint_of()), None)
    if confirm(f"define {domain} with these changes?", yes=yes):
        define(connect, domain, xml)


def _refuse_other_policy(against: str | None, options: Options) -> None:
    source = click.get_current_context().get_parameter_source("policy")
    if against is not None and options.policy != STABLE and source is ParameterSource.COMMANDLINE:
        raise click.UsageError(f"--against keeps what was there: it goes with --policy stable, not {options.policy}")
    if against is None and options.policy == STABLE:
        raise click.UsageError("--policy stable keeps what an earlier layout has: name it with --against OLD")


def _solved(guest: Guest, options: Options, against: str | None) -> Result:
    try:
        return within(options.time_limit, lambda: guest.solve(options, against=against))
    except OutOfTime:
        return Result(undecided(options), None, None)


def _say(guests: Guests, guest: Guest, verdict: Verdict, style: str) -> None:
    """On stderr what there is to know about an answer, as far as the output does not say it."""
    if style != "json" and (verdict.findings or verdict.status == UNKNOWN):
        click.echo(head_of(guests, guest), err=True, nl=False)
    if verdict.status == UNKNOWN and (style == "json" or not verdict.notes):
        click.echo(f"pcisolve: {SAID}", err=True)
    elif style != "json":
        click.echo(notes(verdict.notes, guest.name), err=True, nl=False)
        print_findings(guest, verdict, err=True)


def _content(guest: Guest, result: Result, style: str) -> bytes:
    """What is printed of one solved guest."""
    if style == "tree":
        from pcisolve.render.tree import tree

        return tree(result.verdict).encode()
    if style == "table":
        from pcisolve.render.table import table

        return table(result.rows).encode()
    return result.xml or b""


def _joined(guests: Guests, contents: list[Any], style: str) -> bytes:
    """What is printed of all guests of a file."""
    if style == "json":
        return (json.dumps(contents if len(guests) > 1 else contents[0], indent=2) + "\n").encode()
    if style == "xml":
        return guests.replaced(contents)
    if style == "diff":
        return text_diff(*guests.texts(contents), "solved")
    return b"".join(head_of(guests, guest).encode() + one for guest, one in zip(guests, contents, strict=True))

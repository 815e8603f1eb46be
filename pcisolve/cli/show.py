"""pcisolve show."""

from __future__ import annotations

import sys
from typing import Any

import click

from pcisolve.api.guest import Guest
from pcisolve.api.guests import load_all
from pcisolve.api.limits import OutOfTime, within
from pcisolve.cli.common import emit, head_of, limit_option, print_findings, problem_options
from pcisolve.cli.completing import any_file
from pcisolve.cli.pictures import TREE, picture_options, style_of
from pcisolve.cli.settings import Settings
from pcisolve.host.read import is_host
from pcisolve.problem.problem import Options
from pcisolve.verdict.values import EXIT_CODE, SOLVED, UNKNOWN, Verdict

_HELP = """\
The topology as a tree; what the input leaves open is completed the way libvirt does.

The tree of a guest that libvirt would define is shown even if QEMU or the guest's firmware breaks on it. Of a file
with several domains each is shown.

With --format svg, html, dot or mermaid, or an output file of such a name, it is a picture, also of a guest or plan
that does not hold: what is at fault is marked where it is.

Of a host (see pcisolve host) it is the tree of its own PCI functions.

\b
Examples:
  pcisolve show guest.xml
  pcisolve show --guest guest.xml
  pcisolve show guest.xml -o guest.html
  pcisolve show plan.yaml -o plan.svg
  virsh dumpxml vm | pcisolve show
  pcisolve show host.json
"""


@click.command("show", help=_HELP)
@click.argument("file", default="-", shell_complete=any_file)
@click.option(
    "--guest", "as_seen", is_flag=True, help="as the guest will see it: its bus numbers, what is lost and why"
)
@picture_options
@limit_option
@problem_options
def command(
    file: str,
    as_seen: bool,
    style: str | None,
    output: str | None,
    quiet: bool,
    models: str | None,
    **words: Any,
) -> None:
    """pcisolve show; its help is _HELP."""
    if is_host(file):
        _show_host(file, plain=style in (None, TREE) and output in (None, "-") and not as_seen)
        return
    (options, models), drawn = Settings(words, models).of(file), style_of(style, output)
    if drawn != TREE and as_seen:
        raise click.UsageError("--guest goes with --format tree; pictures show both addresses")
    guests = load_all(file, models=models)
    if drawn != TREE:
        from pcisolve.cli.pictures import show_pictures

        sys.exit(show_pictures(guests, options, drawn, output, quiet=quiet))
    if output not in (None, "-"):
        raise click.UsageError("a tree is for stdout; a picture's file ends in .svg, .html, .dot or .mmd")
    sys.exit(max(_shown(guest, head_of(guests, guest), options, as_seen=as_seen, quiet=quiet) for guest in guests))


def _show_host(file: str, *, plain: bool) -> None:
    """Print the tree of a host."""
    from pcisolve.cli.host import read_host, say_notes
    from pcisolve.render.host import host_tree

    if not plain:
        raise click.UsageError("a host is shown as a tree, on stdout")
    host = read_host(file)
    say_notes(host)
    emit(host_tree(host).encode(), None)


def _shown(guest: Guest, head: str, options: Options, *, as_seen: bool, quiet: bool) -> int:
    """Print one guest below its head; the exit code."""
    guest.require_qemu()

    def judged() -> tuple[Verdict, Verdict]:
        verdict = guest.check(options)
        if verdict.status == SOLVED:
            return verdict, verdict
        return verdict, guest.check(options._replace(stage="libvirt", platform=""))

    try:
        verdict, shown = within(options.time_limit, judged)
    except OutOfTime:
        click.echo(f"{guest.name}: not decided within {options.time_limit:g} s", err=True)
        return EXIT_CODE[UNKNOWN]
    if verdict.status != SOLVED and not quiet:
        click.echo(head, err=True, nl=False)
        print_findings(guest, verdict, err=True)
    if shown.status == SOLVED:
        click.echo(head, nl=False)
        _print(shown, as_seen)
    return verdict.exit_code


def _print(verdict: Verdict, as_seen: bool) -> None:
    if as_seen:
        from pcisolve.render.guest import guest_tree

        emit(guest_tree(verdict).encode(), None)
    elif sys.stdout.isatty():
        from pcisolve.render.terminal import print_tree

        print_tree(verdict)
    else:
        from pcisolve.render.tree import tree

        emit(tree(verdict).encode(), None)

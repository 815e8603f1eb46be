"""pcisolve show."""

from __future__ import annotations

import re
import sys
from typing import Any, NamedTuple

import click

from pcisolve.api.guest import Guest
from pcisolve.api.guests import load_all
from pcisolve.api.limits import OutOfTime, within
from pcisolve.cli.common import emit, head_of, limit_option, print_findings, problem_options, say_reading
from pcisolve.cli.completing import any_file
from pcisolve.cli.pictures import TREE, picture_options, style_of
from pcisolve.cli.settings import Settings
from pcisolve.cli.terminal import view_of
from pcisolve.core.errors import InputError
from pcisolve.host.read import is_host
from pcisolve.problem.problem import Options
from pcisolve.render.branches import View
from pcisolve.verdict.values import EXIT_CODE, SOLVED, UNKNOWN, Verdict

_DOMAINS = re.compile("(?:0x)?([0-9a-fA-F]{1,8})(?:-(?:0x)?([0-9a-fA-F]{1,8}))?")

_HELP = """\
The topology as a tree; what the input leaves open is completed the way libvirt does.

Six or more neighbors that are alike, with all that is below them, are two lines: the first, and how many more there
are, where, and what they are called. --all says every part.

The tree of a guest that libvirt would define is shown even if QEMU or the guest's firmware breaks on it. Of a file
with several domains each is shown.

With --format svg, html, dot or mermaid, or an output file of such a name, it is a picture, also of a guest or plan
that does not hold: what is at fault is marked where it is.

Of a host (see pcisolve host) it is the tree of its own PCI functions.

\b
Examples:
  pcisolve show guest.xml
  pcisolve show --guest guest.xml
  pcisolve show --depth 1 --domain 0000-0003 plan.yaml
  pcisolve show --all guest.xml
  pcisolve show guest.xml -o guest.html
  pcisolve show plan.yaml -o plan.svg
  virsh dumpxml vm | pcisolve show
  pcisolve show host.json
"""


class _Domains(click.ParamType):  # type: ignore[type-arg]  # which takes no type before click 8.4
    """A PCI domain or a range of them, in hexadecimal digits as in addresses."""

    name = "domain"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> range:
        found = _DOMAINS.fullmatch(str(value))
        first, last = (int(found[1], 16), int(found[2] or found[1], 16)) if found else (1, 0)
        if last < first:
            self.fail(f'"{value}" is no PCI domain such as 0001, nor a range such as 0001-000f', param, ctx)
        return range(first, last + 1)


@click.command("show", help=_HELP)
@click.argument("file", default="-", shell_complete=any_file)
@click.option(
    "--guest", "as_seen", is_flag=True, help="as the guest will see it: its bus numbers, what is lost and why"
)
@click.option("--all", "everything", is_flag=True, help="every part in a line of its own, however many are alike")
@click.option("--depth", type=click.IntRange(min=0), metavar="N", help="only N levels below each root [all]")
@click.option(
    "--domain",
    "domains",
    multiple=True,
    type=_Domains(),
    metavar="DOMAIN",
    help="only this PCI domain, such as 0001, or several, such as 0001-000f; may be given again",
)
@picture_options
@limit_option
@problem_options
def command(
    file: str,
    as_seen: bool,
    everything: bool,
    depth: int | None,
    domains: tuple[range, ...],
    style: str | None,
    output: str | None,
    quiet: bool,
    models: str | None,
    **words: Any,
) -> None:
    """pcisolve show; its help is _HELP."""
    view = view_of(everything=everything, depth=depth, domains=domains)
    say_reading(file)
    if is_host(file):
        _show_host(file, view, plain=style in (None, TREE) and output in (None, "-") and not as_seen)
        return
    (options, models), drawn = Settings(words, models).of(file), style_of(style, output)
    if drawn != TREE and as_seen:
        raise click.UsageError("--guest goes with --format tree; pictures show both addresses")
    if drawn != TREE and (everything or depth is not None or domains):
        raise click.UsageError("--all, --depth and --domain go with --format tree")
    guests = load_all(file, models=models)
    if drawn != TREE:
        from pcisolve.cli.pictures import show_pictures

        sys.exit(show_pictures(guests, options, drawn, output, quiet=quiet))
    if output not in (None, "-"):
        raise click.UsageError("a tree is for stdout; a picture's file ends in .svg, .html, .dot or .mmd")
    shown = _Shown(options, view, as_seen, quiet)
    sys.exit(max(shown.guest(guest, head_of(guests, guest)) for guest in guests))


def _show_host(file: str, view: View, *, plain: bool) -> None:
    """Print the tree of a host."""
    from pcisolve.cli.host import read_host, say_notes
    from pcisolve.render.host import host_tree

    if not plain:
        raise click.UsageError("a host is shown as a tree, on stdout")
    host = read_host(file)
    say_notes(host)
    _refuse_other_domains(view, {root.bus.domain for root in host.roots})
    emit(host_tree(host, view).encode(), None)


def _refuse_other_domains(view: View, known: set[int]) -> None:
    """Refuse domains none of which is there.

    Raises:
        InputError: there is none of them.
    """
    if known and not any(map(view.has, known)):
        there = f"{min(known):04x}" + (f" to {max(known):04x}" if len(known) > 1 else "")
        raise InputError("there is no such PCI domain", expected=f"{there} with --domain")


class _Shown(NamedTuple):
    """How guests are shown."""

    options: Options
    view: View
    as_seen: bool
    quiet: bool

    def guest(self, guest: Guest, head: str) -> int:
        """Print one guest below its head; the exit code."""
        guest.require_qemu()

        def judged() -> tuple[Verdict, Verdict]:
            verdict = guest.check(self.options)
            if verdict.status == SOLVED:
                return verdict, verdict
            return verdict, guest.check(self.options._replace(stage="libvirt", platform=""))

        try:
            verdict, shown = within(self.options.time_limit, judged)
        except OutOfTime:
            click.echo(f"{guest.name}: not decided within {self.options.time_limit:g} s", err=True)
            return EXIT_CODE[UNKNOWN]
        if verdict.status != SOLVED and not self.quiet:
            click.echo(head, err=True, nl=False)
            print_findings(guest, verdict, err=True)
        if shown.status == SOLVED:
            _refuse_other_domains(self.view, {one.domain for one in shown.controllers if one.address is None})
            emit((head + self._text(shown)).encode(), None)
        return verdict.exit_code

    def _text(self, verdict: Verdict) -> str:
        if self.as_seen:
            from pcisolve.render.guest import guest_tree

            return guest_tree(verdict, self.view)
        from pcisolve.render.tree import tree

        return tree(verdict, self.view)

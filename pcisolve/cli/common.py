"""Options that several commands share, and how answers leave."""

from __future__ import annotations

import inspect
import io
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pcisolve.api.guest import Guest
from pcisolve.api.options import make_options, out_of_range
from pcisolve.cli.completing import any_folder, ends, platforms, rule_ids
from pcisolve.cli.terminal import is_coloured
from pcisolve.core.errors import InputError
from pcisolve.core.files import write_atomically
from pcisolve.core.packed import pack, packing_by_name
from pcisolve.problem.problem import AUTO, CONFLICTS, HOTPLUG, ONE, POLICIES, SCHEMES, STABLE, STAGES, Options
from pcisolve.verdict.values import Verdict

if TYPE_CHECKING:
    from pcisolve.api.guests import Guests

_NO_NEWLINE = "\\ No newline at end of file"  # the words of diff(1), which patch(1) looks for

Command = TypeVar("Command", bound=Callable[..., Any])


_PROBLEM_OPTIONS = (
    click.option(
        "--scheme",
        type=click.Choice(SCHEMES),
        default="auto",
        help="how indexes relate to domains and buses [auto: as the input does]",
    ),
    click.option("--stage", type=click.Choice(STAGES), default="guest", help="how far down it must hold [guest]"),
    click.option(
        "--libvirt", metavar="VERSION", shell_complete=ends, help="libvirt to agree with: 9.0.0, oldest ... [newest]"
    ),
    click.option(
        "--qemu", metavar="VERSION", shell_complete=ends, help="QEMU to agree with, such as 7.2 [the newest known]"
    ),
    click.option(
        "--models",
        metavar="DIR",
        shell_complete=any_folder,
        help="a folder of models that adds to and overrides the shipped ones",
    ),
    click.option(
        "--bus-bits",
        type=click.Choice(("0", "8")),
        default="0",
        help="8: bus ids at most 0xff in the multi-domain scheme",
    ),
    click.option(
        "--platform",
        default="",
        metavar="NAME",
        shell_complete=platforms,
        help="what is to start the guest, such as qemu-pseries: its limits count too [none in particular]",
    ),
    click.option(
        "--rules",
        multiple=True,
        type=click.Path(exists=True, file_okay=False),
        metavar="DIR",
        help="a folder of rules of your own, which are Python and are run; may be given again",
    ),
    click.option(
        "--without",
        multiple=True,
        metavar="ID",
        shell_complete=rule_ids,
        help="a rule that does not count; may be given again",
    ),
    click.option(
        "--select",
        multiple=True,
        metavar="ID",
        help="only these rules count: ids or patterns such as 'start-*'; may be given again [all]",
    ),
    click.option(
        "--ignore", multiple=True, metavar="ID", help="rules that do not count: ids or patterns; may be given again"
    ),
    click.option(
        "--config",
        metavar="FILE",
        help="the configuration [pcisolve.toml, or [tool.pcisolve] of pyproject.toml, in the input's folder or above]",
    ),
    click.option("--isolated", is_flag=True, help="look for no configuration"),
    click.option("--quiet", "-q", is_flag=True, help="no diagnostics"),
)
_NAMES = frozenset(inspect.signature(make_options).parameters) - {"bus_bits"}
_WHERE = ("config", "isolated")  # which configuration: for cli.settings


def problem_options(command: Command) -> Command:
    """--scheme, --stage, --libvirt, --qemu, --models, --bus-bits, --platform, --rules, --without, --select, --ignore,
    --config, --isolated, --quiet."""
    for option in reversed(_PROBLEM_OPTIONS):
        command = option(command)
    return command


def limit_option(command: Command) -> Command:
    """--time-limit, for commands that only judge."""
    return click.option(
        "--time-limit",
        type=click.FloatRange(min=0.001),
        default=30.0,
        metavar="S",
        help="seconds that it may take, for each guest [30]",
    )(command)


def proof_options(command: Command) -> Command:
    """--conflicts, --prove."""
    command = click.option(
        "--prove",
        is_flag=True,
        help="where no layout exists: check that again, in exact arithmetic or by a proof that is checked",
    )(command)
    return click.option(
        "--conflicts",
        type=click.Choice(CONFLICTS),
        default=ONE,
        help=f"of a plan that has no layout: one of the smallest conflicts, or all of them [{ONE}]",
    )(command)


def solve_options(*, against: bool) -> Callable[[Command], Command]:
    """--policy and --time-limit; `against`: whether there may be an earlier layout."""
    policies = [one for one in POLICIES if against or one != STABLE]
    said = ["auto: what libvirt would choose, else the nearest layout that holds", "libvirt: only what libvirt chooses"]
    said += ["minimal: fewest controllers"]
    said += ["stable: fewest moves, with --against"] if against else []

    def decorate(command: Command) -> Command:
        command = click.option(
            "--time-limit",
            type=click.FloatRange(min=0.001),
            default=30.0,
            metavar="S",
            help="seconds the solver may take [30]",
        )(command)
        command = click.option(
            "--keep", type=click.Choice([HOTPLUG]), help="with --policy minimal: every device can still be hot-plugged"
        )(command)
        return click.option("--policy", type=click.Choice(policies), default=AUTO, help="; ".join(said) + f" [{AUTO}]")(
            command
        )

    return decorate


def options_of(words: dict[str, Any]) -> Options:
    """The Options behind the shared options' words.

    Raises:
        click.UsageError: a word that click itself does not check.
    """
    known = {name: words[name] for name in sorted(_NAMES) if words.get(name) is not None}
    try:
        options = make_options(**known, bus_bits=int(words.get("bus_bits", "0")))
        if options.rules or options.without:
            from pcisolve.rules.registry import rules_for

            rules_for(options)  # what cannot be used is said before anything is read
        for line in out_of_range(options):
            click.echo(f"pcisolve: {line}", err=True)
        return options
    except (ValueError, InputError) as error:
        raise click.UsageError(str(error)) from None


def emit(data: bytes, output: str | None) -> None:
    """To a file, replaced whole and packed as its name says, or to stdout.

    Raises:
        OSError: the one or the other does not take it.
    """
    if output is None or output == "-":
        if sys.stdout is None:
            raise OSError("standard output is closed")
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        write_atomically(output, pack(data, packing_by_name(output)))


def head_of(guests: Guests, guest: Guest) -> str:
    """The line before what is said of one of several guests of a file; "" for the only one."""
    label = guests.label(guest)
    return f"{guests.name}: {label}\n" if label else ""


def print_findings(guest: Guest, verdict: Verdict, *, err: bool = False) -> None:
    """Findings as text to stdout or stderr; in colour where that is a terminal."""
    colored = is_coloured(err=err)
    text = findings_text(guest, verdict, coloured=colored)
    if text:
        click.echo(text, err=err, nl=False, color=colored)


def findings_text(guest: Guest, verdict: Verdict, style: str = "full", *, coloured: bool = False) -> str:
    """Findings as text, full or concise; only the first is coloured."""
    from pcisolve.render.findings import concise, full
    from pcisolve.render.paint import coloured as in_colour
    from pcisolve.render.paint import plain

    if style == "concise":
        return concise(verdict.findings)
    return full(verdict.findings, guest.line, in_colour if coloured else plain)


def say_reading(file: str) -> None:
    """On an interactive terminal that what is read is typed into it, for who has forgotten the file."""
    if file == "-" and sys.stdin is not None and sys.stdin.isatty():
        click.echo("pcisolve: reading standard input", err=True)


def text_diff(before: str, after: str, name: str, what: str) -> bytes:
    """How the text of a file was changed, as patch(1) takes it."""
    import difflib  # 4 ms, only where it is asked for

    diff = difflib.unified_diff(_lines(before), _lines(after), name, f"{name} ({what})")
    return "".join(line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}\n" for line in diff).encode()


def _lines(text: str) -> list[str]:
    """As patch sees them: str.splitlines would end lines at more characters than the newline."""
    return io.StringIO(text, newline="\n").readlines()


def refuse(error: InputError) -> None:
    """One line on stderr for an unusable input."""
    click.echo(f"pcisolve: {error}", err=True)

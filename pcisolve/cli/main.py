"""The command `pcisolve` and its subcommands, each imported only when it is used."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from pcisolve.core.errors import InputError
from pcisolve.core.version import VERSION
from pcisolve.core.words import did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMMANDS = {
    "solve": "complete a layout: domain XML or plan file -> solved XML",
    "check": "everything that is wrong, at once",
    "show": "the topology as a tree",
    "host": "a snapshot of a host's PCI functions",
    "fit": "whether more devices fit into a guest, where, and how many",
    "convert": "the same layout in the flat or the multi-domain scheme",
    "diff": "what differs between two layouts, and what the guest notices",
    "verify": "what the real libvirt and QEMU make of it",
    "batch": "many files, one JSON line each",
    "rule": "what a rule means, and why",
    "models": "controllers, machines and devices that are known",
    "schema": "the JSON Schemas of outputs, configurations and plans",
    "lsp": "a language server: domain XML and plans in an editor",
    "hook": "called by libvirt or KubeVirt before a guest starts",
    "completions": "what a shell completes commands with",
    "plan-schema": "the JSON Schema of plan files, for editors",
}

# What a shell says of a program that such a signal ended; 0 to 3 have meanings of their own.
_INTERRUPTED = 130
_NOBODY_READS = 141

_HELP = """Plan, check and explain the PCI topology of virtual machines.

\b
Examples:
  pcisolve solve guest.xml -o solved.xml      every controller and address filled in
  pcisolve check guest.xml                    everything that is wrong, with file and line
  pcisolve show guest.xml                     the topology as a tree
  pcisolve solve --policy minimal guest.xml   the fewest controllers added, proved
  pcisolve convert --to multi-domain guest.xml
  pcisolve diff running.xml next.xml          what moves, and what the guest will notice
  virsh dumpxml vm | pcisolve check -         from a pipe
  pcisolve batch fleet/ -o fleet.jsonl        a whole directory
  pcisolve rule addr-duplicate                what a rule means

\b
Exit codes: 0 fine (warnings too); 1 errors or infeasible; 2 unusable input or wrong usage; 3 undecided.
Shell completion: eval "$(pcisolve completions bash)"  (or zsh; pcisolve completions fish | source)
"""


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(f"pcisolve.cli.{cmd_name.replace('-', '_')}").command
        return command if isinstance(command, click.Command) else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, none of which need be imported for that."""
        from click.shell_completion import CompletionItem  # only while a shell completes

        found = [CompletionItem(name, help=text) for name, text in _COMMANDS.items() if name.startswith(incomplete)]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            from pcisolve.cli.interrupted import kept

            click.echo(f"pcisolve: interrupted; {kept(ctx)}", err=True)
            sys.exit(_INTERRUPTED)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            ctx.fail(f'no command "{args[0]}"; {did_you_mean(args[0], _COMMANDS)}')
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="pcisolve")
def group() -> None:
    """The group behind `pcisolve`; its help is _HELP."""


def main() -> None:
    """Entry point. Ends the process with the exit codes of the contract; no traceback reaches a user."""
    stdout = sys.stdout
    try:
        group(prog_name="pcisolve")
    except SystemExit:
        if sys.stdout is not stdout:  # click wraps it when nobody reads it any more, and ends with 1
            sys.exit(_NOBODY_READS)
        raise
    except InputError as error:
        click.echo(f"pcisolve: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"pcisolve: {error.strerror or error}: {error.filename or ''}".rstrip(": "), err=True)
        _forget_output()
        sys.exit(2)
    except Exception as error:
        click.echo(f"pcisolve: internal error ({type(error).__name__}: {error}); please report it", err=True)
        sys.exit(2)


def _forget_output() -> None:
    """What stdout did not take is not tried again on the way out, which would end in an exit code of Python's."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except (OSError, ValueError):  # ValueError: it is closed
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

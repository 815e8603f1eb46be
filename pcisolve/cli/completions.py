"""pcisolve completions."""

from __future__ import annotations

import click

_SHELLS = ("bash", "zsh", "fish")


@click.command("completions")
@click.argument("shell", type=click.Choice(_SHELLS))
def command(shell: str) -> None:
    """A script that a shell completes commands with: rules, models and formats by name, files as ever.

    \b
    Examples:
      eval "$(pcisolve completions bash)"      in ~/.bashrc
      eval "$(pcisolve completions zsh)"       in ~/.zshrc
      pcisolve completions fish | source       in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None  # the three are click's own
    group = click.get_current_context().find_root().command
    text = kind(group, {}, "pcisolve", "_PCISOLVE_COMPLETE")
    click.echo(text.source_template % text.source_vars())

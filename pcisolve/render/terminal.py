"""The tree on a terminal, in colour."""

from __future__ import annotations

from pcisolve.render.tree import tree
from pcisolve.verdict.values import Verdict

_STYLES = (("(added)", "green"), ("(implicit)", "cyan"), ("(chosen)", "yellow"))


def print_tree(verdict: Verdict) -> None:
    """Print the tree; what is not in the input is coloured."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in tree(verdict).splitlines():
        style = next((colour for mark, colour in _STYLES if line.endswith(mark)), "bold" if line[:1].isalpha() else "")
        console.print(Text(line, style=style))

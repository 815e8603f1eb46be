"""The one set of colors: findings, trees, tables and differences on a terminal; without one, none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Paint = Callable[[str, str], str]

# In the words of rich, of the eight colors that each terminal has. What a color says is said in words too.
_STYLES: Final = {
    "error": "bold red",
    "warning": "bold yellow",
    "note": "bold cyan",
    "headline": "bold",
    "frame": "blue",
    "help": "bold green",
    "quiet": "dim",
    "added": "green",
    "removed": "red",
    "moved": "yellow",
    "changed": "cyan",
    "renumbered": "magenta",
    "implicit": "cyan",
    "chosen": "yellow",
}
_OF_LINES: Final = (
    (b"+++ ", "headline"),
    (b"--- ", "headline"),
    (b"@@", "frame"),
    (b"+", "added"),
    (b"-", "removed"),
)


def plain(style: str, text: str) -> str:
    """The text as it is."""
    return text


def coloured(style: str, text: str) -> str:
    """The text in a style, one of _STYLES; "" is none."""
    if not style or not text:
        return text
    from rich.color import ColorSystem
    from rich.style import Style

    return Style.parse(_STYLES[style]).render(text, color_system=ColorSystem.STANDARD)


def patch(diff: bytes, paint: Paint) -> bytes:
    """A unified diff, painted line by line; the same bytes where nothing is painted."""
    if paint is plain:
        return diff
    return b"".join(_patched(line, paint) for line in diff.splitlines(keepends=True))


def _patched(line: bytes, paint: Paint) -> bytes:
    style = next((style for sign, style in _OF_LINES if line.startswith(sign)), "")
    body = line.rstrip(b"\r\n")
    return paint(style, body.decode()).encode() + line[len(body) :]

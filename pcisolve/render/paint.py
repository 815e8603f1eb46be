"""Colours of findings on a terminal; without one, none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Paint = Callable[[str, str], str]

# Select Graphic Rendition, ECMA-48.
_CODES: Final = {"error": "1;31", "warning": "1;33", "note": "1;36", "headline": "1", "frame": "34", "help": "1;32"}


def plain(style: str, text: str) -> str:
    """The text as it is."""
    return text


def coloured(style: str, text: str) -> str:
    """The text in a style: "error", "warning", "note", "headline", "frame" or "help"."""
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"

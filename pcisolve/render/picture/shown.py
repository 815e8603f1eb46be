"""Text of an input, fit to be shown: nothing in it can act, hide or turn the text around it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

LONGEST: Final = 160  # characters of a label
_PLAIN: Final = re.compile(r"[ -~]*\Z")
_HIDDEN: Final = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_WIDE: Final = ("W", "F")
_NARROW: Final = frozenset("ijl.,:;|!'` ()[]fIrt-")
_BROAD: Final = frozenset("mwMW@%")


def visible(text: str, longest: int = LONGEST) -> str:
    """Characters that show nothing, or that act on others (controls, bidirectional marks), by their code; clipped."""
    if len(text) > longest:
        text = text[: longest - 1] + "\u2026"
    return text if _PLAIN.match(text) else "".join(map(_visible, text))


@lru_cache(maxsize=4096)
def _visible(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    return f"\u2039{ord(character):04X}\u203a"


def in_markup(text: str) -> str:
    """Text as content of XML or HTML, or between double quotes of an attribute."""
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#39;")
    )


@lru_cache(maxsize=65536)
def width(text: str, size: float) -> float:
    """Pixels that a text takes at most, in a sans-serif font of this size; fonts differ, so it is on the safe side."""
    ems = 0.0
    for one in text:
        if one in _NARROW:
            ems += 0.38
        elif one in _BROAD:
            ems += 0.95
        elif one > "\u02ff":
            ems += 1.05 if unicodedata.east_asian_width(one) in _WIDE else 0.9 if not unicodedata.combining(one) else 0
        else:
            ems += 0.62
    return ems * size


def clipped(text: str, size: float, room: float) -> str:
    """As much of a text as has room, in pixels, with an ellipsis where that is not all."""
    if width(text, size) <= room:
        return text
    while text and width(text + "\u2026", size) > room:
        text = text[: -max(1, len(text) // 16)]
    return text.rstrip() + "\u2026"

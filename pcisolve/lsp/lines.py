"""Offsets in a text and positions in the words of the protocol: lines, and units within them, from 0.

Units are those of UTF-16, unless editor and server have agreed on those of UTF-8 or on characters.

Lines end at "\\n", "\\r\\n" or "\\r" and nowhere else (Language Server Protocol 3.17, Text Documents); str.splitlines
would end them at more characters.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from lsprotocol.types import Position, Range

UTF16: Final = "utf-16"
_ENDS: Final = re.compile(r"\r\n|\n|\r")
_UNIT: Final = {"utf-8": 1, "utf-16": 2, "utf-32": 4}  # bytes of one unit


class Lines:
    """A text by its lines."""

    def __init__(self, text: str, encoding: str = UTF16) -> None:
        self.text = text
        self.encoding = encoding
        self._starts = [0, *(found.end() for found in _ENDS.finditer(text))]
        self._simple = text.isascii()

    def position(self, offset: int) -> Position:
        """The position of an offset; those outside the text are at its ends."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset) - 1
        start = self._starts[line]
        return Position(line, offset - start if self._simple else units(self.text[start:offset], self.encoding))

    def offset(self, position: Position) -> int:
        """The offset of a position; one behind the end of its line is that end, one inside a character its begin."""
        if position.line >= len(self._starts):
            return len(self.text)
        start = self._starts[position.line]
        end = self._end(position.line)
        if self._simple:
            return min(start + position.character, end)
        left = position.character
        for at in range(start, end):
            left -= units(self.text[at], self.encoding)
            if left < 0:
                return at
        return end

    def range(self, begin: int, end: int) -> Range:
        """text[begin:end] as a range."""
        return Range(self.position(begin), self.position(end))

    def at(self, line: int, column: int) -> int:
        """The offset of a place as messages name it: lines end at "\\n" only, line and column from 1, in characters."""
        begin = self._begin_of(line)
        end = self.text.find("\n", begin)
        return min(begin + column - 1, len(self.text) if end < 0 else end)

    def _begin_of(self, line: int) -> int:
        if "\r" not in self.text or self.text.count("\r") == self.text.count("\r\n"):
            return self._starts[min(line, len(self._starts)) - 1]
        begin = 0
        for _ in range(line - 1):
            begin = self.text.find("\n", begin) + 1
        return begin

    def _end(self, line: int) -> int:
        """Where a line ends, before what ends it."""
        if line + 1 >= len(self._starts):
            return len(self.text)
        end = self._starts[line + 1] - 1
        return end - 1 if self.text[end] == "\n" and end and self.text[end - 1] == "\r" else end


def units(text: str, encoding: str = UTF16) -> int:
    """How many units of an encoding ("utf-8", "utf-16", "utf-32") a text has."""
    if text.isascii():
        return len(text)
    name = encoding if encoding == "utf-8" else f"{encoding}-le"  # without a byte order mark
    return len(text.encode(name, "surrogatepass")) // _UNIT[encoding]


def moved(offset: int, old: str, new: str) -> int | None:
    """Where a place of an old text is in the new one, where the two differ in one stretch; None within that."""
    if old == new:
        return offset
    before = _common(old, new)
    if offset <= before:
        return offset
    after = min(_common_end(old, new), min(len(old), len(new)) - before)
    return offset + len(new) - len(old) if offset >= len(old) - after else None


def _common(one: str, other: str) -> int:
    """How many characters both begin with; found by halving, as comparing slices is fast."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle - 1
    return low

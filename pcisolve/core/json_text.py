"""JSON that somebody else wrote: how deep it may nest is bounded here, not by what a Python's parser can take."""

from __future__ import annotations

import json
import re
from typing import Any, Final

MAX_DEPTH: Final = 100

# Possessive: no text, however hostile, is searched twice. A string that does not end reaches to the end.
_SIGN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{\]}]', re.DOTALL)


class JsonError(ValueError):
    """Not JSON, or nested too deeply.

    Attributes:
        message: what is wrong.
        line: where, counted from 1.
        column: likewise.
    """

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def read_json(data: bytes) -> Any:
    """The value that JSON stands for, in UTF-8 or what else JSON may be written in.

    Raises:
        JsonError: not text, not JSON, or nested more than MAX_DEPTH deep.
    """
    try:
        text = data.decode(json.detect_encoding(data), "surrogatepass")
    except UnicodeDecodeError as error:
        raise JsonError("not text", *_place(data, b"\n", error.start)) from None
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _refuse_depth(text)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise JsonError(error.msg, error.lineno, error.colno) from None
    except ValueError as error:  # a number of thousands of digits
        raise JsonError(str(error), 1, 1) from None


def _refuse_depth(text: str) -> None:
    depth = 0
    for found in _SIGN.finditer(text):
        sign = found[0]
        if sign in ("[", "{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise JsonError(f"nested more than {MAX_DEPTH} deep", *_place(text, "\n", found.start()))
        elif sign in ("]", "}"):
            depth -= 1


def _place(text: Any, newline: Any, at: int) -> tuple[int, int]:
    return text.count(newline, 0, at) + 1, at - text.rfind(newline, 0, at)

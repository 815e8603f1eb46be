"""Findings that the input itself asks not to be told of."""

from __future__ import annotations

from typing import NamedTuple


class Ignore(NamedTuple):
    """A comment `pcisolve: ignore[rule, ...] reason`, and the elements that it is about.

    Attributes:
        line: where the comment begins, from 1.
        rules: ids of rules as they are written; () where the comment is not of that form.
        first, last: Node.number of the element below the comment, and of the last one in it.
    """

    line: int
    rules: tuple[str, ...]
    first: int
    last: int

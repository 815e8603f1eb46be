"""Conditions on an element's attributes: which variant of a device it is."""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.catalog.table import Table
from pcisolve.core.node import Node


class Condition(NamedTuple):
    """An attribute (Node.get path) that has one of the words, or, negated, none of them; "" is its absence."""

    path: str
    words: tuple[str, ...]
    negated: bool


When = tuple[Condition, ...]


def matches(when: When, node: Node) -> bool:
    """Whether the element meets every condition; no conditions match any element."""
    return all(((node.get(one.path) or "") in one.words) is not one.negated for one in when)


def read_when(owner: Table) -> When:
    """The `when` table of a model file: path = "word", "word,word", "!word,word" (none of these) or a list of words.

    Raises:
        InputError: a value that is neither.
    """
    table = owner.table("when")
    return tuple(_condition(table, path) for path in table.raw) if table else ()


def _condition(table: Table, path: str) -> Condition:
    if not isinstance(table.raw[path], str):
        return Condition(path, table.words(path), False)
    text = table.text(path)
    return Condition(path, tuple(text.removeprefix("!").split(",")), text.startswith("!"))

"""Changes to an input, as values: what is to be different, not how it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final, NamedTuple

from pcisolve.core.address import Address
from pcisolve.core.node import Node

TEXT: Final = "text()"  # as an attribute: the text inside an element, in the words of XPath
NAME: Final = "name()"  # as an attribute: the name of an element
FIRST_ADDED: Final = 1 << 40  # above the number of any element that was read


class NewElement(NamedTuple):
    """An element to be added: attributes in the order in which they are written, children in theirs, or text."""

    tag: str
    attributes: dict[str, str]
    children: tuple[NewElement, ...] = ()
    text: str = ""


class Change(NamedTuple):
    """One fact that is to be different.

    Attributes:
        node: the element; for a PCI address the <address> itself.
        attribute: which attribute of it, or TEXT or NAME; "" is the element itself.
        value: the attribute's new text, the new Address of an <address>, an element to be added to `node`,
            or None for what is taken away.
    """

    node: Node
    attribute: str
    value: str | Address | NewElement | None


def changed(root: Node, changes: Iterable[Change]) -> Node:
    """A tree with these changes, which shares what stays the same with the old one; node numbers are kept.

    Elements that are added are numbered from FIRST_ADDED, in the order in which they stand.
    """
    numbers = count(FIRST_ADDED)
    by_number: dict[int, list[Change]] = {}
    on_the_way: set[int] = set()
    for change in changes:
        by_number.setdefault(change.node.number, []).append(change)
        here: Node | None = change.node
        while here is not None and here.number not in on_the_way:
            on_the_way.add(here.number)
            here = here.parent

    def copied(node: Node, parent: Node | None) -> Node | None:
        if node.number not in on_the_way:
            return node
        copy = _with_changes(node, parent, by_number.get(node.number, ()))
        if copy is not None:
            children = [copied(child, copy) for child in node.children]
            copy.children = [child for child in children if child is not None]
            added = [change.value for change in by_number.get(node.number, ())]
            copy.children += [_built(one, copy, numbers) for one in added if isinstance(one, NewElement)]
        return copy

    return copied(root, None) or root


def _with_changes(node: Node, parent: Node | None, changes: Iterable[Change]) -> Node | None:
    """A copy without children; None when the element itself is taken away."""
    copy = Node(node.tag, dict(node.attributes), node.number, parent, node.text)
    copy.ordinal = node.ordinal
    for change in changes:
        if change.attribute:
            _set(copy, change.attribute, change.value)
        elif isinstance(change.value, Address):
            _place(copy, change.value)
        elif change.value is None:
            return None
    return copy


def _set(node: Node, attribute: str, value: object) -> None:
    if attribute == NAME:
        node.tag = str(value)
    elif attribute == TEXT:
        node.text = value if isinstance(value, str) else ""
    elif isinstance(value, str):
        node.attributes[attribute] = value
    else:
        node.attributes.pop(attribute, None)


def _place(node: Node, address: Address) -> None:
    domain, bus, slot, function = address
    node.attributes |= {
        "type": "pci",
        "domain": f"{domain:#06x}",
        "bus": f"{bus:#04x}",
        "slot": f"{slot:#04x}",
        "function": f"{function:#x}",
    }


def _built(element: NewElement, parent: Node, numbers: Iterator[int]) -> Node:
    node = Node(element.tag, dict(element.attributes), next(numbers), parent, element.text)
    node.children = [_built(child, node, numbers) for child in element.children]
    return node

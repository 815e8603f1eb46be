"""A remedy: changes that may make one breach go away. Whether they do is found by judging the changed guest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pcisolve.core.address import Address
from pcisolve.core.change import Change
from pcisolve.core.node import Node
from pcisolve.problem.parts import Part
from pcisolve.repair.bench import Bench
from pcisolve.rules.rule import Telling


class Remedy(NamedTuple):
    """Changes of one sort; `sort` is what alike breaches have in common when each is changed in this way."""

    sort: str
    changes: tuple[Change, ...]


Remedies = Callable[[Bench, Any, Telling], Iterator[Remedy]]


def free(part: Part) -> Iterator[Remedy]:
    """Give up the part's address; libvirt chooses another one."""
    if part.address_node is not None and part.address_node.number >= 0:
        yield Remedy("free address", (Change(part.address_node, "", None),))


def move(part: Part, address: Address | None, sort: str) -> Iterator[Remedy]:
    """Give the part this address."""
    if part.address_node is not None and part.address_node.number >= 0 and address is not None:
        yield Remedy(sort, (Change(part.address_node, "", address),))


def put(node: Node | None, attribute: str, value: str, sort: str) -> Iterator[Remedy]:
    """Give an element of the input this attribute."""
    if node is not None and node.number >= 0 and node.attributes.get(attribute) != value:
        yield Remedy(sort, (Change(node, attribute, value),))


def drop(node: Node | None, attribute: str, sort: str) -> Iterator[Remedy]:
    """Take an attribute away, or with "" the whole element."""
    if node is not None and node.number >= 0 and (not attribute or attribute in node.attributes):
        yield Remedy(sort, (Change(node, attribute, None),))

"""Ways to take one fact back: what the input would be if it did not say this."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pcisolve.core.change import Change
from pcisolve.core.node import Node
from pcisolve.explain.conflicts import element_of
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Point

OTHER_BUS_NUMBERS: Final = ("200", "128", "64")

Changes = tuple[Change, ...]


def relaxations(problem: Problem, point: Point) -> Iterator[Changes]:
    """Changes of this fact alone, the mildest first.

    An address, an option or an element is left out (with a host's address, the device); an index becomes one that is
    free, a model any other one, or the controller is left out.
    """
    node, attribute = point.node, point.attribute
    if node.number < 0 or node.parent is None:  # what <domain> itself says is what the guest is
        return
    if node.tag == "address":
        if attribute == "multifunction":
            yield (Change(node, attribute, None),)
        elif attribute == "function" and _is_place(node):
            yield (Change(node, attribute, "0x0"),)
        yield (Change(node if _is_place(node) else element_of(node), "", None),)
    elif node.tag == "controller" and attribute == "index":
        for index in problem.free_indexes:
            yield (Change(node, "index", str(index)),)
        yield (Change(node, "", None),)
    elif node.tag == "controller" and attribute == "model" and node.get("type") == "pci":
        for model in problem.catalog.controllers():
            if model.name != node.get("model"):
                yield (Change(node, "model", model.name),)
        yield (Change(node, "", None),)
    elif attribute:
        yield (Change(node, attribute, None),)
        for number in OTHER_BUS_NUMBERS if attribute == "busNr" else ():
            yield (Change(node, attribute, number),)  # libvirt's own choice may be as bad
    else:
        yield (Change(node, "", None),)


def _is_place(node: Node) -> bool:
    """Whether it is a part's own address, not that of its source."""
    return node.parent is not None and node.parent.tag != "source"

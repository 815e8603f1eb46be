"""The part of a guest that a conflict is about, as a guest of its own."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.core.node import Node
from pcisolve.explain.conflicts import element_of
from pcisolve.rules.rule import Point

# What libvirt would add by itself to every guest, told not to come.
_NOT_WANTED = (("controller", {"type": "usb", "model": "none"}), ("memballoon", {"model": "none"}))
_LIBVIRTS_OWN = -1


def elements(points: Iterable[Point]) -> list[Node]:
    """The devices and controllers that points lie in, in document order."""
    nodes = [element_of(point.node) for point in points]
    inside = [node for node in nodes if node.number >= 0 and node.parent is not None and node.parent.tag == "devices"]
    found = {node.number: node for node in inside}
    return [found[number] for number in sorted(found)]


def excerpt(root: Node, chosen: Iterable[Node]) -> Node:
    """The guest with these devices only, everything outside <devices> as it is.

    What libvirt would add by itself is left out where libvirt allows it: it is no part of the conflict.
    """
    copy = Node(root.tag, root.attributes, root.number, None, root.text)
    devices = root.first("devices")
    copy.children = [child for child in root.children if child is not devices]
    if devices is not None:
        reduced = Node("devices", devices.attributes, devices.number, copy)
        tags = {(node.tag, node.get("type")) for node in chosen}
        reduced.children = [*chosen, *(_absent(reduced, *one) for one in _NOT_WANTED if _kind(*one) not in tags)]
        copy.children.append(reduced)
    return copy


def _kind(tag: str, attributes: dict[str, str]) -> tuple[str, str | None]:
    return tag, attributes.get("type")


def _absent(parent: Node, tag: str, attributes: dict[str, str]) -> Node:
    return Node(tag, dict(attributes), _LIBVIRTS_OWN, parent)

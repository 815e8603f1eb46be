"""Changes to elements of a document, collected first and turned into text edits at the end."""

from __future__ import annotations

from itertools import groupby
from typing import Final, NamedTuple

from pcisolve.core.change import NewElement
from pcisolve.core.node import Node
from pcisolve.libvirt.document import Document
from pcisolve.libvirt.elements import Draft, Manner, quoted, written
from pcisolve.libvirt.scanner import Attribute, blanks_before, split_start_tag
from pcisolve.libvirt.style import end_of_content, ends_elsewhere, line_start, manner_of_child, place_after, quote_of

# The orders in which libvirt writes them: virPCIDeviceAddressFormat, virDomainControllerDefFormat and ...FormatPCI.
_ATTRIBUTE_ORDER: Final[dict[str, tuple[str, ...]]] = {
    "address": ("type", "domain", "bus", "slot", "function", "multifunction"),
    "zpci": ("uid", "fid"),
    "controller": ("type", "index", "model"),
    "target": ("chassisNr", "chassis", "port", "busNr", "index", "hotplug", "memReserve"),
}
_CHILD_RANK: Final = {"model": 0, "target": 1, "address": 3}
_OTHER_RANK: Final = 2
_LISTS: Final = frozenset({"domain", "devices"})  # what is added to these comes last, whatever its tag


class Edit(NamedTuple):
    """Text to put in the place of text[begin:end]."""

    begin: int
    end: int
    text: str


class Changed:
    """What is to change about one element: attributes (None takes one away) and new children."""

    __slots__ = ("attributes", "children", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.attributes: dict[str, str | None] = {}
        self.children: list[Draft | NewElement] = []


def edits_of(document: Document, change: Changed) -> list[Edit]:
    """The edits that make a change; none when all is as wanted already."""
    node = change.node
    span = document.spans[node.number]
    old = document.text[span.begin : span.end]
    new = _start_tag(old, change, quote_of(document, node)) if change.attributes else old
    filled = span.self_closing and not ends_elsewhere(document, node)
    if change.children and filled:
        head, attributes, _ = split_start_tag(new)
        new = _joined(head, attributes, ">") + _only_content(document, change) + f"</{head[1:]}>"
    edits = [] if new == old else [Edit(span.begin, span.end, new)]
    if change.children and not filled:
        edits += _children_edits(document, change)
    return edits


def removal(document: Document, node: Node) -> Edit:
    """The edit that takes an element away, with the blanks before it."""
    span = document.spans[node.number]
    return Edit(blanks_before(document.text, span.begin), span.close_end, "")


def _joined(head: str, attributes: list[Attribute], tail: str) -> str:
    return head + "".join(f"{one.lead}{one.name}{one.equals}{one.quoted}" for one in attributes) + tail


def _start_tag(tag: str, change: Changed, quote: str) -> str:
    head, attributes, tail = split_start_tag(tag)
    order = _ATTRIBUTE_ORDER.get(change.node.tag, ())
    for name, value in change.attributes.items():
        if value == change.node.attributes.get(name):
            continue
        there = next((at for at, one in enumerate(attributes) if one.name == name), None)
        if there is None:
            if value is not None:
                _insert(attributes, Attribute(" ", name, "=", quoted(value, quote)), order)
        elif value is None:
            del attributes[there]
        else:
            one = attributes[there]
            one.quoted = quoted(value, one.quoted[0])
    return _joined(head, attributes, tail)


def _insert(attributes: list[Attribute], new: Attribute, order: tuple[str, ...]) -> None:
    """Before the first attribute that libvirt writes later, or at the end; on a line of its own where others are."""
    later = order[order.index(new.name) + 1 :] if new.name in order else ()
    at = next((at for at, one in enumerate(attributes) if one.name in later), len(attributes))
    if attributes:
        new.lead = attributes[min(at, len(attributes) - 1)].lead
    attributes.insert(at, new)


def _rank(parent: Node, tag: str) -> int:
    return _OTHER_RANK if parent.tag in _LISTS else _CHILD_RANK.get(tag, _OTHER_RANK)


def _in_order(change: Changed) -> list[Draft | NewElement]:
    return sorted(change.children, key=lambda draft: _rank(change.node, draft.tag))


def _only_content(document: Document, change: Changed) -> str:
    """All of the content of an element that had none."""
    manner = manner_of_child(document, change.node)
    body = "".join(written(draft, manner) for draft in _in_order(change))
    return body + _closing(document, change.node, manner)


def _closing(document: Document, node: Node, manner: Manner) -> str:
    """What stands before the end tag when nothing does yet."""
    return (line_start(document, node) or "") if "\n" in manner.lead else ""


def _children_edits(document: Document, change: Changed) -> list[Edit]:
    """New children go behind the last child that belongs before or beside them; most often to the end."""
    node = change.node
    manner = manner_of_child(document, node)
    edits: list[Edit] = []
    at_end = ""
    for rank, drafts in groupby(_in_order(change), lambda draft: _rank(node, draft.tag)):
        text = "".join(written(draft, manner) for draft in drafts)
        earlier = [child for child in node.children if _rank(node, child.tag) <= rank]
        if len(earlier) == len(node.children):
            at_end += text
            continue
        at = place_after(document, earlier[-1]) if earlier else document.spans[node.number].end
        edits.append(Edit(at, at, text))
    return [*edits, _edit_at_end(document, node, manner, at_end)] if at_end else edits


def _edit_at_end(document: Document, node: Node, manner: Manner, text: str) -> Edit:
    if ends_elsewhere(document, node):
        at = place_after(document, node.children[-1])
        return Edit(at, at, text)
    begin, end = end_of_content(document, node), document.spans[node.number].close
    closing = _closing(document, node, manner)
    if closing and "\n" not in document.text[begin:end]:
        return Edit(begin, end, text + closing)
    return Edit(begin, begin, text)

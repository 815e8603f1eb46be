"""How a document is written around a given element, so that additions look like their neighbours."""

from __future__ import annotations

import re
from typing import Final

from pcisolve.core.node import Node
from pcisolve.libvirt.document import Document
from pcisolve.libvirt.elements import Manner
from pcisolve.libvirt.scanner import BLANKS, blanks_before

_DEFAULT_STEP: Final = "  "  # libvirt's own
_DEFAULT_QUOTE: Final = "'"
_QUOTES: Final = "\"'"
_TAG_END: Final = BLANKS + "/>"
_LOOKED_AT: Final = 8  # children, for their quotes: <emulator> comes first and has no attributes
# Comments between an element and the end of its line belong to the element.
_COMMENTS: Final = re.compile(r"(?:[ \t]*+<!--(?:(?!--)[^\n])*+-->)++(?=[ \t]*+\r?\n)")


def manner_of_child(document: Document, node: Node) -> Manner:
    """How a new child of this element is written."""
    quote = quote_of(document, node)
    for child in node.children:
        line = line_start(document, child)
        if line is not None:
            return Manner(line, step(document, child), quote)
    if node.children:
        return Manner(_blanks(document, node.children[-1]), "", quote)
    own = line_start(document, node)
    one = step(document, node)
    return Manner("" if own is None else own + one, one, quote)


def manner_of_sibling(document: Document, node: Node) -> Manner:
    """How a new element right after this one is written."""
    line = line_start(document, node)
    lead = _blanks(document, node) if line is None else line
    return Manner(lead, step(document, node), quote_of(document, node))


def line_start(document: Document, node: Node) -> str | None:
    """Newline and indentation before an element; None when something else on its line comes first."""
    before = _blanks(document, node)
    newline = before.rfind("\n")
    if newline >= 0:
        return before[newline - 1 :] if before[:newline].endswith("\r") else before[newline:]
    if node.parent is None and (found := re.search(r"\r?\n", document.text)):
        return found[0]  # nothing needs to precede a root for it to stand on a line of its own
    return None


def step(document: Document, node: Node) -> str:
    """One step of indentation, as taken between this element and its parent, or further up."""
    inner = node
    while inner.parent is not None:
        taken = _step_between(document, inner.parent, inner)
        if taken:
            return taken
        inner = inner.parent
    return next((taken for child in inner.children if (taken := _step_between(document, inner, child))), _DEFAULT_STEP)


def quote_of(document: Document, node: Node) -> str:
    """The quotes that an element uses, or else its first children, or what is around it."""
    around: Node | None = node
    while around is not None:
        for one in (around, *around.children[:_LOOKED_AT]):
            span = document.spans[one.number]
            tag = document.text[span.begin : span.end].rstrip(_TAG_END)
            if tag[-1] in _QUOTES:
                return tag[-1]  # of its last attribute
        around = around.parent
    return _DEFAULT_QUOTE


def place_after(document: Document, node: Node) -> int:
    """Where an element that follows this one is inserted: behind comments on the rest of the line."""
    end = document.spans[node.number].close_end
    comments = _COMMENTS.match(document.text, end)
    return comments.end() if comments else end


def end_of_content(document: Document, node: Node) -> int:
    """Where the content of an element ends, but for the blanks before its end tag."""
    span = document.spans[node.number]
    return blanks_before(document.text, span.close, span.end)


def ends_elsewhere(document: Document, node: Node) -> bool:
    """Whether the last child stands outside of the element's own text: in a further <devices> (tree.build)."""
    if not node.children:
        return False
    spans = document.spans
    return spans[node.children[-1].number].begin >= spans[node.number].close


def _blanks(document: Document, node: Node) -> str:
    begin = document.spans[node.number].begin
    return document.text[blanks_before(document.text, begin) : begin]


def _step_between(document: Document, outer: Node, inner: Node) -> str:
    """By how much the inner one is indented more; "" when it is not."""
    inner_line = line_start(document, inner)
    outer_line = None if inner_line is None else line_start(document, outer)
    if inner_line is None or outer_line is None:
        return ""
    outer_indent, inner_indent = outer_line.lstrip("\r\n"), inner_line.lstrip("\r\n")
    return inner_indent.removeprefix(outer_indent) if inner_indent.startswith(outer_indent) else ""

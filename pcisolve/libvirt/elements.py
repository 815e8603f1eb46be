"""New elements as text, in the style of the document they go into."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.sax.saxutils import escape

_SPECIAL = re.compile(r"[&<>'\"\s]")


class NewElement(NamedTuple):
    """An element to be added."""

    tag: str
    attributes: dict[str, str]
    children: tuple[NewElement, ...] = ()


class Style(NamedTuple):
    """How a document is written: newline ("" when siblings share a line), one step of indentation, quote."""

    newline: str
    step: str
    quote: str


def attribute_text(name: str, value: str, quote: str) -> str:
    """An attribute with its leading blank."""
    return f" {name}={quote}{escaped(value, quote)}{quote}"


def escaped(value: str, quote: str) -> str:
    """An attribute value between these quotes."""
    if not _SPECIAL.search(value):
        return value
    return escape(value, {quote: "&apos;" if quote == "'" else "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def element_text(element: NewElement, indent: str, style: Style) -> str:
    """The element without leading indentation; its children on lines of their own."""
    start = f"<{element.tag}" + "".join(attribute_text(*one, style.quote) for one in element.attributes.items())
    if not element.children:
        return start + "/>"
    inner = indent + style.step if style.newline else ""
    body = "".join(style.newline + inner + element_text(child, inner, style) for child in element.children)
    return f"{start}>{body}{style.newline}{indent if style.newline else ''}</{element.tag}>"

"""Where every tag of a document stands.

lxml says what an XML means but not where it stands beyond the line. Once lxml has proved a text well-formed, one
regular expression can step over it exactly: comments, CDATA, processing instructions, tags.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>"
    r"|</(?P<end>[^\s>]+)\s*>"
    r"|<(?P<start>[^\s/>!?]+)(?:\s+[^\s=>/]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*(?P<empty>/)?>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"\s+(?P<name>[^\s=>/]+)\s*=\s*(?P<quote>[\"'])(?P<value>.*?)(?P=quote)", re.DOTALL)


class Span(NamedTuple):
    """A start tag text[begin:end], and its end tag text[close:close_end] (the same place when self-closing)."""

    begin: int
    end: int
    self_closing: bool
    close: int
    close_end: int


class AttributeSpan(NamedTuple):
    """Where an attribute's name begins, and its value between the quotes."""

    name: int
    value: int
    value_end: int
    quote: str


def scan(text: str) -> list[Span]:
    """The spans of all elements, in the order of their start tags. The text must be well-formed."""
    spans: list[Span | None] = []
    open_tags: list[tuple[int, int, int]] = []
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind is None:
            continue
        begin, end = token.span()
        if kind == "empty":
            spans.append(Span(begin, end, True, end, end))
        elif kind == "start":
            open_tags.append((len(spans), begin, end))
            spans.append(None)
        else:
            number, first, last = open_tags.pop()
            spans[number] = Span(first, last, False, begin, end)
    return [span for span in spans if span is not None]


def attributes(text: str, span: Span) -> dict[str, AttributeSpan]:
    """Where the attributes of a start tag stand, by name, in order."""
    found = {}
    tag = text[span.begin : span.end]
    position = re.match(r"<[^\s/>]+", tag)
    at = position.end() if position else 0
    while (one := _ATTRIBUTE.match(tag, at)) is not None:
        at = one.end()
        base = span.begin
        found[one["name"]] = AttributeSpan(
            base + one.start("name"), base + one.start("value"), base + one.end("value"), one["quote"]
        )
    return found

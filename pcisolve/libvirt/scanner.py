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
    spans: list[Span] = []
    open_tags: list[int] = []
    for token in _TOKEN.finditer(text):
        if token.group("start") is not None:
            empty = token.group("empty") is not None
            spans.append(Span(token.start(), token.end(), empty, token.end(), token.end()))
            if not empty:
                open_tags.append(len(spans) - 1)
        elif token.group("end") is not None:
            number = open_tags.pop()
            spans[number] = spans[number]._replace(close=token.start(), close_end=token.end())
    return spans


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

"""Where every tag of a document stands.

An XML parser says what a text means, but not where it stands beyond the line. Once it has proved the text well-formed
and free of a DTD, one regular expression can step over it exactly: comments, CDATA, processing instructions, tags.
"""

from __future__ import annotations

import re
from typing import Final

# XML knows no other white space; \s and str.strip() would also take U+00A0 and U+1680, which text or names may hold.
BLANKS: Final = " \t\r\n"

# Possessive repeats, so that no text, however hostile, makes it search twice.
_TOKEN: Final = re.compile(
    r"<(?:!--.*?-->|!\[CDATA\[.*?\]\]>|\?.*?\?>"
    r"|(/)[^>]*>"
    r"|([^!?/])(?:[^>\"']++|\"[^\"]*\"|'[^']*')*+>)",
    re.DOTALL,
)
_END_TAG: Final = 1
TAG: Final = re.compile(r"<(/)?(?:[^>\"']++|\"[^\"]*\"|'[^']*')*+>")  # group 1: an end tag
_OTHERS: Final = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">"))
_ATTRIBUTE: Final = re.compile(r"([ \t\r\n]+)([^ \t\r\n=/>]+)([ \t\r\n]*=[ \t\r\n]*)(\"[^\"]*\"|'[^']*')")
_HEAD: Final = re.compile(r"<[^ \t\r\n/>]+")


class Span:
    """A start tag text[begin:end], and its end tag text[close:close_end] (empty and at `end` when self-closing)."""

    __slots__ = ("begin", "close", "close_end", "end", "self_closing")

    def __init__(self, begin: int, end: int, self_closing: bool) -> None:
        self.begin = begin
        self.end = self.close = self.close_end = end
        self.self_closing = self_closing


class Attribute:
    """An attribute as written: the blanks before it, name, equals sign with its blanks, value with its quotes.

    `at` is where the name begins, counted from the beginning of the start tag; -1 for one that was added.
    """

    __slots__ = ("at", "equals", "lead", "name", "quoted")

    def __init__(self, lead: str, name: str, equals: str, quoted: str, at: int = -1) -> None:
        self.lead = lead
        self.name = name
        self.equals = equals
        self.quoted = quoted
        self.at = at


def scan(text: str) -> list[Span]:
    """The spans of all elements, in the order of their start tags. The text must be well-formed, without a DTD."""
    spans: list[Span] = []
    open_tags: list[int] = []
    for token in _TOKEN.finditer(text):
        kind = token.lastindex
        if kind is None:
            continue
        begin, end = token.span()
        if kind == _END_TAG:
            opened = spans[open_tags.pop()]
            opened.close, opened.close_end = begin, end
            continue
        self_closing = text[end - 2] == "/"
        if not self_closing:
            open_tags.append(len(spans))
        spans.append(Span(begin, end, self_closing))
    return spans


def comments(text: str) -> list[tuple[int, int]]:
    """Where the comments of a document begin and end. The text must be well-formed, without a DTD."""
    others = (token.span() for token in _TOKEN.finditer(text) if token.lastindex is None)
    return [(begin, end) for begin, end in others if text.startswith("<!--", begin)]


def end_of_other(text: str, at: int) -> int:
    """Where the comment, CDATA or processing instruction that begins at `at` ends; -1 when it does not."""
    for begin, end in _OTHERS:
        if text.startswith(begin, at):
            found = text.find(end, at + len(begin))
            return found if found < 0 else found + len(end)
    return -1


def first_deeper(text: str, depth: int) -> int | None:
    """Where the first element begins that is nested deeper; None if none is. The text need not be well-formed."""
    level, begin = 0, text.find("<")
    while begin >= 0 and (token := _TOKEN.match(text, begin)) is not None:
        end = token.end()
        if token.lastindex == _END_TAG:
            level -= 1
        elif token.lastindex is not None:
            if level >= depth:
                return begin
            level += text[end - 2] != "/"
        begin = text.find("<", end)
    return None


def split_start_tag(tag: str) -> tuple[str, list[Attribute], str]:
    """A start tag as its head ("<disk"), attributes and tail (">" or "/>", with blanks); joined, they are the tag."""
    head = _HEAD.match(tag)
    at = head.end() if head else 0
    attributes: list[Attribute] = []
    start = at
    while found := _ATTRIBUTE.match(tag, at):
        lead, name, equals, quoted = found.groups()
        attributes.append(Attribute(lead, name, equals, quoted, found.start(2)))
        at = found.end()
    return tag[:start], attributes, tag[at:]


def blanks_before(text: str, position: int, floor: int = 0) -> int:
    """Where the run of blanks that ends at `position` begins, not below `floor`."""
    while position > floor and text[position - 1] in BLANKS:
        position -= 1
    return position

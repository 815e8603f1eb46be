"""Elements that are to be added, and how they are written."""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.core.change import NewElement


class Draft:
    """An element that is not in the document yet and may still change."""

    __slots__ = ("attributes", "children", "tag", "text")

    def __init__(
        self, tag: str, attributes: dict[str, str], children: list[Draft | NewElement], text: str = ""
    ) -> None:
        self.tag = tag
        self.text = text
        self.attributes = attributes
        self.children = children


class Manner(NamedTuple):
    """How an element is written at its place.

    Attributes:
        lead: what stands before it: newline and indentation, or only blanks (or nothing) when siblings share a line.
        step: one step of indentation.
        quote: ' or ".
    """

    lead: str
    step: str
    quote: str

    @property
    def inside(self) -> Manner:
        """For its children."""
        return Manner(self.lead + self.step if "\n" in self.lead else "", self.step, self.quote)


REFERENCES: Final = {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    # As they are, a parser would read them as spaces.
    ord("\t"): "&#9;",
    ord("\n"): "&#10;",
    ord("\r"): "&#13;",
}


def draft_of(element: NewElement) -> Draft:
    """A draft with the same content."""
    return Draft(element.tag, dict(element.attributes), [draft_of(child) for child in element.children], element.text)


def escaped(text: str) -> str:
    """Text between tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quoted(value: str, quote: str) -> str:
    """An attribute value between quotes, escaped."""
    if value.isalnum():  # most are numbers, and written often
        return f"{quote}{value}{quote}"
    inner = value.translate(REFERENCES).replace(quote, "&apos;" if quote == "'" else "&quot;")
    return f"{quote}{inner}{quote}"


def written(draft: Draft | NewElement, manner: Manner) -> str:
    """The element with its children, and what stands before it."""
    start = f"{manner.lead}<{draft.tag}"
    quote = manner.quote
    start += "".join([f" {name}={quoted(value, quote)}" for name, value in draft.attributes.items()])
    if not draft.children:
        if draft.text:
            return f"{start}>{escaped(draft.text)}</{draft.tag}>"
        return f"{start}/>"
    inside = manner.inside
    body = "".join([written(child, inside) for child in draft.children])
    closing = manner.lead if "\n" in manner.lead else ""
    return f"{start}>{body}{closing}</{draft.tag}>"

"""What is around the cursor in XML that is being written, and need not be well-formed."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_LOOKED_AT: Final = 8192  # characters to each side: no tag of a domain is longer
_HEAD: Final = re.compile(r"<([A-Za-z:_-]*)")
_ATTRIBUTE: Final = re.compile(r"([A-Za-z_:][\w:.-]*)\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)')")
_OPEN: Final = re.compile(r"([A-Za-z_:][\w:.-]*)\s*=\s*(?:\"([^\"<]*)|'([^'<]*))$")
_QUOTED: Final = re.compile(r"\"[^\"<]*\"|'[^'<]*'")


class Cursor(NamedTuple):
    """A start tag with the cursor in it.

    Attributes:
        tag: the element's name as far as it is written.
        tag_begin: where the tag begins.
        attributes: those that are complete, but for the one the cursor is in.
        attribute: the one whose value the cursor is in; "" outside values.
        begin, end: the value that the cursor is in; outside of values the cursor.
    """

    tag: str
    tag_begin: int
    attributes: dict[str, str]
    attribute: str
    begin: int
    end: int


def cursor_at(text: str, offset: int) -> Cursor | None:
    """The start tag around a place; None outside of tags, and in end tags, comments and the like."""
    floor = max(0, offset - _LOOKED_AT)
    begin = text.rfind("<", floor, offset)
    if begin < 0 or text.rfind("-->", floor, offset) < text.rfind("<!--", floor, offset):
        return None
    before = text[begin:offset]
    head = _HEAD.match(before)
    if head is None or before[1:2] in ("/", "!", "?") or ">" in _QUOTED.sub("", before):
        return None
    opened = _OPEN.search(_blanked(before))
    rest = text[offset : offset + _LOOKED_AT]
    if opened is None:
        written = before + _until_end(rest)
        return Cursor(head[1], begin, _attributes(written), "", offset, offset)
    quote = '"' if opened[2] is not None else "'"
    ends = re.search(rf"[{quote}<>\r\n]", rest)
    end = offset + (ends.start() if ends else 0)
    value_begin = begin + (opened.start(2) if opened[2] is not None else opened.start(3))
    after = rest[end - offset + 1 :] if ends and ends[0] == quote else ""
    attributes = {**_attributes(before[: opened.start()]), **_attributes(_until_end(after))}
    return Cursor(head[1], begin, attributes, opened[1], value_begin, end)


def _blanked(before: str) -> str:
    """A tag with its complete values blanked, so that what is inside of them opens nothing."""
    return _QUOTED.sub(lambda found: found[0][0] + "_" * (len(found[0]) - 2) + found[0][-1], before)


def _until_end(rest: str) -> str:
    """What of a text still belongs to the tag."""
    end = re.search(r"[<>]", _blanked(rest))
    return rest[: end.start()] if end else rest


def _attributes(text: str) -> dict[str, str]:
    return {found[1]: found[2] if found[2] is not None else found[3] for found in _ATTRIBUTE.finditer(text)}

"""XML that is no domain: read under the same bounds, with the place of every element.

Of a document type declaration, which hwloc writes, only the form `<!DOCTYPE name SYSTEM "file">` is let through, for
names that the caller knows. It is blanked before anything is parsed: nothing is looked up, no entity is declared.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from pcisolve.core.errors import InputError, Location
from pcisolve.core.node import Node
from pcisolve.libvirt.decoding import decode
from pcisolve.libvirt.document import MAX_ATTRIBUTES, MAX_SIGNS, MAX_TEXT
from pcisolve.libvirt.scanner import Span, first_deeper, scan, split_start_tag
from pcisolve.libvirt.source import MAX_BYTES
from pcisolve.libvirt.tree import MAX_DEPTH, build, is_deep, parse

_DOCTYPE: Final = re.compile(
    r"<!DOCTYPE[ \t\r\n]+([A-Za-z]{1,40})[ \t\r\n]+SYSTEM[ \t\r\n]+\"[^\"<>&]{0,200}\"[ \t\r\n]*>"
)
_DTD: Final = re.compile(r"(?:[ \t\r\n]++|<\?.*?\?>|<!--.*?-->)*+(<!DOCTYPE)", re.DOTALL)
_DECLARATION: Final = re.compile(r"<\?xml[ \t\r\n][^<>]{0,200}\?>")
_MANY: Final = "many"
_WRAPPED: Final = f"<{_MANY}>"


class Plain:
    """An XML text: its root element, and where elements stand. Implements core.node.Source.

    Attributes:
        name: the input's.
        root: its element; of many documents one that holds the root element of each.
    """

    def __init__(
        self, data: bytes, name: str, expected: str, doctypes: tuple[str, ...] = (), many: bool = False
    ) -> None:
        """Read the bytes.

        Args:
            expected: what the text should be, for messages.
            doctypes: names that a document type declaration may have.
            many: whether documents may follow each other, each with its declaration or without.

        Raises:
            InputError: it is not well-formed, or beyond a bound, with its line.
        """
        self.name = name
        self._expected = expected
        self._spans: list[Span] | None = None
        if len(data) > MAX_BYTES:
            raise self._refusal(f"larger than {MAX_BYTES >> 20} MiB", 0, "")
        text = decode(data, name).text
        self._lead = len(_WRAPPED) if many else 0
        self._text = text = self._bounded(_wrapped(text) if many else text, doctypes)
        try:
            tree = parse(text.encode(), name)
        except InputError as error:
            self._refuse_depth(error.location)
            error.expected = expected
            raise
        if is_deep(tree):
            self._refuse_depth(None)
        self.root: Node = build(tree)

    def location(self, node: Node, attribute: str | None = None) -> Location:
        """Where an element begins."""
        if self._spans is None:
            self._spans = scan(self._text)
            self._starts = [0, *(found.end() for found in re.finditer("\n", self._text))]
        at = self._spans[node.number].begin
        line = bisect_right(self._starts, at)
        lead = self._lead if line == 1 else 0
        return Location(self.name, line, max(at - self._starts[line - 1] + 1 - lead, 1))

    def line(self, number: int) -> str:
        """The text of a line, counted from 1."""
        lines = self._text[self._lead :].split("\n")
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def _refuse_depth(self, until: Location | None) -> None:
        """Refuse an element too deep that begins no later than there: a parser may give up on it first."""
        begin = first_deeper(self._text, MAX_DEPTH)
        if begin is None:
            return
        refusal = self._refusal(f"elements are nested more than {MAX_DEPTH} deep", begin)
        if until is None or (refusal.location is not None and refusal.location[1:] <= until[1:]):
            raise refusal

    def _bounded(self, text: str, doctypes: tuple[str, ...]) -> str:
        """The text without its document type declaration, once its sizes are known to be bounded."""
        for sign, things in (("<", "tags"), ("=", "attributes")):
            if text.count(sign) > MAX_SIGNS:
                raise self._refusal(f"more than {MAX_SIGNS:,} {things}", 0, text)
        found = _DTD.match(text)
        if found is not None:
            whole = _DOCTYPE.match(text, found.start(1))
            if whole is None or whole[1] not in doctypes:
                message = "a document type declaration (DTD) is not allowed"
                expected = " or ".join(f'<!DOCTYPE {one} SYSTEM "...">' for one in doctypes) or "XML without <!DOCTYPE"
                raise self._refusal(message, found.start(1), text, expected)
            blank = "".join(sign if sign == "\n" else " " for sign in whole[0])
            text = text[: whole.start()] + blank + text[whole.end() :]
        at = -1
        for piece in text.split("<"):
            if 4 * len(piece) > MAX_TEXT:
                raise self._refusal(f"a tag or text of more than {MAX_TEXT // 4:,} characters", max(at, 0), text)
            many = piece.count("=") > MAX_ATTRIBUTES and piece[0] not in "!?"
            if many and len(split_start_tag("<" + piece)[1]) > MAX_ATTRIBUTES:
                raise self._refusal(f"an element with more than {MAX_ATTRIBUTES} attributes", at, text)
            at += len(piece) + 1
        return text

    def _refusal(self, message: str, at: int, text: str | None = None, expected: str = "") -> InputError:
        text = self._text if text is None else text
        line = text.count("\n", 0, at) + 1
        lead = self._lead if line == 1 and text else 0
        where = Location(self.name, line, max(at - text.rfind("\n", 0, at) - lead, 1))
        return InputError(message, expected=expected or self._expected, location=where)


def _wrapped(text: str) -> str:
    """Documents as the content of one element, on the same lines, each without its declaration."""
    plain = _DECLARATION.sub(lambda found: "".join("\n" if sign == "\n" else " " for sign in found[0]), text)
    return f"{_WRAPPED}{plain}</{_MANY}>"

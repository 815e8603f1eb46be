"""Reading a domain XML. Hostile until proved otherwise: no DTD, no entities, no network, bounded sizes."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from pcisolve.core.errors import InputError, Location
from pcisolve.core.node import Node
from pcisolve.libvirt.decoding import decode
from pcisolve.libvirt.scanner import first_deeper, scan, split_start_tag
from pcisolve.libvirt.source import EXPECTED, MAX_BYTES, too_large
from pcisolve.libvirt.tree import MAX_DEPTH, NotOne, build, is_deep, ordinal, parse
from pcisolve.libvirt.wrappers import WRAPPERS, not_a_domain

if TYPE_CHECKING:
    from lxml.etree import _Element

    from pcisolve.core.ignore import Ignore
    from pcisolve.libvirt.scanner import Span

# Limits, which hold before anything is parsed, like MAX_BYTES, but for those of depth (tree.MAX_DEPTH) and devices.
MAX_SIGNS: Final = 2_000_000  # of "<", which bounds elements, and of "=", which bounds attributes
MAX_ATTRIBUTES: Final = 256  # of one element; a parser compares each with all others
MAX_DEVICES: Final = 65_536
MAX_TEXT: Final = 9_000_000  # bytes from one "<" to the next: a tag and the text after it; parsers stop at 10,000,000

_MENTIONED: Final = re.compile(
    r"(mismatch: \S+ line )(\d{1,9})"
)  # in the parser's words: of the tag that is not closed
# What may stand before a DTD. Possessive: a thousand comments must not be tried in a thousand ways.
_DTD: Final = re.compile(r"(?:[ \t\r\n]++|<\?.*?\?>|<!--.*?-->)*+(<!DOCTYPE)", re.DOTALL)


class Start(NamedTuple):
    """Where in its file a domain begins that is not all of it.

    Attributes:
        line: counted from 1.
        column: the same.
        tag: of its root element; libvirt's snapshots have a second domain as <inactiveDomain>.
        text: of the file.
        at: where in that text.
    """

    line: int = 1
    column: int = 1
    tag: str = "domain"
    text: str = ""
    at: int = 0

    @property
    def before(self) -> str:
        """The text before it on its line."""
        return self.text[self.at - self.column + 1 : self.at]


_ALONE: Final = Start()


class Document:
    """A domain XML: its elements, and where they stand. Implements core.node.Source.

    Attributes:
        name: the file's name, for messages.
        start: where in the file it begins; lines and columns are those of the file.
        data: the bytes as read; of a domain that is not all of its file, as UTF-8.
        text: the same decoded, without a byte order mark.
        encoding: Python's name of the encoding.
        root: the <domain> element.
    """

    def __init__(self, data: bytes, name: str, start: Start = _ALONE) -> None:
        """Read the bytes.

        Raises:
            NotOne: other than one domain, which may hold some (pcisolve.libvirt.container).
            InputError: see read().
        """
        self.name = name
        self.start = start
        self.data = data
        self._spans: list[Span] | None = None
        self._starts: list[int] | None = None
        self._ignores: tuple[Ignore, ...] | None = None
        self._refuse_size()
        self.text, self._mark, self.encoding = decode(data, name)
        self._refuse_dtd()
        self._refuse_large_tags()
        body = data[len(self._mark) :] if self.encoding == "utf-8" else self.text.encode()
        tree = self._parsed(body)
        self._refuse_root(tree)
        self._refuse_many_devices(tree)
        self.root: Node = build(tree)
        self.root.tag = _ALONE.tag

    def again(self, data: bytes) -> Document:
        """The same domain with other content, at the same place of its file.

        Raises:
            InputError: see read().
        """
        return Document(data, self.name, self.start)

    def location(self, node: Node, attribute: str | None = None) -> Location:
        """Where an element's start tag begins, or one of its attributes if it has that; counted from 1."""
        span = self.spans[node.number]
        at = span.begin
        if attribute is not None:
            _, attributes, _ = split_start_tag(self.text[span.begin : span.end])
            at += next((one.at for one in attributes if one.name == attribute), 0)
        return self._place(at)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its newline; "" for a line that is not there."""
        starts = self._line_starts
        number -= self.start.line - 1
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        text = self.text[starts[number - 1] : end].removesuffix("\r")
        return self.start.before + text if number == 1 else text

    def encode(self, text: str) -> bytes:
        """Text as bytes of this document's encoding; a character it lacks becomes a reference such as &#8364;."""
        return self._mark + text.encode(self.encoding, "xmlcharrefreplace")

    @property
    def spans(self) -> list[Span]:
        """Where each element stands in the text, by Node.number. Found when first asked for."""
        if self._spans is None:
            self._spans = scan(self.text)
        return self._spans

    @property
    def ignores(self) -> tuple[Ignore, ...]:
        """The comments to pcisolve. Found when first asked for.

        Raises:
            InputError: there are too many.
        """
        if self._ignores is None:
            self._ignores = ()
            if "pcisolve:" in self.text:
                from pcisolve.libvirt.comments import ignores  # most documents have none

                self._ignores = ignores(self.text, self.spans, self.place)
        return self._ignores

    def place(self, at: int) -> Location:
        """The place in the file of an offset into the text."""
        return self._place(at)

    @property
    def _line_starts(self) -> list[int]:
        if self._starts is None:
            self._starts = [0, *(found.end() for found in re.finditer("\n", self.text))]
        return self._starts

    def _place(self, at: int) -> Location:
        line = bisect_right(self._line_starts, at)
        return self._in_file(line, at - self._line_starts[line - 1] + 1)

    def _in_file(self, line: int, column: int) -> Location:
        """A place in the file, by the line and column in this text."""
        return _moved(Location(self.name, line, column), self.start)

    def _refuse_size(self) -> None:
        start = self._in_file(1, 1)
        if len(self.data) > MAX_BYTES:
            raise too_large(start)
        if not self.data.strip():
            raise InputError("the input is empty", expected=EXPECTED, location=start)
        for sign, things in ((b"<", "tags"), (b"=", "attributes")):
            if self.data.count(sign) > MAX_SIGNS:
                raise InputError(f"more than {MAX_SIGNS:,} {things}", expected=EXPECTED, location=start)

    def _refuse_dtd(self) -> None:
        found = _DTD.match(self.text)
        if found is not None:
            message = "a document type declaration (DTD) is not allowed"
            raise InputError(message, expected="XML without <!DOCTYPE", location=self._place(found.start(1)))

    def _refuse_large_tags(self) -> None:
        at = -1  # of the "<" before a piece
        for piece in self.text.split("<"):
            if 4 * len(piece) > MAX_TEXT and len(piece.encode("utf-8", "replace")) > MAX_TEXT:
                message = f"a tag or text of more than {MAX_TEXT:,} bytes"
                raise InputError(message, expected=EXPECTED, location=self._place(max(at, 0)))
            # an attribute takes five characters
            if len(piece) > 5 * MAX_ATTRIBUTES and piece.count("=") > MAX_ATTRIBUTES and piece[0] not in "!?":
                _, attributes, _ = split_start_tag("<" + piece)
                if len(attributes) > MAX_ATTRIBUTES:
                    message = f"an element with more than {MAX_ATTRIBUTES} attributes"
                    raise InputError(message, expected=EXPECTED, location=self._place(at))
            at += len(piece) + 1

    def _parsed(self, body: bytes) -> _Element:
        """The root element. A parser may give up where it finds the document too deep: that is judged here, first."""
        try:
            tree = parsed(body, self.name, self.start)
        except InputError as refusal:
            self._refuse_depth(refusal.location)
            raise
        if is_deep(tree):
            self._refuse_depth(None)
        return tree

    def _refuse_depth(self, until: Location | None) -> None:
        """Refuse an element too deep that begins no later than there."""
        begin = first_deeper(self.text, MAX_DEPTH)
        if begin is None:
            return
        where = self._place(begin)
        if until is None or where[1:] <= until[1:]:
            raise InputError(f"elements are nested more than {MAX_DEPTH} deep", expected=EXPECTED, location=where)

    def _refuse_root(self, root: _Element) -> None:
        if root.tag == self.start.tag:
            return
        kind = NotOne if root.tag in WRAPPERS else InputError
        inner = next((one for one in root.iterdescendants("domain") if len(one)), None)
        line = None if inner is None else self._place(self.spans[ordinal(root, inner)].begin).line
        message, expected = not_a_domain(str(root.tag), line)
        raise kind(message, expected=expected, location=self._place(self.spans[0].begin))

    def _refuse_many_devices(self, root: _Element) -> None:
        left = MAX_DEVICES
        for devices in root.iterchildren("devices"):
            if len(devices) > left:
                total = sum(len(one) for one in root.iterchildren("devices"))
                message = f"{total:,} devices; the limit is {MAX_DEVICES:,}"
                at = self.spans[ordinal(root, devices[left])].begin
                raise InputError(message, expected="fewer devices", location=self._place(at))
            left -= len(devices)


def parsed(body: bytes, name: str, start: Start) -> _Element:
    """The root element of UTF-8 data that begins there in its file.

    Raises:
        InputError: as for tree.parse, with line and column in the file.
    """
    try:
        return parse(body, name)
    except InputError as error:
        if error.location is not None and start.line > 1:
            error.message = _MENTIONED.sub(lambda found: f"{found[1]}{int(found[2]) + start.line - 1}", error.message)
        if error.location is not None:
            error.location = _moved(error.location, start)
        raise


def _moved(where: Location, start: Start) -> Location:
    column = where.column + (start.column - 1 if where.line == 1 else 0)
    return Location(where.file, where.line + start.line - 1, column)

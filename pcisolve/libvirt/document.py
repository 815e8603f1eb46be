"""Reading a domain XML. Hostile until proved otherwise: no DTD, no entities, no network, bounded sizes."""

from __future__ import annotations

import os
import re
import sys
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from pcisolve.core.errors import InputError, Location
from pcisolve.core.node import Node
from pcisolve.libvirt.decoding import decode
from pcisolve.libvirt.tree import MAX_DEPTH, build, is_deep, ordinal, parse

if TYPE_CHECKING:
    from lxml.etree import _Element

    from pcisolve.libvirt.scanner import Span

# Limits, which hold before anything is parsed, but for those of depth (tree.MAX_DEPTH) and devices.
MAX_BYTES: Final = 64 * 1024 * 1024
MAX_SIGNS: Final = 2_000_000  # of "<", which bounds elements, and of "=", which bounds attributes
MAX_ATTRIBUTES: Final = 256  # of one element; a parser compares each with all others
MAX_DEVICES: Final = 65_536
MAX_TEXT: Final = 9_000_000  # bytes from one "<" to the next: a tag and the text after it; parsers stop at 10,000,000

_EXPECTED: Final = "a libvirt domain XML"
# What may stand before a DTD. Possessive: a thousand comments must not be tried in a thousand ways.
_DTD: Final = re.compile(r"(?:[ \t\r\n]++|<\?.*?\?>|<!--.*?-->)*+(<!DOCTYPE)", re.DOTALL)


class Document:
    """A domain XML: its elements, and where they stand. Implements core.node.Source.

    Attributes:
        name: the file's name, for messages.
        data: the bytes as read.
        text: the same decoded, without a byte order mark.
        encoding: Python's name of the encoding.
        root: the <domain> element.
    """

    def __init__(self, data: bytes, name: str) -> None:
        """Read the bytes.

        Raises:
            InputError: see read().
        """
        self.name = name
        self.data = data
        self._spans: list[Span] | None = None
        self._starts: list[int] | None = None
        self._refuse_size()
        self.text, self._mark, self.encoding = decode(data, name)
        self._refuse_dtd()
        self._refuse_large_tags()
        body = data[len(self._mark) :] if self.encoding == "utf-8" else self.text.encode()
        tree = self._parsed(body)
        self._refuse_root(tree)
        self._refuse_many_devices(tree)
        self.root: Node = build(tree)

    def location(self, node: Node, attribute: str | None = None) -> Location:
        """Where an element's start tag begins, or one of its attributes if it has that; counted from 1."""
        span = self.spans[node.number]
        at = span.begin
        if attribute is not None:
            from pcisolve.libvirt.scanner import split_start_tag

            _, attributes, _ = split_start_tag(self.text[span.begin : span.end])
            at += next((one.at for one in attributes if one.name == attribute), 0)
        return self._place(at)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its newline; "" for a line that is not there."""
        starts = self._line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].removesuffix("\r")

    def encode(self, text: str) -> bytes:
        """Text as bytes of this document's encoding; a character it lacks becomes a reference such as &#8364;."""
        return self._mark + text.encode(self.encoding, "xmlcharrefreplace")

    @property
    def spans(self) -> list[Span]:
        """Where each element stands in the text, by Node.number. Found when first asked for."""
        if self._spans is None:
            from pcisolve.libvirt.scanner import scan  # a document without findings needs no positions

            self._spans = scan(self.text)
        return self._spans

    @property
    def _line_starts(self) -> list[int]:
        if self._starts is None:
            self._starts = [0, *(found.end() for found in re.finditer("\n", self.text))]
        return self._starts

    def _place(self, at: int) -> Location:
        line = bisect_right(self._line_starts, at)
        return Location(self.name, line, at - self._line_starts[line - 1] + 1)

    def _refuse_size(self) -> None:
        start = Location(self.name, 1, 1)
        if len(self.data) > MAX_BYTES:
            raise _too_large(start)
        if not self.data.strip():
            raise InputError("the input is empty", expected=_EXPECTED, location=start)
        for sign, things in ((b"<", "tags"), (b"=", "attributes")):
            if self.data.count(sign) > MAX_SIGNS:
                raise InputError(f"more than {MAX_SIGNS:,} {things}", expected=_EXPECTED, location=start)

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
                raise InputError(message, expected=_EXPECTED, location=self._place(max(at, 0)))
            # an attribute takes five characters
            if len(piece) > 5 * MAX_ATTRIBUTES and piece.count("=") > MAX_ATTRIBUTES and piece[0] not in "!?":
                from pcisolve.libvirt.scanner import split_start_tag

                _, attributes, _ = split_start_tag("<" + piece)
                if len(attributes) > MAX_ATTRIBUTES:
                    message = f"an element with more than {MAX_ATTRIBUTES} attributes"
                    raise InputError(message, expected=_EXPECTED, location=self._place(at))
            at += len(piece) + 1

    def _parsed(self, body: bytes) -> _Element:
        """The root element. A parser may give up where it finds the document too deep: that is judged here, first."""
        try:
            tree = parse(body, self.name)
        except InputError as refusal:
            self._refuse_depth(refusal.location)
            raise
        if is_deep(tree):
            self._refuse_depth(None)
        return tree

    def _refuse_depth(self, until: Location | None) -> None:
        """Refuse an element too deep that begins no later than there."""
        from pcisolve.libvirt.scanner import first_deeper

        begin = first_deeper(self.text, MAX_DEPTH)
        if begin is None:
            return
        where = self._place(begin)
        if until is None or where[1:] <= until[1:]:
            raise InputError(f"elements are nested more than {MAX_DEPTH} deep", expected=_EXPECTED, location=where)

    def _refuse_root(self, root: _Element) -> None:
        if root.tag == "domain":
            return
        space, _, name = str(root.tag).rpartition("}")
        message = f"the root element is <{name}>" + (f' of the namespace "{space[1:]}"' if space else "")
        inner = next((one for one in root.iterdescendants("domain")), None)
        if inner is not None:
            line = self._place(self.spans[ordinal(root, inner)].begin).line
            message += f"; give the <domain> that it holds at line {line} as a file of its own"
        raise InputError(message, expected="<domain>", location=self._place(self.spans[0].begin))

    def _refuse_many_devices(self, root: _Element) -> None:
        for devices in root.iterchildren("devices"):
            if len(devices) > MAX_DEVICES:
                message = f"{len(devices):,} devices; the limit is {MAX_DEVICES:,}"
                at = self.spans[ordinal(root, devices[MAX_DEVICES])].begin
                raise InputError(message, expected="fewer devices", location=self._place(at))


def read(data: bytes, name: str = "<stdin>") -> Document:
    """Read a domain XML.

    Raises:
        InputError: not text, not well-formed, not a domain, with a DTD, or beyond a limit; with line and column.
    """
    return Document(data, name)


def read_path(path: str) -> Document:
    """Read a domain XML from a file, or from standard input for "-".

    Raises:
        InputError: as for read; or the file cannot be read.
    """
    return read(*read_source(path))


def read_source(path: str) -> tuple[bytes, str]:
    """The content of a file, or of standard input for "-", and its name.

    Raises:
        InputError: it cannot be read, or is too large.
    """
    return (_read_stdin(), "<stdin>") if path == "-" else (read_bytes(path), path)


def read_bytes(path: str) -> bytes:
    """The content of a file. Never reads more than the limit of a file.

    Raises:
        InputError: the file cannot be read, or is larger than MAX_BYTES.
    """
    try:
        # Asked first, as a file of many gigabytes need not be read to be refused; a pipe has no size.
        if os.stat(path).st_size > MAX_BYTES:
            raise _too_large(Location(path, 1, 1))
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        reason = getattr(error, "strerror", None) or "not a name that a file can have"
        raise InputError(f"{path}: {reason}", expected="a readable file") from None
    return data


def _read_stdin() -> bytes:
    stream = getattr(sys.stdin, "buffer", None)  # sys.stdin is None when the caller closed it
    if stream is None:
        raise InputError("standard input is closed", expected=_EXPECTED)
    try:
        data: bytes = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"standard input: {error.strerror}", expected=_EXPECTED) from None
    return data


def _too_large(where: Location) -> InputError:
    return InputError(f"larger than {MAX_BYTES >> 20} MiB", expected=_EXPECTED, location=where)

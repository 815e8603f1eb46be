"""Reading a domain XML. Hostile until proved otherwise: no DTD, no entities, no network, bounded sizes."""

from __future__ import annotations

import os
import re
import sys
from bisect import bisect_right
from functools import cached_property
from typing import TYPE_CHECKING

from lxml import etree

from pcisolve.core.errors import InputError, Location
from pcisolve.core.node import Node

if TYPE_CHECKING:
    from pcisolve.libvirt.scanner import Span

MAX_BYTES = 64 * 1024 * 1024
MAX_DEVICES = 65_536
MAX_ELEMENTS = 2_000_000
_SKIPPED = frozenset({"metadata"})
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DECLARED = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_DOCTYPE = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*<!DOCTYPE", re.DOTALL)
_HOLDERS = frozenset({"domainsnapshot", "domstatus", "domainbackup", "domaincheckpoint"})


class Document:
    """A domain XML: its elements, and where they stand. Implements core.node.Source.

    Attributes:
        root: the <domain> element.
        data: the bytes as read; text: the same decoded, without a byte order mark.
    """

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.data = data
        self.mark, self.encoding = _encoding(data)
        self.text = self._decode()
        if _DOCTYPE.match(self.text):
            message = "a document type declaration is not allowed"
            raise InputError(message, expected="a domain XML without DOCTYPE and entities", location=self._start)
        self._count = 0
        self.root = self._build(self._parse())

    def _decode(self) -> str:
        try:
            text = self.data[len(self.mark) :].decode(self.encoding)
            same = text.encode(self.encoding) == self.data[len(self.mark) :]
        except (UnicodeError, LookupError):
            same, text = False, ""
        if not same:
            raise InputError(
                f"not text in {self.encoding}", expected="UTF-8 or the declared encoding", location=self._start
            )
        return text

    @property
    def _start(self) -> Location:
        return Location(self.name, 1, 1)

    def _parse(self) -> etree._Element:
        if not self.data.strip():
            raise InputError("the input is empty", expected="a libvirt domain XML", location=self._start)
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
        )
        try:
            root = etree.fromstring(self.data, parser)
        except etree.XMLSyntaxError as error:
            line, column = error.position
            where = Location(self.name, max(line, 1), max(column, 1))
            reason = (error.msg or "syntax error").split(", line ")[0]
            raise InputError(
                f"not well-formed XML: {reason}", expected="a libvirt domain XML", location=where
            ) from None
        self._check_root(root)
        return root

    def _check_root(self, root: etree._Element) -> None:
        where = Location(self.name, _line(root), 1)
        if root.tag != "domain":
            inside = " (the <domain> inside it can be solved)" if root.tag in _HOLDERS else ""
            raise InputError(f"the root element is <{root.tag}>{inside}", expected="<domain>", location=where)
        for devices in root.iterchildren("devices"):
            if len(devices) > MAX_DEVICES:
                where = Location(self.name, _line(devices), 1)
                raise InputError(f"{len(devices)} devices", expected=f"at most {MAX_DEVICES}", location=where)

    def _build(self, element: etree._Element, parent: Node | None = None) -> Node:
        """The elements that matter; numbers count the skipped ones too."""
        if self._count >= MAX_ELEMENTS:
            raise InputError(f"more than {MAX_ELEMENTS} elements", location=self._start)
        node = Node(str(element.tag), dict(element.attrib), self._count, parent, element.text or "")  # type: ignore[arg-type]
        self._count += 1
        ordinals: dict[str, int] = {}
        for child in element:
            if child.__class__ is not etree._Element:
                continue  # a comment, a processing instruction
            tag = str(child.tag)
            if tag in _SKIPPED or tag[0] == "{":
                self._count += sum(1 for _ in child.iter(etree.Element))
                continue
            below = self._build(child, node)
            if node.tag == "devices":
                below.ordinal = ordinals[tag] = ordinals.get(tag, 0) + 1
            node.children.append(below)
        return node

    @cached_property
    def spans(self) -> list[Span]:
        """Where each element stands, by Node.number."""
        from pcisolve.libvirt.scanner import scan  # a clean check needs no positions

        return scan(self.text)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self.text))]

    def location(self, node: Node, attribute: str | None = None) -> Location:
        """Where an element, or one of its attributes, begins. Line and column count from 1."""
        span = self.spans[node.number]
        at = span.begin
        if attribute is not None:
            from pcisolve.libvirt.scanner import attributes

            found = attributes(self.text, span).get(attribute)
            at = found.name if found is not None else at
        line = bisect_right(self._line_starts, at)
        return Location(self.name, line, at - self._line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its newline."""
        starts = self._line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r")

    def encode(self, text: str) -> bytes:
        """Text in the document's encoding, with its byte order mark.

        Raises:
            InputError: the encoding has no such character.
        """
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeError:
            raise InputError(f"cannot be written in {self.encoding}", location=self._start) from None


def _line(element: etree._Element) -> int:
    """lxml's own line number, for inputs that are refused before they are scanned."""
    line: object = element.sourceline
    return line if isinstance(line, int) else 1


def _encoding(data: bytes) -> tuple[bytes, str]:
    """The byte order mark and the encoding of the rest."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return mark, encoding
    declared = _DECLARED.match(data[:1024].lstrip())
    return b"", declared[1].decode("ascii").lower() if declared else "utf-8"


def read(data: bytes, name: str = "<stdin>") -> Document:
    """Read a domain XML.

    Raises:
        InputError: not well-formed, not a domain, with a DTD, or larger than the limits.
    """
    if len(data) > MAX_BYTES:
        message = f"the input is larger than {MAX_BYTES // 1024 // 1024} MiB"
        raise InputError(message, expected="a libvirt domain XML", location=Location(name, 1, 1))
    return Document(name, data)


def read_path(path: str) -> Document:
    """Read a domain XML from a file, or from stdin for "-".

    Raises:
        InputError: as for read; or the file cannot be read.
    """
    if path == "-":
        return read(sys.stdin.buffer.read(MAX_BYTES + 1))
    try:
        if os.path.isfile(path) and os.path.getsize(path) > MAX_BYTES:
            return _refuse_large(path)
        with open(path, "rb") as file:
            return read(file.read(MAX_BYTES + 1), path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", expected="a readable file") from None


def _refuse_large(path: str) -> Document:
    megabytes = os.path.getsize(path) // 1024 // 1024
    message = f"the file has {megabytes} MiB; the limit is {MAX_BYTES // 1024 // 1024} MiB"
    raise InputError(message, expected="a libvirt domain XML", location=Location(path, 1, 1))

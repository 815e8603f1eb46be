"""A file that holds domains: one document after the other, or wrapped in what libvirt keeps about a guest.

Each domain is a Document of its own, which knows where in the file it begins; what is around them stays byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final, NamedTuple

from pcisolve.core.errors import InputError, Location
from pcisolve.libvirt.decoding import decode
from pcisolve.libvirt.document import Document, Start
from pcisolve.libvirt.save_image import READ_ONLY, is_save_image, xml_of
from pcisolve.libvirt.scanner import BLANKS, TAG, end_of_other, scan
from pcisolve.libvirt.source import read_source
from pcisolve.libvirt.tree import NotOne, parse
from pcisolve.libvirt.wrappers import WRAPPERS

MAX_DOMAINS: Final = 4096
_EXPECTED: Final = "libvirt domain XML and nothing else"
_BLANKS: Final = BLANKS + "\ufeff"  # files put together have a byte order mark each
_NAME: Final = re.compile(r"<([^ \t\r\n/>]+)")


class Extent(NamedTuple):
    """An element of a text: text[begin:end]."""

    begin: int
    end: int


class Container:
    """A file that holds domains.

    Attributes:
        documents: its domains, in the order of the file.
        read_only: why nothing can be written back into it, as what the file is; "" when it can.
        text: of the whole file, as far as it is text; without a byte order mark.
    """

    def __init__(
        self, text: str, mark: bytes, encoding: str, extents: Sequence[Extent], documents: Sequence[Document]
    ) -> None:
        self.text = text
        self.documents = tuple(documents)
        self.read_only = ""
        self._mark, self._encoding, self._extents = mark, encoding, tuple(extents)

    def replaced(self, contents: Sequence[bytes]) -> str:
        """The text of the file with other domains in place of its own, which are as Document.data is."""
        if not self._extents:
            return contents[0].removeprefix(self._mark).decode(self._encoding)
        pieces: list[str] = []
        at = 0
        for extent, content in zip(self._extents, contents, strict=True):
            pieces += (self.text[at : extent.begin], content.decode())
            at = extent.end
        return "".join([*pieces, self.text[at:]])

    def joined(self, contents: Sequence[bytes]) -> bytes:
        """The same as the bytes of a file, in its encoding."""
        if not self._extents:
            return contents[0]
        return self._mark + self.replaced(contents).encode(self._encoding, "xmlcharrefreplace")

    def label(self, document: Document) -> str:
        """Which of the domains this is, for messages; "" where there is but one."""
        if len(self.documents) < 2:
            return ""
        number = self.documents.index(document) + 1
        node = document.root.first("name")
        name = "" if node is None else node.text.strip()
        words = [f'"{name[:60]}"'] if name else []
        words += [f"<{document.start.tag}>"] if document.start.tag != "domain" else []
        said = f" ({', '.join(words)})" if words else ""
        return f"domain {number} of {len(self.documents)}{said}, at line {document.start.line}"


def read(data: bytes, name: str = "<stdin>") -> Document:
    """Read a domain XML: all of a file, or the one domain in it.

    Raises:
        InputError: not text, not well-formed, other than one domain, with a DTD, or beyond a limit; with line and
            column.
    """
    try:
        if not is_save_image(data):
            return Document(data, name)
    except NotOne:
        pass
    return read_only_one(data, name)


def read_path(path: str) -> Document:
    """Read a domain XML from a file, or from standard input for "-".

    Raises:
        InputError: as for read; or the file cannot be read.
    """
    return read(*read_source(path))


def read_all(data: bytes, name: str = "<stdin>") -> Container:
    """Read every domain of a file.

    Raises:
        InputError: one of them cannot be read, or there is something else beside them; with line and column.
    """
    if is_save_image(data):
        document = Document(xml_of(data, name), name)
        found = Container(document.text, b"", document.encoding, (), (document,))
        found.read_only = READ_ONLY
        return found
    try:
        document = Document(data, name)
    except NotOne:
        return _taken_apart(data, name)
    return Container(document.text, document.encode(""), document.encoding, (), (document,))


def read_only_one(data: bytes, name: str) -> Document:
    """Read the domain of a file that holds one.

    Raises:
        InputError: as for read_all; or there are several.
    """
    documents = read_all(data, name).documents
    if len(documents) > 1:
        where = Location(name, documents[1].start.line, documents[1].start.column)
        message = f"{len(documents):,} domains in one file; the second begins here"
        raise InputError(message, expected="a file with one domain", location=where)
    return documents[0]


def _taken_apart(data: bytes, name: str) -> Container:
    text, mark, encoding = decode(data, name)
    found = list(islice(_domains(text, name), MAX_DOMAINS + 1))
    if len(found) > MAX_DOMAINS:
        message = f"more than {MAX_DOMAINS:,} domains in one file"
        raise InputError(message, expected="fewer in a file", location=_place(text, found[-1][0].begin, name))
    documents: list[Document] = []
    at = line_at = 0
    line = 1
    for extent, tag in found:
        line += text.count("\n", at, extent.begin)
        newline = text.rfind("\n", at, extent.begin)
        line_at = line_at if newline < 0 else newline + 1
        at = extent.begin
        start = Start(line, at - line_at + 1, tag, text, at)
        documents.append(Document(text[at : extent.end].encode(), name, start))
    return Container(text, mark, encoding, [extent for extent, _ in found], documents)


def _domains(text: str, name: str) -> Iterator[tuple[Extent, str]]:
    """The domains of a text and the names of their elements."""
    for root in _roots(text, name):
        found = _NAME.match(text, root.begin)
        if found is not None and found[1] == "domain":
            yield root, "domain"
        else:
            yield from _wrapped(text, root, name)


def _wrapped(text: str, root: Extent, name: str) -> Iterator[tuple[Extent, str]]:
    """The domains in a wrapper."""
    piece = text[root.begin : root.end]
    inside: list[int] = []
    with suppress(InputError):  # said below, with its place in the file, which takes longer to find
        tree = parse(piece.encode(), name)
        wanted = WRAPPERS.get(str(tree.tag), ())
        inside += [number for number, one in enumerate(tree.iter()) if one.getparent() is tree and one.tag in wanted]
    if not inside:
        where = _place(text, root.begin, name)
        Document(piece.encode(), name, Start(where.line, where.column, text=text, at=root.begin))
    spans = scan(piece)
    for number in inside:
        begin, end = spans[number].begin, spans[number].close_end
        found = _NAME.match(piece, begin)
        yield Extent(root.begin + begin, root.begin + end), "" if found is None else found[1]


def _roots(text: str, name: str) -> Iterator[Extent]:
    """The outermost elements of a text, which need not be well-formed: one that does not end takes all that follows.

    Raises:
        InputError: text or a DTD stands between them.
    """
    at = begin = depth = 0
    while (tag := text.find("<", at)) >= 0:
        if depth == 0:
            _refuse_text(text, at, tag, name)
        if text[tag + 1 : tag + 2] in ("!", "?"):
            at = end_of_other(text, tag)
            if at >= 0:
                continue
            at = tag
            break
        begin = tag if depth == 0 else begin
        found = TAG.match(text, tag)
        if found is None:
            depth = 1
            break
        at = found.end()
        depth += -1 if found[1] else int(text[at - 2] != "/")
        if depth <= 0:
            yield Extent(begin, at)
            depth = 0
    if depth:
        yield Extent(begin, len(text))
    else:
        _refuse_text(text, at, len(text), name)


def _refuse_text(text: str, begin: int, end: int, name: str) -> None:
    """What is between outermost elements must be blank; and what comes next no DTD, which none of them may have."""
    between = text[begin:end].lstrip(_BLANKS)
    if between:
        where = _place(text, end - len(between), name)
        shown = between.split("\n", 1)[0][:40].rstrip()
        raise InputError(f'text that is not XML: "{shown}"', expected=_EXPECTED, location=where)
    if text.startswith("<![CDATA[", end):
        raise InputError("text that is not XML", expected=_EXPECTED, location=_place(text, end, name))
    if text.startswith("<!", end) and not text.startswith("<!--", end):
        message = "a document type declaration (DTD) is not allowed"
        raise InputError(message, expected="XML without <!DOCTYPE", location=_place(text, end, name))


def _place(text: str, at: int, name: str) -> Location:
    return Location(name, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))

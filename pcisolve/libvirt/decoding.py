"""Bytes of an XML file as text, such that encoding the text gives the same bytes back.

Source: XML 1.0 (fifth edition), appendix F: a byte order mark comes first, else the declaration says the encoding,
else it is UTF-8.
"""

from __future__ import annotations

import codecs
import re
from typing import Final, NamedTuple

from pcisolve.core.errors import InputError, Location

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARATION: Final = re.compile(
    rb"[ \t\r\n]*+<\?xml[^>]*?[ \t\r\n]encoding[ \t\r\n]*=[ \t\r\n]*[\"']([A-Za-z0-9._-]{1,40})[\"']"
)
# Python also knows encodings that are no character sets, or slow ones (idna); only these, its names for them, are read.
_KNOWN: Final = frozenset({"utf-8", "ascii", "gb18030", "gb2312", "gbk", "big5", "euc_jp", "euc_kr", "shift_jis"})
_KNOWN_FAMILIES: Final = ("iso8859-", "cp125", "koi8-")


class Decoded(NamedTuple):
    """Text without its byte order mark, the mark's bytes (b"" without one), and Python's name of the encoding."""

    text: str
    mark: bytes
    encoding: str


def decode(data: bytes, name: str) -> Decoded:
    """The text of an XML file.

    Raises:
        InputError: an unknown encoding; bytes that are not text in it, with their place; or text that would not
            give the same bytes back.
    """
    mark, encoding = _encoding(data, name)
    body = data[len(mark) :]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        before = body[: error.start].decode(encoding, "replace")
        where = Location(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise _not_text(encoding, where) from None
    if encoding != "utf-8" and text.encode(encoding, "replace") != body:
        raise _not_text(encoding, Location(name, 1, 1))
    return Decoded(text, mark, encoding)


def _encoding(data: bytes, name: str) -> tuple[bytes, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return mark, encoding
    declared = _DECLARATION.match(data, 0, 1024)
    if declared is None:
        return b"", "utf-8"
    word = declared[1].decode("ascii")
    try:
        encoding = codecs.lookup(word).name
    except LookupError:
        encoding = ""
    if encoding not in _KNOWN and not encoding.startswith(_KNOWN_FAMILIES):
        message = f'the declared encoding "{word}" cannot be read'
        raise InputError(message, expected="UTF-8, ISO-8859-1 or another text encoding", location=Location(name, 1, 1))
    return b"", encoding


def _not_text(encoding: str, where: Location) -> InputError:
    message = f"these bytes are not {encoding.upper()} text"
    return InputError(message, expected="text in UTF-8 or in the declared encoding", location=where)

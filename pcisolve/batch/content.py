"""What a file holds, told from its content. The one place that knows the kinds of input."""

from __future__ import annotations

import io
import re
from typing import IO, Any, Final

from pcisolve.core.packed import Damaged, UnpackedStream, packing_of, without_suffix

GUEST, JSON_LINES, TAR = "guest", "json-lines", "tar"

HEAD: Final = 1024  # bytes that tell the kind
_BLANKS: Final = b" \t\r\n"
_TAR_MAGIC: Final = (257, b"ustar")
_ROW: Final = re.compile(rb'\s*\{\s*"(?:id|xml)"\s*:')
_PLANS: Final = (".yaml", ".yml")


def is_guest_name(name: str) -> bool:
    """Whether a file in a folder or an archive is an input by its name."""
    return name.endswith((".xml", *_PLANS))


def solved_name(name: str) -> str:
    """The name of the domain XML that is the answer to an input of this name; it is not packed."""
    name = without_suffix(name)
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.xml" if dot + suffix in _PLANS else name


def kind_of(head: bytes) -> str:
    """GUEST, JSON_LINES or TAR, by the first HEAD bytes of what unpacked() gives.

    Whatever is neither a tar archive nor JSON Lines of {"id", "xml"} is taken for one guest, a domain XML or a plan
    file (pcisolve.libvirt.kinds.is_plan); who reads that says what is wrong with it.
    """
    at, magic = _TAR_MAGIC
    if head[at : at + len(magic)] == magic:
        return TAR
    return JSON_LINES if _ROW.match(head) else GUEST


def unpacked(stream: IO[bytes]) -> tuple[bytes, IO[bytes]]:
    """The first HEAD bytes of a stream, and the whole of it; a gzip, bzip2 or xz stream is unpacked on the way.

    Raises:
        OSError, EOFError, Damaged: the stream does not unpack; also when more of it is read.
    """
    reader = _buffered(stream)
    head = reader.peek(HEAD)[:HEAD]
    packing = packing_of(head)
    if packing:
        reader = _buffered(UnpackedStream(reader, packing))
        head = reader.peek(HEAD)[:HEAD]
    return head, reader


DAMAGED: Final = (OSError, EOFError, Damaged)


def _buffered(stream: Any) -> io.BufferedReader[Any]:
    return io.BufferedReader(_Raw(stream), HEAD * 64)


class _Raw(io.RawIOBase):
    """A stream that is read in order, whatever it can do itself; full reads, so that a peek sees enough."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the stubs want any buffer
        filled = 0
        while filled < len(buffer):
            piece = self._stream.read(len(buffer) - filled)
            if not piece:
                break
            buffer[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled

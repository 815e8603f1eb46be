"""Packed content: gzip, bzip2 and xz, told by their first bytes and unpacked within bounds.

Sources: RFC 1952 (gzip), the bzip2 manual, the .xz file format 1.2.1.
"""

from __future__ import annotations

from typing import Any, Final

from pcisolve.core.errors import InputError

GZIP: Final = "gzip"
BZIP2: Final = "bzip2"
XZ: Final = "xz"

_MAGIC: Final = ((b"\x1f\x8b", GZIP), (b"BZh", BZIP2), (b"\xfd7zXZ\x00", XZ))
_FIRST: Final = {packing: magic[0] for magic, packing in _MAGIC}
_SUFFIXES: Final = ((".gz", GZIP), (".bz2", BZIP2), (".xz", XZ))
MAX_XZ_MEMORY: Final = 128 << 20  # bytes; `xz -9`, the most that xz offers by itself, takes 65 MiB to unpack
_PIECE: Final = 1 << 20  # bytes of content that are unpacked at a time
_FED: Final = 1 << 16  # bytes of a file that are fed at a time: each stream's end copies what is left of them
_MAX_STREAMS: Final = 10_000
_EXPECTED: Final = "a whole gzip, bzip2 or xz file that holds one input"


def packing_of(head: bytes) -> str:
    """GZIP, BZIP2 or XZ by the first bytes of a file; "" for anything else."""
    return next((packing for magic, packing in _MAGIC if head.startswith(magic)), "")


def packing_by_name(path: str) -> str:
    """GZIP, BZIP2 or XZ by the end of a file's name; "" for any other name."""
    return next((packing for suffix, packing in _SUFFIXES if path.endswith(suffix)), "")


def without_suffix(name: str) -> str:
    """A file's name without .gz, .bz2 or .xz."""
    return next((name[: -len(suffix)] for suffix, _ in _SUFFIXES if name.endswith(suffix)), name)


def pack(data: bytes, packing: str) -> bytes:
    """The content packed; as it is for "". The same content gives the same bytes: no name, no time."""
    if packing == GZIP:
        import gzip

        return gzip.compress(data, mtime=0)
    if packing == BZIP2:
        import bz2

        return bz2.compress(data)
    if packing == XZ:
        import lzma

        return lzma.compress(data)
    return data


def unpack(data: bytes, limit: int, name: str) -> tuple[bytes, str]:
    """The content of a file, and how it was packed; content that is not packed as it is, with "".

    Args:
        limit: bytes it may unpack to; no more than that is ever held, nor much more unpacked.

    Raises:
        InputError: it is damaged, cut short, larger than that, or packed twice.
    """
    packing = packing_of(data)
    if not packing:
        return data, ""
    try:
        content = _content(data, packing, limit)
    except Damaged as error:
        raise InputError(f"{name}: this {packing} file {error}", expected=_EXPECTED) from None
    inner = packing_of(content)
    if inner:
        raise InputError(f"{name}: packed twice, {inner} inside {packing}", expected="a file that is packed once")
    return content, packing


def _content(data: bytes, packing: str, limit: int) -> bytes:
    unpacker = Unpacker(packing)
    pieces: list[bytes] = []
    size = 0
    for at in range(0, len(data), _FED):
        unpacker.feed(data[at : at + _FED])
        while piece := unpacker.read():
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise Damaged(f"unpacks to more than {limit >> 20} MiB")
        if unpacker.streams > _MAX_STREAMS:
            raise Damaged(f"has more than {_MAX_STREAMS:,} parts")
    if not unpacker.is_whole:
        raise Damaged("is cut short")
    return b"".join(pieces)


class Damaged(Exception):
    """What is packed does not unpack, or not within bounds; the argument goes on from "this gzip file"."""


class Unpacker:
    """Unpacks one stream after the other, as gzip and its like do with files put together, in bounded memory.

    Attributes:
        is_whole: whether what was fed so far ends where a stream ends.
        streams: how many were begun.
    """

    def __init__(self, packing: str) -> None:
        self._packing = packing
        self._stream: Any = None
        self._waiting = b""
        self.is_whole = False
        self.streams = 0

    def feed(self, data: bytes) -> None:
        """Take more of the file."""
        self._waiting += data

    def read(self) -> bytes:
        """Up to a mebibyte of content; b"" when more of the file is needed first, or there is no more.

        Raises:
            Damaged: the stream does not unpack.
        """
        while True:
            if self._stream is None and not self._begin():
                return b""
            piece = self._piece()
            if self._stream.eof:
                self._waiting = self._stream.unused_data
                self._stream, self.is_whole = None, True
            if piece or (self._stream is not None and not self._waiting):
                return piece

    def _begin(self) -> bool:
        """Begin the next stream; what follows the last one may be zeros only, as tapes have them, and is passed by."""
        self._waiting = self._waiting.lstrip(b"\0") if self.is_whole else self._waiting
        if not self._waiting:
            return False
        if self.is_whole and self._waiting[0] != _FIRST[self._packing]:
            raise Damaged("is damaged: other bytes follow its end")
        self._stream, self.is_whole = _stream(self._packing), False
        self.streams += 1
        return True

    def _piece(self) -> bytes:
        import lzma
        import zlib

        waiting, self._waiting = self._waiting, b""
        try:
            piece: bytes = self._stream.decompress(waiting, _PIECE)
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
            if "Memory usage limit" in str(error):
                raise Damaged(f"takes more than {MAX_XZ_MEMORY >> 20} MiB of memory to unpack") from None
            raise Damaged(f"is damaged: {error}") from None
        self._waiting = getattr(self._stream, "unconsumed_tail", b"")  # zlib's gives back what the others keep
        return piece


class UnpackedStream:
    """What a packed stream holds, read in order."""

    def __init__(self, stream: Any, packing: str) -> None:
        self._stream = stream
        self._unpacker = Unpacker(packing)
        self._left = b""

    def read(self, size: int) -> bytes:
        """Up to so many bytes; b"" at the end.

        Raises:
            Damaged: the stream does not unpack, or is cut short.
        """
        while not self._left:
            self._left = self._unpacker.read()
            if not self._left:
                more = self._stream.read(_FED)
                if not more:
                    break
                self._unpacker.feed(more)
        if not self._left and not self._unpacker.is_whole:
            raise Damaged("is cut short")
        piece, self._left = self._left[:size], self._left[size:]
        return piece


def _stream(packing: str) -> Any:
    if packing == GZIP:
        import zlib

        return zlib.decompressobj(16 + zlib.MAX_WBITS)
    if packing == BZIP2:
        import bz2

        return bz2.BZ2Decompressor()
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_XZ_MEMORY)

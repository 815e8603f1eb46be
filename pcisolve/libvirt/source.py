"""The bytes of an input: a file or standard input, packed or not, never more than the limit of a file."""

from __future__ import annotations

import os
import sys
from typing import IO, Final

from pcisolve.core.errors import InputError, Location
from pcisolve.core.packed import unpack
from pcisolve.libvirt.save_image import HEADER, data_size, is_save_image

MAX_BYTES: Final = 64 * 1024 * 1024
EXPECTED: Final = "a libvirt domain XML"


def read_source(path: str) -> tuple[bytes, str]:
    """The content of a file, or of standard input for "-", unpacked, and its name.

    Raises:
        InputError: it cannot be read or unpacked, or is too large.
    """
    return (unpack(_read_stdin(), MAX_BYTES, "<stdin>")[0], "<stdin>") if path == "-" else (read_bytes(path), path)


def read_bytes(path: str) -> bytes:
    """The content of a file, unpacked. Never reads more than the limit of a file, nor unpacks much more.

    Raises:
        InputError: the file cannot be read or unpacked, or is larger than MAX_BYTES.
    """
    return unpack(read_raw(path), MAX_BYTES, path)[0]


def read_raw(path: str) -> bytes:
    """The bytes of a file, or of standard input for "-"; of a save image only the part with the domain.

    Raises:
        InputError: it cannot be read, or is larger than MAX_BYTES.
    """
    if path == "-":
        data = _read_stdin()
    else:
        try:
            # Asked first, as a file of many gigabytes need not be read to be refused; a pipe has no size.
            size = os.stat(path).st_size
            with open(path, "rb") as file:
                data = _beginning(file, path) if size > MAX_BYTES else _whole(file, size)
        except (OSError, ValueError) as error:  # ValueError: a null byte in the path
            reason = getattr(error, "strerror", None) or "not a name that a file can have"
            raise InputError(f"{path}: {reason}", expected="a readable file") from None
    if len(data) > MAX_BYTES and not is_save_image(data):
        raise too_large(Location("<stdin>" if path == "-" else path, 1, 1))
    return data


def _whole(file: IO[bytes], size: int) -> bytes:
    """All of a file, or more than MAX_BYTES of it; memory for that much is asked for only where it is needed."""
    data = file.read(size + 1)
    return data if size and len(data) <= size else data + file.read(MAX_BYTES + 1 - len(data))


def _beginning(file: IO[bytes], path: str) -> bytes:
    """What a saved guest, which may be as large as its memory, has before that."""
    header = file.read(HEADER)
    if not is_save_image(header):
        raise too_large(Location(path, 1, 1))
    return header + file.read(min(data_size(header, path), MAX_BYTES))


def _read_stdin() -> bytes:
    stream = getattr(sys.stdin, "buffer", None)  # sys.stdin is None when the caller closed it
    if stream is None:
        raise InputError("standard input is closed", expected=EXPECTED)
    try:
        data: bytes = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"standard input: {error.strerror}", expected=EXPECTED) from None
    return data


def too_large(where: Location) -> InputError:
    """The refusal of a file beyond MAX_BYTES."""
    return InputError(f"larger than {MAX_BYTES >> 20} MiB", expected=EXPECTED, location=where)

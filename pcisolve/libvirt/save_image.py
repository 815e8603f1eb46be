"""The domain XML in a saved guest (`virsh save`, `virsh managedsave`).

Source: libvirt's src/qemu/qemu_saveimage.h: a header of 92 bytes (magic, version, data_len, was_running, compressed,
cookieOffset, 14 unused numbers of 32 bits in the host's order), then data_len bytes that begin with the domain XML
and a null byte and may hold a cookie from cookieOffset on, then the guest's memory.
"""

from __future__ import annotations

import struct
from typing import Final

from pcisolve.core.errors import InputError

HEADER: Final = 92  # bytes
_MAGIC: Final = (b"LibvirtQemudSave", b"LibvirtQemudPart")  # Part: while it is being written
_NUMBERS: Final = "IIIII"
_NUMBERS_AT: Final = 16
_HIGHEST_VERSION: Final = 0xFFFF  # a higher one has been written by a host of the other byte order

READ_ONLY: Final = "a saved guest, whose header bounds its XML; virsh save-image-edit changes it"


def is_save_image(head: bytes) -> bool:
    """Whether a file that begins so is a saved guest."""
    return head.startswith(_MAGIC)


def data_size(header: bytes, name: str) -> int:
    """How many bytes between header and memory are the XML and what comes with it.

    Raises:
        InputError: the header is cut short.
    """
    return _sizes(header, name)[0]


def xml_of(data: bytes, name: str) -> bytes:
    """The domain XML, up to its null byte.

    Raises:
        InputError: the header or the XML is cut short.
    """
    size, cookie = _sizes(data, name)
    xml = data[HEADER : HEADER + (cookie or size)]
    end = xml.find(b"\0")
    if end < 0 and len(data) < HEADER + size:
        raise InputError(f"{name}: the saved guest is cut short within its XML", expected="a file of virsh save")
    return xml if end < 0 else xml[:end]


def _sizes(header: bytes, name: str) -> tuple[int, int]:
    if len(header) < HEADER:
        raise InputError(f"{name}: the saved guest is cut short within its header", expected="a file of virsh save")
    numbers = struct.unpack_from("<" + _NUMBERS, header, _NUMBERS_AT)
    if numbers[0] > _HIGHEST_VERSION:
        numbers = struct.unpack_from(">" + _NUMBERS, header, _NUMBERS_AT)
    return int(numbers[1]), int(numbers[4])

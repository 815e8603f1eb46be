"""What a file is, by how it begins: XML, a plan, or something else that is known."""

from __future__ import annotations

from pcisolve.core.errors import InputError, Location
from pcisolve.core.foreign import foreign_data
from pcisolve.libvirt.save_image import is_save_image


def is_plan(data: bytes) -> bool:
    """Whether this is neither XML nor a saved guest: every XML begins with "<", in one encoding or another."""
    begin = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return bool(begin) and not begin.startswith((b"<", b"\xff\xfe", b"\xfe\xff", b"\x00<")) and not is_save_image(data)


def refuse_foreign(data: bytes, name: str) -> None:
    """Refuse a file that is neither XML nor a plan for what it is.

    Raises:
        InputError: it is of a known kind.
    """
    foreign = foreign_data(data)
    if foreign is not None:
        raise InputError(foreign.message, expected=foreign.expected, location=Location(name, 1, 1))

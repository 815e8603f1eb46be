"""One guest of a batch, before anyone has read it."""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.core.errors import InputError
from pcisolve.libvirt.document import read_bytes


class Input(NamedTuple):
    """One guest of a batch.

    Attributes:
        label: what the output calls it.
        name: the relative path it keeps below --write.
        path: the file to read, when it has one of its own.
        data: its content, when that was read already.
        refusal: why it cannot be used, when that is known already.
    """

    label: str
    name: str
    path: str | None = None
    data: bytes | None = None
    refusal: InputError | None = None


def content_of(one: Input) -> bytes:
    """The content of an input.

    Raises:
        InputError: it cannot be read, or is too large.
    """
    return one.data if one.data is not None else read_bytes(one.path or one.label)

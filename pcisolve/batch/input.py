"""One guest of a batch, before anyone has read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from pcisolve.core.errors import InputError
from pcisolve.core.packed import unpack
from pcisolve.libvirt.source import MAX_BYTES, read_bytes

STDIN: Final = "<stdin>"


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
    """The content of an input, unpacked.

    Raises:
        InputError: it cannot be read or unpacked, or is too large.
    """
    if one.data is None:
        return read_bytes(one.path or one.label)
    return unpack(one.data, MAX_BYTES, one.label)[0]


def with_content(inputs: Iterator[Input]) -> Iterator[Input]:
    """The same inputs, each read when it is asked for; one that cannot be read is a refusal."""
    for one in inputs:
        if one.data is None and one.refusal is None:
            try:
                yield one._replace(data=content_of(one))
            except InputError as error:
                yield one._replace(refusal=error)
        else:
            yield one

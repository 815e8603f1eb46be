"""All guests of one file, and the file with other guests in their places."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from pcisolve.api.guest import Guest
from pcisolve.core.errors import InputError, Location
from pcisolve.core.packed import pack, unpack
from pcisolve.libvirt.container import read_all
from pcisolve.libvirt.kinds import is_plan, refuse_foreign
from pcisolve.libvirt.source import MAX_BYTES, read_raw

if TYPE_CHECKING:
    from pcisolve.libvirt.container import Container


class Guests(Sequence[Guest]):
    """The guests of a file, in its order.

    Attributes:
        name: what messages call the file.
        raw: the bytes as they were read, packed or not.
        packing: "gzip", "bzip2", "xz", or "" for a file that is not packed.
    """

    def __init__(
        self, name: str, guests: Sequence[Guest], container: Container | None, raw: bytes, packing: str
    ) -> None:
        self.name = name
        self.raw = raw
        self.packing = packing
        self._guests = tuple(guests)
        self._container = container

    def __len__(self) -> int:
        return len(self._guests)

    @overload
    def __getitem__(self, at: int) -> Guest: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Guest, ...]: ...
    def __getitem__(self, at: int | slice) -> Guest | tuple[Guest, ...]:
        return self._guests[at]

    def label(self, guest: Guest) -> str:
        """Which of several guests of the file this is, such as 'domain 2 of 3 ("web"), at line 40'; "" for the only
        one."""
        return "" if self._container is None or len(self) < 2 else self._container.label(guest.document)

    def replaced(self, contents: Sequence[bytes]) -> bytes:
        """The file, unpacked, with these domains in place of its own; what is around them stays byte for byte.

        Of a saved guest it is the domain alone.

        Args:
            contents: one for each guest, such as the `xml` of its result.
        """
        return contents[0] if self._container is None else self._container.joined(contents)

    def texts(self, contents: Sequence[bytes]) -> tuple[str, str, str]:
        """The text of the file, that text with these domains in place of its own, and its name, to be compared.

        Of a plan it is the text of its base.

        Raises:
            InputError: a plan without base.
        """
        if self._container is not None:
            return self._container.text, self._container.replaced(contents), self.name
        base = self._guests[0].before()
        return base.text, base.again(contents[0]).text, base.name

    def file_with(self, contents: Sequence[bytes]) -> bytes:
        """What to write into the file itself so that it holds these domains: packed as it was.

        Raises:
            InputError: it is of a kind that nothing can be written into.
        """
        if self._container is not None and self._container.read_only:
            message = f"{self.name}: nothing is written into {self._container.read_only}"
            raise InputError(message, expected="a domain XML")
        return pack(self.replaced(contents), self.packing)

    def only(self) -> Guest:
        """The guest of a file with one.

        Raises:
            InputError: there are several.
        """
        if len(self) > 1:
            start = self._guests[1].document.start
            message = f"{len(self):,} domains in one file; the second begins here"
            where = Location(self.name, start.line, start.column)
            raise InputError(message, expected="a file with one domain", location=where)
        return self._guests[0]


def load(
    source: str | os.PathLike[str] | bytes,
    *,
    models: str | os.PathLike[str] | None = None,
    name: str = "<stdin>",
) -> Guest:
    """Read the guest of a file with one, from a path ("-" is stdin) or from bytes: a domain XML, by itself or in what
    libvirt keeps around it, or a plan file; see load_all.

    Args:
        models: a folder that adds to or overrides the shipped models.
        name: what messages call the source when it is bytes.

    Raises:
        InputError: it cannot be read, or holds several; with file, line and what was expected.
    """
    return load_all(source, models=models, name=name).only()


def load_all(
    source: str | os.PathLike[str] | bytes,
    *,
    models: str | os.PathLike[str] | None = None,
    name: str = "<stdin>",
) -> Guests:
    """Read every guest of a file from a path ("-" is stdin) or from bytes: domain XMLs one after the other, what
    libvirt keeps around a domain (the state of a running guest, a snapshot, a checkpoint, a saved guest), or a plan;
    each as it is, or packed by gzip, bzip2 or xz.

    Args:
        models: a folder that adds to or overrides the shipped models.
        name: what messages call the source when it is bytes.

    Raises:
        InputError: one of them cannot be read, or there is something else in it; with file, line and what was
            expected.
    """
    raw, called = _content(source, name)
    data, packing = unpack(raw, MAX_BYTES, called)
    folder = None if models is None else os.fspath(models)
    if is_plan(data):
        from pcisolve.api.plan import PlannedGuest  # three dozen modules that no other guest needs
        from pcisolve.planning.file.text import read_text

        refuse_foreign(data, called)
        return Guests(called, (PlannedGuest(read_text(data, called), folder),), None, raw, packing)
    container = read_all(data, called)
    return Guests(called, [Guest(one, folder) for one in container.documents], container, raw, packing)


def _content(source: str | os.PathLike[str] | bytes, name: str) -> tuple[bytes, str]:
    """The bytes of a source, and what messages call it."""
    if isinstance(source, bytes):
        return source, name
    path = os.fspath(source)
    return read_raw(path), "<stdin>" if path == "-" else path

"""Many guests in one file: tar archives and JSON Lines, read from front to back in bounded memory."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from typing import IO, Any

from pcisolve.batch.content import DAMAGED, is_guest_name, solved_name
from pcisolve.batch.input import Input
from pcisolve.core.errors import InputError, Location
from pcisolve.core.json_text import JsonError, read_json
from pcisolve.libvirt.source import MAX_BYTES

_MAX_LINE = 2 * MAX_BYTES  # JSON writes a newline as two characters
_EXPECTED_ROW = 'a JSON object with "id" and "xml" on each line'
_MAX_ID = 1000
_ENDS = 8  # empty reads that tarfile may do at the end of an archive


def members(reader: IO[bytes], label: str) -> Iterator[Input]:
    """The guests of a tar archive: regular files that are guests by name. A damaged archive ends with a refusal."""
    last = "its beginning"
    stream: Any = _Ending(reader)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for member in archive:
                if not _is_text(member.name):
                    member.name = os.fsencode(member.name).decode(errors="backslashreplace")
                last = member.name
                archive.members = []  # type: ignore[attr-defined]  # tarfile remembers all it has seen; memory stays flat
                if not member.isfile() or not is_guest_name(member.name):
                    continue
                yield _member(archive, member, f"{label}:{member.name}")
    except (tarfile.TarError, *DAMAGED) as error:
        message = f"the archive is damaged after {last}: {error}"
        yield Input(label, label, refusal=InputError(message, expected="a tar archive"))


class _Ending:
    """A stream that says so when its end is passed: tarfile would go on to where a member is said to end, for ever."""

    def __init__(self, reader: IO[bytes]) -> None:
        self._reader = reader
        self._empty = 0

    def read(self, size: int) -> bytes:
        """Up to so many bytes.

        Raises:
            EOFError: the end was met several times.
        """
        data = self._reader.read(size)
        self._empty = 0 if data else self._empty + 1
        if self._empty > _ENDS:
            raise EOFError("it ends in the middle of a file")
        return data


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo, label: str) -> Input:
    if member.size > MAX_BYTES:
        message = f"larger than {MAX_BYTES >> 20} MiB"
        return Input(label, member.name, refusal=InputError(message, expected="a libvirt domain XML"))
    file = archive.extractfile(member)
    data = b"" if file is None else file.read()
    if len(data) < member.size:
        raise EOFError("it ends in the middle of a file")
    return Input(label, solved_name(member.name), data=data)


def _is_text(name: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in name)


def rows(reader: IO[bytes], label: str) -> Iterator[Input]:
    """The guests of JSON Lines of {"id", "xml"}; further keys are ignored. A line that is none is a refusal."""
    number = 0
    try:
        while line := reader.readline(_MAX_LINE + 1):
            number += 1
            if len(line) > _MAX_LINE:
                _skip_line(reader)
                message = f"a line of more than {_MAX_LINE >> 20} MiB"
                yield _bad_row(label, number, message)
            elif line.strip():
                yield _row(line, label, number)
    except DAMAGED as error:
        yield _bad_row(label, number + 1, f"the file is damaged: {error}")


def _skip_line(reader: IO[bytes]) -> None:
    while (piece := reader.readline(1 << 20)) and not piece.endswith(b"\n"):
        pass


def _bad_row(label: str, number: int, message: str, column: int = 1) -> Input:
    where = Location(label, number, column)
    return Input(f"{label}:{number}", "", refusal=InputError(message, expected=_EXPECTED_ROW, location=where))


def _row(line: bytes, label: str, number: int) -> Input:
    try:
        row = read_json(line)
    except JsonError as error:
        return _bad_row(label, number, f"not JSON: {error.message}", error.column)
    if not isinstance(row, dict):
        return _bad_row(label, number, "not a JSON object")
    name, xml = row.get("id"), row.get("xml")
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_ID:
        return _bad_row(label, number, f'"id" is not a text of 1 to {_MAX_ID:,} characters')
    if not _is_text(name):
        return _bad_row(label, number, '"id" has half a character (a lone surrogate)')
    if not isinstance(xml, str):
        return _bad_row(label, number, '"xml" is not a text')
    data = xml.encode("utf-8", "surrogatepass")
    return Input(name, solved_name(name) if is_guest_name(name) else f"{name}.xml", data=data)

"""The heading of a machine file: which machines it is about, read before the rest."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

from pcisolve.catalog.table import Table, Version

_ANY = "*"


class Heading(NamedTuple):
    """Which machines a file is about; none of `arches` where the libvirt asked for knows the family by another file.

    `default_for`: architectures whose default machine it is.
    """

    arches: tuple[str, ...]
    names: tuple[str, ...]
    default_for: tuple[str, ...]
    since: Version

    def covers(self, arch: str | None, name: str | None) -> bool:
        """Whether this is the machine's family; no name asks for the architecture's default."""
        if arch is not None and arch not in self.arches:
            return False
        if not name:
            return arch in self.default_for
        if arch is None and _ANY in self.names:
            return False  # what takes any name is not found by one
        return any(fnmatchcase(name, pattern) for pattern in self.names)


def read_heading(table: Table, libvirt: Version) -> Heading:
    """Which machines the file is about, before the rest is read.

    Raises:
        InputError: a wrong file.
    """
    arches = tuple(_arches(table, "arches", None, libvirt))
    if not table.raw["arches"]:
        raise table.error("arches", '"arches" is empty', "at least one architecture")
    return Heading(
        arches=arches,
        names=table.words("names", required=True),
        default_for=tuple(_arches(table, "default_for", arches, libvirt)),
        since=table.version("since"),
    )


def _arches(table: Table, key: str, known: tuple[str, ...] | None, libvirt: Version) -> Iterable[str]:
    """Architectures; an entry may be a table that limits it to some versions."""
    if table.has_strings(key) or not isinstance(table.raw.get(key), list):
        yield from table.words(key, known, required=True)
        return
    for entry in _entries(table, key):
        arch = entry.word("arch", known) if known else entry.text("arch")
        since, until = entry.version("since", "0"), entry.version("until", "999999")
        entry.finish()
        if since <= libvirt < until:
            yield arch


def _entries(table: Table, key: str) -> list[Table]:
    """The entries of the list, a string being short for a table of an architecture only."""
    table.asked.add(key)
    value = table.raw.get(key)
    entries = [{"arch": one} if isinstance(one, str) else one for one in value] if isinstance(value, list) else value
    return Table(table.file, {key: entries}, table.steps).tables(key)

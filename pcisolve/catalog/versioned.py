"""Values of a machine file that depend on the version of libvirt, the architecture or the very machine."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple

from pcisolve.catalog.table import Table, Version


class Asked(NamedTuple):
    """For whom a machine file is read: some of its facts depend on the version, the architecture or the very name."""

    libvirt: Version
    arch: str
    name: str


def for_names(table: Table, key: str, name: str, *, default: bool) -> bool:
    """A flag, or the list of machines, as patterns, for which it is set."""
    if isinstance(table.raw.get(key), list):
        return any(fnmatchcase(name, pattern) for pattern in table.words(key))
    return table.flag(key, default)


def versioned(table: Table, key: str, asked: Asked) -> str:
    """A word, or a list of { value, since, arches } of which the last that applies counts."""
    if not isinstance(table.raw.get(key), list):
        return table.text(key)
    chosen = ""
    for entry in table.tables(key):
        value, since, arches = entry.text("value"), entry.version("since", "0"), entry.words("arches")
        entry.finish()
        if since <= asked.libvirt and (not arches or asked.arch in arches):
            chosen = value
    return chosen


def versioned_flag(table: Table, key: str, asked: Asked) -> bool:
    """A flag, set where it is missing, or a list of { value, since } of which the last that applies counts."""
    if not isinstance(table.raw.get(key), list):
        return table.flag(key, True)
    chosen = True
    for entry in table.tables(key):
        value, since = entry.flag("value"), entry.version("since", "0")
        entry.finish()
        if since <= asked.libvirt:
            chosen = value
    return chosen


def guest_buses(table: Table, asked: Asked) -> tuple[int, int]:
    """Bus numbers without and with firmware: a number, and `fewer_buses` for some names, architectures or firmware."""
    plain = with_firmware = table.number("guest_buses", 0, maximum=256)
    for entry in table.tables("fewer_buses"):
        value, names, arches = entry.number("value", maximum=256), entry.words("names"), entry.words("arches")
        only_with_firmware = entry.flag("firmware", False)
        entry.finish()
        if (not names or asked.name in names) and (not arches or asked.arch in arches):
            with_firmware = min(with_firmware, value)
            plain = plain if only_with_firmware else min(plain, value)
    return plain, with_firmware


def default_usb(table: Table, asked: Asked) -> tuple[str, ...]:
    if table.has_strings("default_usb"):
        return table.words("default_usb")
    model = versioned(table, "default_usb", asked)
    return (model,) if model else ()

"""What a plan says of single devices and of the machine beside PCI: read, and refused where libvirt would refuse it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pcisolve.catalog.bars import MEM32, MEM64, Bar
from pcisolve.core.sizes import spoken
from pcisolve.planning.file.entry import Entry, EntryReader
from pcisolve.planning.file.fields import MAX_DEVICES
from pcisolve.planning.file.text import Mark
from pcisolve.planning.file.values import DeviceWish, Plan

KEYS: Final = ("alias", "mac", "boot", "acpi-index", "source")
_UNIQUE: Final = ("alias", "mac", "boot", "acpi-index")  # within a guest
_PLACE: Final = "{n}"
_MAC: Final = re.compile(r"[0-9a-fA-F][02468aceACE](:[0-9a-fA-F]{2}){5}")
_ALIAS: Final = re.compile(r"ua-[A-Za-z0-9_-]{1,60}")
_SOURCE: Final = re.compile(r"/[^\x00-\x1f\x7f]{1,4000}")
_SHAPES: Final = {
    "mac": (_MAC, 'a unicast MAC address such as "52:54:00:12:34:56"'),
    "alias": (_ALIAS, '"ua-" and letters, digits, _ or -, as libvirt wants it of users'),
    "source": (_SOURCE, "an absolute path"),
}
_BAR_SIZE: Final = re.compile(r"([0-9]{1,9})([KMGT]?)(?:iB)?")
_SHIFTS: Final = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_PAGES: Final = {"K": 1, "M": 1 << 10, "G": 1 << 20}
_SIZE: Final = re.compile(r"([0-9]{1,6})([KMG])(?:iB)?")


def own_of(entry: Entry, reader: EntryReader) -> dict[str, tuple[str, ...]]:
    """What an entry says of each of its devices; one text with {n} is made one for each, with the device's number."""
    found: dict[str, tuple[str, ...]] = {}
    for key in KEYS:
        values = tuple(str(one) for one in entry.get(key, ()))
        if not values:
            continue
        copies = entry.get("count", 1)
        if len(values) == 1 and _PLACE in values[0] and copies <= MAX_DEVICES:
            values = tuple(values[0].replace(_PLACE, str(number)) for number in range(copies))
        shape = _SHAPES.get(key)
        wrong = next((one for one in values if shape and not shape[0].fullmatch(one)), None)
        if wrong is not None and shape:
            reader.refuse("plan-type", f'"{key}" is "{wrong[:60]}"; expected {shape[1]}', entry.mark(key))
        found[key] = values
    return found


def check_own(plan: Plan, reader: EntryReader) -> None:
    """As many as there are devices, and none twice."""
    seen: dict[tuple[str, str], Mark] = {}
    for wish in plan.devices:
        for key, values in wish.own.items():
            if wish.select is None and len(values) != wish.copies:
                message = f'"{key}" has {len(values):,} values for {wish.copies:,} of "{wish.name}"; one each is needed'
                reader.refuse("plan-count", message, wish.mark(key))
            for value in values if key in _UNIQUE else ():
                if (key, value.lower()) in seen:
                    first = seen[key, value.lower()].line
                    reader.refuse("plan-name", f'"{key}" {value} is there twice; first in line {first}', wish.mark(key))
                    break
                seen[key, value.lower()] = wish.mark(key)


def missing_places(wish: DeviceWish, element: str) -> Iterator[tuple[str, str]]:
    """Keys that say of a device what its element does not have, each with what has it."""
    for key, (elements, words) in _BELONG.items():
        if key in wish.own and element not in elements:
            yield key, words


_BELONG: Final = {
    "mac": (("interface",), "network interfaces"),
    "source": (("disk",), "disks"),
    "boot": (("disk", "interface", "hostdev", "redirdev"), "disks, network interfaces and host devices"),
}


def hugepages_of(entry: Entry, reader: EntryReader) -> int:
    """The size of huge pages in KiB; 0 for none."""
    said = entry.get("hugepages")
    if said is None:
        return 0
    match = _SIZE.fullmatch(said)
    size = int(match[1]) * _PAGES[match[2]] if match else 0
    if size < 64 or size & (size - 1):
        message = f'"hugepages" is "{said[:30]}"; expected the size of a page, a power of two such as 2M or 1G'
        reader.refuse("plan-type", message, entry.mark("hugepages"))
        return 0
    return size


def bars_of(entry: Entry | None, reader: EntryReader) -> tuple[Bar, ...]:
    """The BARs of a device: 0 below 4 GiB, 2 with 64 bits."""
    found = []
    for key, kind, number, most in (("mem32", MEM32, 0, 1 << 31), ("mem64", MEM64, 2, 1 << 50)):
        said = entry.get(key) if entry is not None else None
        if entry is None or said is None:
            continue
        match = _BAR_SIZE.fullmatch(said)
        size = int(match[1]) << _SHIFTS[match[2]] if match else 0
        if not 16 <= size <= most or size & (size - 1):
            message = (
                f'"{said[:30]}" is no size of a BAR; expected a power of two from 16 to {spoken(most)}, such as 32M'
            )
            reader.refuse("plan-range", message, entry.mark(key))
        else:
            found.append(Bar(size, kind, kind == MEM64 and entry.get("prefetch", True), number))
    return tuple(found)

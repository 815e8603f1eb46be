"""What a device group of a plan says of the functions that it is given: which of the host, and what they decode."""

from __future__ import annotations

import re
from typing import Final

from pcisolve.catalog.bars import MEM32, MEM64, Bar
from pcisolve.core.sizes import spoken
from pcisolve.planning.file.entry import Entry, EntryReader
from pcisolve.planning.file.values import NO_ID, Select

_ID: Final = re.compile(r"(?:0x)?[0-9a-fA-F]{1,4}")
_SIZE: Final = re.compile(r"([0-9]{1,9})([KMGT]?)(?:iB)?")
_SHIFTS: Final = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def select_of(entry: Entry | None) -> Select | None:
    """What is selected; an ID that is none is NO_ID."""
    if entry is None:
        return None
    get, marks = entry.get, entry.marks
    vendor, device = (None if get(key) is None else _id(get(key)) for key in ("vendor", "device"))
    addresses, group = get("address", ()), get("iommu-group")
    return Select(
        get("class"), vendor, device, get("numa"), addresses, group, get("vf-of"), get("count"), entry.at, marks
    )


def _id(text: str) -> int:
    return int(text, 16) if _ID.fullmatch(text) else NO_ID


def bars_of(entry: Entry | None, reader: EntryReader) -> tuple[Bar, ...]:
    """The BARs of a device: 0 below 4 GiB, 2 with 64 bits."""
    found = []
    for key, kind, number, most in (("mem32", MEM32, 0, 1 << 31), ("mem64", MEM64, 2, 1 << 50)):
        said = entry.get(key) if entry is not None else None
        if entry is None or said is None:
            continue
        match = _SIZE.fullmatch(said)
        size = int(match[1]) << _SHIFTS[match[2]] if match else 0
        if not 16 <= size <= most or size & (size - 1):
            message = (
                f'"{said[:30]}" is no size of a BAR; expected a power of two from 16 to {spoken(most)}, such as 32M'
            )
            reader.refuse("plan-range", message, entry.mark(key))
        else:
            found.append(Bar(size, kind, kind == MEM64 and entry.get("prefetch", True), number))
    return tuple(found)

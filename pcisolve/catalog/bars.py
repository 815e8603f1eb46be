"""How much memory the devices of QEMU decode: models/qemu/bars.toml."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pcisolve.catalog.matching import When, matches, read_when
from pcisolve.catalog.table import Table
from pcisolve.core.node import Node

MEM32, MEM64, IO = "mem32", "mem64", "io"
KINDS: Final = (MEM32, MEM64, IO)
ROM: Final = 6  # the number of a ROM's BAR
_WORDS: Final = re.compile(r"([0-6]) (mem32|pref32|mem64|pref64) ([1-9][0-9]{0,9})(K|M|G|)")
_UNITS: Final = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Bar(NamedTuple):
    """A base address register.

    Attributes:
        size: bytes, a power of two.
        kind: mem32, mem64 or io.
        prefetchable: whether a bridge may hand it on in its prefetchable window.
        number: 0 to 5, and 6 for the ROM's.
    """

    size: int
    kind: str
    prefetchable: bool = False
    number: int = 0

    @property
    def wide(self) -> bool:
        """Whether it may be above 4 GiB."""
        return self.kind == MEM64


class Sized(NamedTuple):
    """A BAR whose size the guest's XML says.

    `path`: of the attribute, in units of `unit` bytes, or, with "#" at the end, of an element that holds a size with
    its own unit. `default`: bytes where it says nothing; 0: the device then has no such BAR.
    """

    number: int
    kind: str
    prefetchable: bool
    path: str
    unit: int
    default: int


class DeviceBars(NamedTuple):
    """The memory BARs of one kind of device: the names of the variants in models/devices, and a condition on top."""

    variants: tuple[str, ...]
    when: When
    bars: tuple[Bar, ...]
    sized: tuple[Sized, ...]


class KnownBars:
    """All that is known of BARs."""

    __slots__ = ("_by_driver", "_by_variant", "_controllers")

    def __init__(self, table: Table) -> None:
        table.text("summary")
        table.text("source")
        self._by_variant: dict[str, list[DeviceBars]] = {}
        for one in table.tables("device"):
            found = _device(one)
            for name in found.variants:
                self._by_variant.setdefault(name, []).append(found)
        self._controllers = _lists(table, "controllers")
        self._by_driver = _lists(table, "drivers")
        table.finish()

    def of_variant(self, name: str, view: Node) -> DeviceBars | None:
        """What a device of this variant, with these attributes, has; None when it is not known."""
        for one in self._by_variant.get(name, ()):
            if matches(one.when, view):
                return one
        return None

    def of_controller(self, model: str) -> tuple[Bar, ...]:
        """Those of a PCI controller itself."""
        return self._controllers.get(model, ())

    def of_driver(self, name: str) -> tuple[Bar, ...] | None:
        """Those of a QEMU device by its own name; None when they are not known."""
        return self._by_driver.get(name)


def _lists(table: Table, key: str) -> dict[str, tuple[Bar, ...]]:
    inner = table.table(key)
    if inner is None:
        return {}
    found = {name: _bars(inner, name) for name in inner.raw}
    inner.finish()
    return found


def _bars(table: Table, key: str) -> tuple[Bar, ...]:
    return tuple(_bar(table, key, word) for word in table.words(key))


def _bar(table: Table, key: str, word: str) -> Bar:
    match = _WORDS.fullmatch(word)
    if match is None:
        raise table.error(key, f'"{word}" is not a BAR', 'its number, kind and size: "4 pref64 16K"')
    number, kind, size, unit = match.groups()
    return Bar(int(size) * _UNITS[unit], f"mem{kind[-2:]}", kind.startswith("pref"), int(number))


def _device(table: Table) -> DeviceBars:
    variants, when, bars = table.words("variants", required=True), read_when(table), _bars(table, "bars")
    sized = tuple(_sized(one) for one in table.tables("sized"))
    table.finish()
    return DeviceBars(variants, when, bars, sized)


def _sized(table: Table) -> Sized:
    kind = table.word("kind", ("mem32", "pref32", "mem64", "pref64"))
    found = Sized(
        number=table.number("number", maximum=ROM),
        kind=f"mem{kind[-2:]}",
        prefetchable=kind.startswith("pref"),
        path=table.text("path"),
        unit=table.number("unit", 1),
        default=table.number("default", 0),
    )
    table.finish()
    return found

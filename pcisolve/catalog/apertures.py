"""Where memory of PCI devices may be: models/qemu/apertures.toml."""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.catalog.table import Table

_FOUR_GIB = 1 << 32
_MOST = 1 << 52


class Aperture(NamedTuple):
    """The hole for devices of one machine family under one firmware.

    Attributes:
        family, firmware: whose it is. version: of the firmware, the first that has it; "" for all.
        ram_limit, ram_low: a guest with less RAM than the first has all of it below 4 GiB, else as much as the second.
        starts: where the hole may begin; it does at the first that is no lower than the RAM there.
        end: the first address behind it.
        ports: I/O ports, begin and end. keeps_ports: those that are kept free behind a bridge.
        high_start, high_size: the window above 4 GiB; 0 where something else decides it. most_bits: of the guest's
            physical addresses, that the firmware uses; 0 for all.
    """

    family: str
    firmware: str
    ram_limit: int
    ram_low: int
    starts: tuple[int, ...]
    end: int
    version: str
    ports: tuple[int, ...]
    keeps_ports: int
    high_start: int
    high_size: int
    most_bits: int

    def low_ram(self, ram: int) -> int:
        """How much of `ram` bytes is below 4 GiB."""
        return ram if ram < self.ram_limit else self.ram_low

    def start(self, ram: int) -> int:
        """Where the hole begins for a guest with `ram` bytes."""
        low = self.low_ram(ram)
        return next((one for one in self.starts if one >= low), low)


def read_apertures(table: Table) -> tuple[Aperture, ...]:
    """All of them.

    Raises:
        InputError: a wrong file.
    """
    table.text("summary")
    table.text("source")
    found = tuple(_aperture(one) for one in table.tables("aperture"))
    table.finish()
    return found


def _aperture(table: Table) -> Aperture:
    aperture = Aperture(
        family=table.text("family"),
        firmware=table.text("firmware"),
        ram_limit=table.number("ram_limit", maximum=_FOUR_GIB),
        ram_low=table.number("ram_low", maximum=_FOUR_GIB),
        starts=table.numbers("starts", _FOUR_GIB),
        end=table.number("end", maximum=_FOUR_GIB),
        version=table.text("version", ""),
        ports=table.numbers("ports", 1 << 16) if "ports" in table.raw else (0, 1 << 16),
        keeps_ports=table.number("keeps_ports", 0, 1 << 16),
        high_start=table.number("high_start", 0, _MOST),
        high_size=table.number("high_size", 0, _MOST),
        most_bits=table.number("most_bits", 0, 52),
    )
    if len(aperture.ports) != 2:
        raise table.error("ports", '"ports" has a wrong value', "begin and end")
    table.finish()
    return aperture

"""Where memory of PCI devices may be below 4 GiB: models/qemu/apertures.toml."""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.catalog.table import Table

_FOUR_GIB = 1 << 32


class Aperture(NamedTuple):
    """The hole for devices of one machine family under one firmware.

    Attributes:
        family, firmware: whose it is.
        ram_limit, ram_low: a guest with less RAM than the first has all of it below 4 GiB, else as much as the second.
        starts: where the hole may begin; it does at the first that is no lower than the RAM there.
        end: the first address behind it.
    """

    family: str
    firmware: str
    ram_limit: int
    ram_low: int
    starts: tuple[int, ...]
    end: int

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
    )
    table.finish()
    return aperture

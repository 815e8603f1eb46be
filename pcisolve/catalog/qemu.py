"""What QEMU makes of its own options: models/qemu/devices.toml, and the table [qemu] of a machine file.

Source of the facts: QEMU softmmu/vl.c, hw/i386/pc_q35.c, hw/i386/pc_piix.c; tried with 7.2.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.catalog.table import Table

MAKES: Final = ("usb", "vga", "nic")


class BuiltIn(NamedTuple):
    """A device that the board itself makes; `addr` in QEMU's form ("1d.7"), "" for the lowest free slot."""

    driver: str
    addr: str


class Board(NamedTuple):
    """What a machine makes of options that are no -device.

    Attributes:
        host_bridge: what is at slot 0 of the root bus, in words; "" for nothing.
        makes: which of the options of MAKES make a PCI device here, in the order in which they do.
        nic: the model of -net nic and -nic that name none; "" for one that is not PCI.
        usb: what -usb makes.
    """

    host_bridge: str = ""
    makes: tuple[str, ...] = ()
    nic: str = ""
    usb: tuple[BuiltIn, ...] = ()


class QemuDevices:
    """Names of QEMU's devices, by what there is to know of them."""

    __slots__ = ("aliases", "bridges", "expanders", "flags", "nics", "pci", "ports", "sound", "vga")

    def __init__(self, table: Table) -> None:
        table.text("summary")
        table.text("source")
        self.pci = frozenset(table.words("pci"))
        self.ports = frozenset(table.words("ports", self.pci))
        self.bridges = frozenset(table.words("bridges", self.pci))
        self.expanders = frozenset(table.words("expanders", self.pci))
        self.flags = frozenset(table.words("flags"))
        self.aliases = _words(table, "aliases")
        self.vga = _words(table, "vga")
        self.sound = _words(table, "sound")
        self.nics = _words(table, "nics")
        table.finish()

    def driver(self, name: str, *, ccw: bool) -> str:
        """The PCI device that a word after -device stands for; "" for any other.

        Args:
            ccw: whether virtio is CCW where the word does not say.
        """
        if name in self.pci:
            return name
        return "" if ccw and name.startswith("virtio-") else self.aliases.get(name, "")


def _words(table: Table, key: str) -> dict[str, str]:
    inner = table.table(key)
    if inner is None:
        return {}
    found = {name: inner.text(name) for name in inner.raw}
    inner.finish()
    return found


def read_board(table: Table | None) -> Board:
    """The table [qemu] of a machine file.

    Raises:
        InputError: a wrong table.
    """
    if table is None:
        return Board()
    built_in = []
    for entry in table.tables("usb"):
        built_in.append(BuiltIn(entry.text("driver"), entry.text("addr", "")))
        entry.finish()
    board = Board(table.text("host_bridge", ""), table.words("makes", MAKES), table.text("nic", ""), tuple(built_in))
    table.finish()
    return board

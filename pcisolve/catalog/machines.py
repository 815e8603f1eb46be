"""Machine families: models/machines/*.toml.

Source of the facts: libvirt src/qemu/qemu_domain.c and src/qemu/qemu_domain_address.c; each file names its own.
"""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.catalog.heading import read_heading
from pcisolve.catalog.known import Known
from pcisolve.catalog.matching import When, read_when
from pcisolve.catalog.qemu import read_board
from pcisolve.catalog.table import Table
from pcisolve.catalog.versioned import Asked, default_usb, for_names, guest_buses, versioned, versioned_flag
from pcisolve.core.address import FUNCTIONS_PER_SLOT, SLOTS_PER_BUS

DISK_BUSES = ("sata", "scsi", "virtio")
VIRTIO_ADDRESS = ("pci", "ccw", "mmio-or-pci")
INPUT_BUSES = ("ps2", "usb", "virtio")
_LAST_SLOT = SLOTS_PER_BUS - 1
_LAST_FUNCTION = FUNCTIONS_PER_SLOT - 1


class Reserved(NamedTuple):
    """A function of bus 0 that the chipset always has."""

    slot: int
    function: int
    what: str
    rule: str


class Fixed(NamedTuple):
    """A device that can only be at one place of bus 0; `always`: QEMU has it even if the guest does not name it."""

    element: str
    when: When
    slot: int
    function: int
    what: str
    always: bool
    rule: str


class Preferred(NamedTuple):
    """A device that goes to the first of these slots of bus 0 that is wholly free, else to an ordinary place.

    `first_only`: of the guest's elements of that name, only the first is considered.
    `multifunction`: its address gets multifunction='on'.
    """

    element: str
    when: When
    slots: tuple[int, ...]
    first_only: bool
    multifunction: bool
    rule: str


class ImplicitController:
    """A controller that libvirt adds to every guest of the family."""

    __slots__ = ("index", "type")

    def __init__(self, type_: str, index: int) -> None:
        self.type = type_
        self.index = index


class Machine:
    """A machine family. Not to be changed once read. Model names are names of controller models; "" means none.

    supports_pci: where not, libvirt leaves PCI devices without an address and says nothing.
    root: the implicit controller of index 0; hand_written_root: accepted when written, not added. qemu_root: QEMU has
    the bus that libvirt calls pci.0 or pcie.0, so that something can be plugged into it.
    root_name: the `<model name>` of its roots. roots_flat, roots_multi_domain: how many roots each scheme allows.
    grows_conventional, grows_express: what is added when no place is free; legacy_entry: what first opens
    conventional growth on a pure PCI Express guest; gap: the model of a missing index below the highest.
    extra_slot, extra_root_port: libvirt keeps one conventional slot, or one root port, spare.
    usb_model, scsi_model, net_model, video_model: what a missing model becomes; balloon, panic_model: the same.
    serial_type: the same for the type of a serial port, "" for none.
    input_bus: the bus of keyboards and mice that name none.
    spapr_vio: NVRAM and TPM sit on that bus, whatever address they are given.
    zpci_for_added: controllers libvirt adds get zPCI ids.
    usb_always_none: an address does not keep a USB controller. guest_buses: bus numbers of one domain; with_firmware:
    the same for a guest that boots firmware. firmware: its own, in words, "" where it has none that numbers buses.
    io_windows: I/O port windows that firmware can give, 0 = not known. needs_function_zero: a guest looks for other
    functions of a slot only where there is function 0. multifunction: slots may have several functions.
    disk_bus: where an IDE disk goes on a machine that has no IDE, or no more of it; "" where nothing is as good.
    unique_bridge_chassis: QEMU refuses a repeated chassisNr. acpi_index: it wants ACPI indexes that differ.
    platform: which of models/platforms it is, or "". board: what it makes of QEMU options that are no -device.
    """

    __slots__ = (
        "acpi_index",
        "arches",
        "balloon",
        "board",
        "builtin_ide",
        "default_for",
        "default_usb",
        "disk_bus",
        "extra_root_port",
        "extra_slot",
        "family",
        "firmware",
        "fixed",
        "gap",
        "grows_conventional",
        "grows_express",
        "guest_buses",
        "hand_written_root",
        "implicit_controllers",
        "input_bus",
        "io_windows",
        "isolation",
        "legacy_entry",
        "multifunction",
        "names",
        "needs_function_zero",
        "net_model",
        "numa_roots",
        "panic_model",
        "platform",
        "preferred",
        "qemu_root",
        "reserved",
        "root",
        "root_name",
        "roots_flat",
        "roots_multi_domain",
        "scsi_model",
        "serial_type",
        "since",
        "source",
        "spapr_vio",
        "summary",
        "supports_pci",
        "unique_bridge_chassis",
        "usb_always_none",
        "usb_model",
        "video_model",
        "virtio_address",
        "with_firmware",
        "zpci",
        "zpci_for_added",
    )

    def __init__(self, table: Table, known: Known, asked: Asked) -> None:
        self.family = table.word("family", (table.file.stem,))
        self.summary = table.text("summary")
        self.source = table.text("source")
        self.arches, self.names, self.default_for, self.since = read_heading(table, asked.libvirt)
        self.supports_pci = versioned_flag(table, "supports_pci", asked)
        self.virtio_address = table.word("virtio_address", VIRTIO_ADDRESS)
        self.numa_roots = table.flag("numa_roots", False)
        self.isolation = table.flag("isolation", False)
        self.zpci = table.flag("zpci", False)
        fixed_since = table.version("zpci_for_added_since", "0")
        self.usb_always_none = self.zpci and table.version("usb_always_none_since", "0") <= asked.libvirt
        self.zpci_for_added = self.zpci and fixed_since <= asked.libvirt
        self.guest_buses, self.with_firmware = guest_buses(table, asked)
        self.multifunction = table.flag("multifunction", True)
        self.unique_bridge_chassis = table.flag("unique_bridge_chassis", False)
        self.acpi_index = table.flag("acpi_index", False)
        self.platform = table.text("platform", "")
        self.firmware = table.text("firmware", "")
        self.io_windows = table.number("io_windows", 0)
        self.needs_function_zero = table.flag("needs_function_zero", True)
        self._read_roots(table, known)
        self.qemu_root = for_names(table, "qemu_root", asked.name, default=bool(self.root))
        self._read_growth(table, known)
        self._read_implicit(table, asked)
        self._read_places(table, known)
        self.board = read_board(table.table("qemu"))
        table.finish()

    def __repr__(self) -> str:
        return f"<Machine {self.family}>"

    def _read_roots(self, table: Table, known: Known) -> None:
        self.root = table.word("root", known.controllers, "")
        self.root_name = table.text("root_name", "")
        self.hand_written_root = table.word("hand_written_root", known.controllers, "")
        roots = table.table("roots")
        if roots is None:
            raise table.error("", 'the key "roots" is missing', "roots = { flat = 1, multi-domain = 65536 }")
        self.roots_flat = roots.number("flat")
        self.roots_multi_domain = roots.number("multi-domain")
        roots.finish()

    def _read_growth(self, table: Table, known: Known) -> None:
        grows = table.table("grows")
        self.grows_conventional = grows.word("conventional", known.controllers, "") if grows else ""
        self.grows_express = grows.word("express", known.controllers, "") if grows else ""
        if grows:
            grows.finish()
        self.gap = table.word("gap", known.controllers, "")
        if not self.gap and (self.root or self.hand_written_root):
            raise table.error("", 'the key "gap" is missing', "the model of a missing index")
        self.legacy_entry = table.words("legacy_entry", known.controllers)
        self.extra_slot = table.flag("extra_slot", False)
        self.extra_root_port = table.flag("extra_root_port", False)

    def _read_implicit(self, table: Table, asked: Asked) -> None:
        self.default_usb = default_usb(table, asked)
        self.usb_model = versioned(table, "usb_model", asked)
        self.scsi_model = versioned(table, "scsi_model", asked)
        self.net_model = versioned(table, "net_model", asked)
        self.video_model = versioned(table, "video_model", asked)
        self.balloon = versioned(table, "balloon", asked)
        self.panic_model = versioned(table, "panic_model", asked) if "panic_model" in table.raw else ""
        self.serial_type = table.text("serial_type", "")
        self.input_bus = table.word("input_bus", INPUT_BUSES, "usb")
        self.spapr_vio = table.flag("spapr_vio", False)
        self.implicit_controllers = tuple(_implicit(one) for one in table.tables("implicit_controllers"))
        self.builtin_ide = for_names(table, "builtin_ide", asked.name, default=False)
        self.disk_bus = table.word("disk_bus", DISK_BUSES, "")

    def _read_places(self, table: Table, known: Known) -> None:
        self.reserved = tuple(_reserved(one) for one in table.tables("reserved"))
        self.fixed = tuple(_fixed(one, known) for one in table.tables("fixed"))
        self.preferred = tuple(_preferred(one, known) for one in table.tables("preferred"))


def _implicit(table: Table) -> ImplicitController:
    controller = ImplicitController(table.text("type"), table.number("index"))
    table.finish()
    return controller


def _reserved(table: Table) -> Reserved:
    slot, function = table.number("slot", maximum=_LAST_SLOT), table.number("function", maximum=_LAST_FUNCTION)
    reserved = Reserved(slot, function, table.text("what"), table.text("rule"))
    table.finish()
    return reserved


def _fixed(table: Table, known: Known) -> Fixed:
    element, when = table.word("element", known.devices), read_when(table)
    slot, function = table.number("slot", maximum=_LAST_SLOT), table.number("function", maximum=_LAST_FUNCTION)
    fixed = Fixed(element, when, slot, function, table.text("what"), table.flag("always", False), table.text("rule"))
    table.finish()
    return fixed


def _preferred(table: Table, known: Known) -> Preferred:
    preferred = Preferred(
        element=table.word("element", known.devices),
        when=read_when(table),
        slots=table.numbers("slots", _LAST_SLOT),
        first_only=table.flag("first_only", False),
        multifunction=table.flag("multifunction", False),
        rule=table.text("rule"),
    )
    table.finish()
    return preferred

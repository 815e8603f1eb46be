"""A PCI device that an argument makes."""

from __future__ import annotations

from typing import Any, Final

from pcisolve.catalog.qemu import QemuDevices
from pcisolve.core.node import Node
from pcisolve.core.numbers import is_auto_radix, parse_auto_radix
from pcisolve.problem.qemu.arguments import Argument, Unreadable, Values, byte_of, devfn_of, is_on

BOARD: Final = "board"  # made by the machine itself, for -vga, -usb, -nic and the like
KEYS: Final = "keys"  # -device with key=value, before libvirt's own devices

JSON: Final = "json"  # -device with JSON, after them
_NUMBERS: Final = ("chassis", "slot", "port", "chassis_nr", "bus_nr")


class Device:
    """What an argument asks for; compared by identity.

    Attributes:
        argument: where it is written; several devices may come from one.
        driver: QEMU's own name of the device.
        form: BOARD, KEYS or JSON.
        name: its id; "" without.
        bus: the name of the bus it asks for; None where QEMU chooses.
        devfn: slot * 8 + function; None where QEMU chooses.
        multifunction: whether other functions may share its slot.
        slot_number: chassis and slot number of a port; None for other devices.
        numbers: what else says where it is or what is behind it, as far as it is given: chassis, bus_nr and the like.
    """

    __slots__ = ("argument", "bus", "devfn", "driver", "form", "multifunction", "name", "numbers", "slot_number")

    def __init__(self, argument: Argument, driver: str, form: str) -> None:
        self.argument, self.driver, self.form = argument, driver, form
        self.name = ""
        self.bus: str | None = None
        self.devfn: int | None = None
        self.multifunction = False
        self.slot_number: tuple[int, int] | None = None
        self.numbers: dict[str, int] = {}

    @property
    def node(self) -> Node:
        """The <qemu:arg> that holds it."""
        return self.argument.node

    @property
    def text(self) -> str:
        """The argument as it is written."""
        return self.argument.text

    def __repr__(self) -> str:
        return f"<{self.text}>"


def read_device(argument: Argument, values: Values, form: str, known: QemuDevices, *, ccw: bool) -> Device | None:
    """The PCI device of a -device; None for one that is not PCI.

    Raises:
        Unreadable: QEMU refuses the value.
    """
    name = values.get("driver")
    if not isinstance(name, str) or not name:
        raise Unreadable("the name of a device: driver=...")
    driver = known.driver(name, ccw=ccw)
    if not driver:
        return None
    device = Device(argument, driver, form)
    device.name = _text(values.get("id")) or ""
    device.bus = _text(values.get("bus"))
    device.devfn = devfn_of(values["addr"]) if "addr" in values else None
    device.multifunction = is_on(values.get("multifunction"))
    if driver in known.ports:
        chassis = byte_of(values.get("chassis", 0), "chassis", text=form == KEYS)
        device.slot_number = (chassis, _number(values, "slot") or 0)
    numbers = ((key, _number(values, key)) for key in _NUMBERS)
    device.numbers = {key: number for key, number in numbers if number is not None}
    return device


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(values: Values, key: str) -> int | None:
    value = values.get(key)
    if isinstance(value, str) and is_auto_radix(value):
        value = parse_auto_radix(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 16 else None

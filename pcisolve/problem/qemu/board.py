"""What the machine itself makes of options such as -vga, -usb and -nic, before any -device."""

from __future__ import annotations

import re

from pcisolve.catalog.qemu import Board, QemuDevices
from pcisolve.core.address import FUNCTIONS_PER_SLOT
from pcisolve.problem.qemu.arguments import Argument, Unreadable, Values, devfn_of, is_on
from pcisolve.problem.qemu.devices import BOARD, Device

_SLOT = re.compile(r"(?:0[xX])?[0-9a-fA-F]{1,8}")


class BoardOptions:
    """The options taken so far."""

    def __init__(self, known: QemuDevices) -> None:
        self.known = known
        self._usb: Argument | None = None
        self._vga: Argument | None = None
        self._nics: list[tuple[Argument, str, int | None]] = []
        self._sound: list[tuple[Argument, str]] = []

    def take(self, argument: Argument, values: Values) -> None:
        """One option with the keys and values of its value.

        Raises:
            Unreadable: QEMU refuses it.
        """
        option, value = argument.option, argument.value or ""
        if option in ("usb", "usbdevice"):
            self._usb = argument
        elif option in ("machine", "M") and "usb" in values:
            self._usb = argument if is_on(values["usb"]) else None
        elif option == "vga":
            self._vga = argument
        elif option == "nic" or (option == "net" and values.get("type") == "nic"):
            self._nic(argument, values)
        elif option == "audio":
            self._sound.append((argument, str(values.get("model", ""))))
        elif option == "soundhw":
            words = list(self.known.sound) if value == "all" else value.split(",")
            self._sound += [(argument, word) for word in words]

    def _nic(self, argument: Argument, values: Values) -> None:
        if argument.option == "nic" and values.get("type") == "none":
            return
        addr = values.get("addr") if argument.option == "net" else None
        devfn = None
        if addr is not None:
            if not _SLOT.fullmatch(addr):
                raise Unreadable("addr as a slot in hexadecimal")
            devfn = devfn_of(addr)
        self._nics.append((argument, str(values.get("model", "")), devfn))

    def made(self, facts: Board) -> list[Device]:
        """The devices in the order in which this machine makes them, sound cards last."""
        found: list[Device] = []
        for option in facts.makes:
            if option == "vga":
                found += self._of_vga()
            elif option == "nic":
                found += self._of_nics(facts)
            elif self._usb is not None:
                found += self._of_usb(facts, self._usb)
        return found + self._of_sound()

    def _of_vga(self) -> list[Device]:
        driver = self.known.vga.get(self._vga.value or "") if self._vga is not None else None
        return [Device(self._vga, driver, BOARD)] if self._vga is not None and driver else []

    def _of_nics(self, facts: Board) -> list[Device]:
        found = []
        for argument, model, devfn in self._nics:
            word = self.known.nics.get(model, model) if model else facts.nic
            driver = self.known.driver(word, ccw=False)
            if driver:
                device = Device(argument, driver, BOARD)
                device.devfn = devfn
                found.append(device)
        return found

    def _of_usb(self, facts: Board, argument: Argument) -> list[Device]:
        found = []
        for one in facts.usb:
            device = Device(argument, one.driver, BOARD)
            device.devfn = devfn_of(one.addr) if one.addr else None
            device.multifunction = device.devfn is not None and device.devfn % FUNCTIONS_PER_SLOT == 0
            found.append(device)
        return found

    def _of_sound(self) -> list[Device]:
        drivers = [(argument, self.known.sound.get(word)) for argument, word in self._sound]
        return [Device(argument, driver, BOARD) for argument, driver in drivers if driver]

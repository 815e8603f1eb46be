"""Which firmware a guest boots: what is said of SeaBIOS does not hold for UEFI.

Source: libvirt docs/formatdomain.rst (os/loader, os/@firmware); OVMF 2022.11 and SeaBIOS 1.16 started below QEMU 7.2.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pcisolve.catalog.machines import Machine
from pcisolve.core.node import Node

SEABIOS: Final = "SeaBIOS"
UEFI: Final = "UEFI firmware"
_UEFI_FILE = re.compile(r"ovmf|edk2|aavmf|uefi|qemu_efi|efi[-_.]|_code|\.fd$", re.IGNORECASE)
_SEABIOS_FILE = re.compile(r"seabios|(^|/)bios(-[0-9]+k)?(-microvm)?\.bin$|vgabios", re.IGNORECASE)


class Firmware(NamedTuple):
    """The firmware a guest boots.

    `name`: in words for messages; "" where the machine has none of its own or where it cannot be told. `asked`: whether
    the guest names it; without that it is the machine's own.
    """

    name: str
    asked: bool

    @property
    def words(self) -> str:
        """The subject of a sentence."""
        return self.name or "the firmware"


def firmware_of(root: Node, machine: Machine) -> Firmware:
    """The firmware of a guest, by its <os> element.

    A pflash loader is UEFI: nothing else comes in that form. Of a ROM the name of its file tells, as far as it does.
    """
    os_node = root.first("os")
    if os_node is None:
        return Firmware(machine.firmware, False)
    word, loader = os_node.get("firmware"), os_node.first("loader")
    if word == "efi" or (loader is not None and loader.get("type") == "pflash"):
        return Firmware(UEFI, True)
    if word == "bios":
        return Firmware(machine.firmware, True)
    if loader is None:
        return Firmware(machine.firmware, False)
    file = loader.text.strip()
    if _UEFI_FILE.search(file):
        return Firmware(UEFI, True)
    return Firmware(machine.firmware if _SEABIOS_FILE.search(file) else "", True)

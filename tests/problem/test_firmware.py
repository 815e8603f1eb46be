"""Which firmware a guest boots, by its <os>."""

from __future__ import annotations

import pytest

from pcisolve.catalog.catalog import load_catalog
from pcisolve.libvirt.container import read
from pcisolve.problem.firmware import UEFI, Firmware, firmware_of


def firmware(os: str, arch: str = "x86_64", machine: str = "q35", attribute: str = "") -> Firmware:
    data = f"<domain><os{attribute}><type arch='{arch}' machine='{machine}'>hvm</type>{os}</os></domain>"
    return firmware_of(read(data.encode(), "guest.xml").root, load_catalog().machine(arch, machine))


@pytest.mark.parametrize(
    ("os", "name", "asked"),
    [
        ("", "SeaBIOS", False),
        ("<boot dev='hd'/>", "SeaBIOS", False),
        ("<loader type='pflash'>/some/where</loader>", UEFI, True),
        ("<loader type='pflash'/>", UEFI, True),
        ("<loader>/usr/share/OVMF/OVMF_CODE.fd</loader>", UEFI, True),
        ("<loader>/usr/share/edk2/x64/code.bin</loader>", UEFI, True),
        ("<loader type='rom'>/usr/share/qemu/bios.bin</loader>", "SeaBIOS", True),
        ("<loader type='rom'>/opt/own.rom</loader>", "", True),
        ("<loader/>", "", True),
    ],
)
def test_of_x86(os: str, name: str, asked: bool) -> None:
    assert firmware(os) == (name, asked)


@pytest.mark.parametrize(("word", "name"), [("efi", UEFI), ("bios", "SeaBIOS"), ("other", "SeaBIOS")])
def test_chosen_by_libvirt(word: str, name: str) -> None:
    assert firmware("", attribute=f" firmware='{word}'").name == name


@pytest.mark.parametrize(
    ("arch", "machine", "name"),
    [
        ("ppc64", "pseries", "SLOF"),
        ("aarch64", "virt", ""),
        ("s390x", "s390-ccw-virtio", ""),
        ("x86_64", "pc", "SeaBIOS"),
    ],
)
def test_of_the_machine_itself(arch: str, machine: str, name: str) -> None:
    assert firmware("", arch, machine) == (name, False)


def test_without_os() -> None:
    assert firmware_of(read(b"<domain/>", "guest.xml").root, load_catalog().machine(None, None)) == ("SeaBIOS", False)


def test_in_words() -> None:
    assert Firmware("", True).words == "the firmware"
    assert Firmware(UEFI, True).words == "UEFI firmware"

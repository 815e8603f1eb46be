"""Real firmware: random guests come out as its arithmetic says, to the last address."""

from __future__ import annotations

import os
import shutil
from argparse import Namespace

import pytest

from benchmarks import windows

pytestmark = pytest.mark.live


@pytest.mark.parametrize("seed", range(8))
def test_as_seabios(seed: int) -> None:
    if shutil.which(windows.X86) is None:
        pytest.skip("QEMU is not installed")
    accel = "kvm" if os.access("/dev/kvm", os.R_OK | os.W_OK) else "tcg"
    right, wrong, _ = windows.one_seabios(seed, Namespace(machine="", bios="", pads=False, accel=accel))
    assert right
    assert wrong == []


OVMF = "/usr/share/ovmf/OVMF.fd"
UEFI_AND_SLOF = [
    ("slof", "qemu-system-ppc64", ""),
    ("aavmf", "qemu-system-aarch64", "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"),
    *([("ovmf", windows.X86, OVMF)] if os.path.exists(OVMF) else []),
]


@pytest.mark.parametrize("seed", [1, 2])  # 0 takes edk2 more than a minute
@pytest.mark.parametrize(("firmware", "program", "bios"), UEFI_AND_SLOF)
def test_as_slof_and_edk2(firmware: str, program: str, bios: str, seed: int) -> None:
    if shutil.which(program) is None or not os.path.exists(bios or "/"):
        pytest.skip("QEMU or its firmware is not installed")
    asked = Namespace(machine="", bios=bios, ecam="b0000000")
    right, wrong, _ = windows.RUNS[firmware](seed, asked)
    assert right
    assert wrong == []

"""The real SeaBIOS: random guests come out as its arithmetic says, to the last address."""

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
    right, wrong, _ = windows.one_guest(seed, Namespace(machine="", bios="", pads=False, accel=accel))
    assert right
    assert wrong == []

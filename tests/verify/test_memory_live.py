"""The addresses of memory that the real firmware gives, and what is told where they are others."""

from __future__ import annotations

import json

import pytest

from pcisolve.api.guests import load
from pcisolve.problem.problem import Options
from pcisolve.verify import run as trial
from pcisolve.verify.scratch import Scratch
from tests.cli.running import run
from tests.support import QUIET, domain

pytestmark = pytest.mark.live
BRIDGE = "<controller type='pci' index='1' model='pci-bridge'/>"
SHMEM = "<shmem name='x'><model type='ivshmem-plain'/><size unit='G'>16</size></shmem>"


@pytest.mark.parametrize(
    ("machine", "devices", "who"),
    [
        ("q35", QUIET + SHMEM + "<video><model type='vga'/></video>", "SeaBIOS"),
        ("pc", QUIET + BRIDGE + SHMEM, "SeaBIOS"),
        ("pseries", BRIDGE + "<video><model type='vga'/></video>" + SHMEM, "SLOF"),
    ],
)
def test_the_firmware_agrees(machine: str, devices: str, who: str) -> None:
    ended = run("verify", "--format", "json", "--libvirt", "9.0.0", stdin=domain(machine, devices))
    steps = {one["who"]: one for one in json.loads(ended.out)["steps"]}
    if who not in steps:
        pytest.skip("libvirt or QEMU is not installed")
    assert ended.code == 0, ended.text
    assert " BARs the addresses predicted" in steps[who]["message"]


def test_other_addresses_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Predicted is the same guest with more RAM, which ends where the real one has memory of devices."""
    real = trial.layout_of
    devices = QUIET + BRIDGE + SHMEM.replace("16", "4")
    larger = load(domain("pc", devices).replace(b"<memory>65536<", b"<memory unit='GiB'>5<"))
    monkeypatch.setattr(trial, "layout_of", lambda guest, options: real(larger, options))
    monkeypatch.setattr(trial, "_LONGEST_MEMORY", 1.0)
    with Scratch(120) as scratch:
        answer = trial.verify(
            load(domain("pc", devices)), Options(libvirt=(9, 0, 0)), scratch, connect=None, agree=True
        )
    steps = {one.who: one for one in answer.steps}
    if "SeaBIOS" not in steps:
        pytest.skip("libvirt or QEMU is not installed")
    differences = steps["SeaBIOS"].differences
    assert ("PCI controller 1 (pci-bridge)", "BAR 0 at 0x180000000", "0x100000000") in [one[1:] for one in differences]

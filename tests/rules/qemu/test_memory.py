"""Windows, reserves and nodes of memory: what libvirt defines and QEMU then refuses."""

from __future__ import annotations

import pytest

import pcisolve
from pcisolve.api.options import make_options
from tests.support import QUIET, controller, domain


@pytest.mark.parametrize(("value", "expected"), [("1", []), ("4194303", []), ("4194304", ["start-mem-reserve"])])
def test_memory_reserves(value: str, expected: list[str]) -> None:
    data = domain("q35", QUIET + controller(1, "pcie-root-port", inside=f"<target memReserve='{value}'/>"))
    assert [one.code for one in pcisolve.load(data).check(make_options(stage="qemu")).findings] == expected


@pytest.mark.parametrize(("value", "code"), [("0", "target-range"), ("x", "target-number"), ("-1", "target-number")])
def test_what_is_no_reserve(value: str, code: str) -> None:
    data = domain("q35", QUIET + controller(1, "pcie-root-port", inside=f"<target memReserve='{value}'/>"))
    assert [one.code for one in pcisolve.load(data).check().findings] == [code]


@pytest.mark.parametrize(
    ("unit", "size", "sound"),
    [
        ("GiB", 512, True),
        ("TiB", 1, True),
        ("GiB", 600, False),
        ("GiB", 256, False),
        ("GiB", 0, False),
        ("KiB", 512 << 20, True),
        ("GB", 1024, False),
        ("what", 1, True),
    ],
)
def test_the_window_of_arm_virt(unit: str, size: int, sound: bool) -> None:
    hole = (
        f"<controller type='pci' index='0' model='pcie-root'><pcihole64 unit='{unit}'>{size}</pcihole64></controller>"
    )
    found = [one.code for one in pcisolve.load(domain("virt", hole)).check().findings]
    assert found == ([] if sound else ["start-pcihole64"])
    before = pcisolve.load(domain("virt", hole)).check(make_options(libvirt="9.0.0")).findings
    assert [one.code for one in before] == ["pcihole64-machine"]


@pytest.mark.parametrize(
    ("nodes", "cells", "sound"), [("0-1", 2, True), ("7", 2, False), ("0,2", 2, False), ("0", 0, False)]
)
def test_nodes_that_are_not_there(nodes: str, cells: int, sound: bool) -> None:
    device = f"<rng model='virtio'><acpi nodeset='{nodes}'/></rng>"
    verdict = pcisolve.load(domain("q35", QUIET + device, numa_cells=cells)).check()
    assert [(one.code, one.severity) for one in verdict.findings] == ([] if sound else [("acpi-nodeset", "warning")])
    assert verdict.status == "solved"

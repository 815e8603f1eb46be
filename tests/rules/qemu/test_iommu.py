"""IOMMUs and memory reserves: what libvirt defines and QEMU then refuses."""

from __future__ import annotations

import pytest

import pcisolve
from pcisolve.api.options import make_options
from tests.support import QUIET, controller, domain

EXPANDER = controller(1, "pcie-expander-bus", inside="<target busNr='200'/>")
PORT = controller(2, "pcie-root-port")


def smmu(bus: str = "") -> str:
    return f"<iommu model='smmuv3'>{f'<driver pciBus={bus!r}/>' if bus else ''}</iommu>"


def codes(devices: str, stage: str = "guest", libvirt: str = "newest") -> list[str]:
    data = domain("virt", QUIET.replace("<memballoon model='none'/>", "") + EXPANDER + PORT + devices)
    return [one.code for one in pcisolve.load(data).check(make_options(stage=stage, libvirt=libvirt)).findings]


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        (smmu(), []),
        (smmu("0"), []),
        (smmu("0") + smmu("1"), []),
        (smmu("2"), ["start-smmu-bus"]),
        (smmu("300"), ["start-smmu-bus"]),
        (smmu("-1"), ["start-smmu-bus"]),
        (smmu("0") + smmu("0"), ["start-smmu-once"]),
        (smmu("0") + smmu(), ["smmu-dropped"]),
        (smmu() + smmu("0"), ["start-smmu-mixed"]),
    ],
)
def test_buses_of_smmus(devices: str, expected: list[str]) -> None:
    assert codes(devices) == expected


def test_libvirt_itself_defines_any_bus() -> None:
    assert codes(smmu("300") + smmu("300"), "libvirt") == []


def test_older_libvirt_does_not_read_it() -> None:
    assert codes(smmu("300"), libvirt="11.9") == []

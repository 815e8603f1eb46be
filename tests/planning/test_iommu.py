"""SMMUs of single roots: each is for the bus of its root, by the controller's index."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

import pcisolve
from pcisolve.api.options import make_options

PLAN = """machine: {{arch: {arch}, type: {type}}}
{roots}:
  - {{name: cell, count: 2, numa: [0, 1], iommu: smmuv3}}
devices:
  - {{name: gpu, kind: hostdev-pcie, count: 4}}
"""


def plan(arch: str = "aarch64", type_: str = "virt", roots: str = "roots") -> bytes:
    return PLAN.format(arch=arch, type=type_, roots=roots).encode()


def test_each_root_has_one() -> None:
    result = pcisolve.load(plan()).solve()
    assert result.verdict.status == "solved"
    assert result.xml is not None
    devices = ElementTree.fromstring(result.xml).find("devices")
    assert devices is not None
    expanders = [one.get("index") for one in devices.iter("controller") if one.get("model") == "pcie-expander-bus"]
    named = [one.get("pciBus") for iommu in devices.iter("iommu") for one in iommu.iter("driver")]
    assert named == expanders
    assert len(named) == 2
    assert pcisolve.load(result.xml).check().findings == ()


def test_domains_have_them_too() -> None:
    data = plan(roots="domains").replace(b"numa: [0, 1], ", b"").replace(b"machine", b"scheme: multi-domain\nmachine")
    result = pcisolve.load(b"platform: any\n" + data).solve()
    assert result.xml is not None
    assert result.xml.count(b"pciBus=") == 2


@pytest.mark.parametrize(
    ("data", "libvirt", "said"),
    [
        (plan("x86_64", "q35"), "newest", "an smmuv3 for a root of its own exists on arm-virt, not on q35"),
        (plan(), "11.9", "an smmuv3 for a root of its own needs libvirt 11.10.0"),
    ],
)
def test_where_there_are_none(data: bytes, libvirt: str, said: str) -> None:
    verdict = pcisolve.load(data).solve(make_options(libvirt=libvirt)).verdict
    assert [(one.code, one.message) for one in verdict.findings] == [("plan-iommu", said)]

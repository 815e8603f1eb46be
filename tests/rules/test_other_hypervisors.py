"""Guests of other hypervisors: named, judged by what all of libvirt's drivers share, and never given places."""

from __future__ import annotations

from pathlib import Path

import pytest

import pcisolve
from tests.rules.reported import AT_9, RNG, check, errors, guest


@pytest.mark.parametrize(
    ("kind", "name"),
    [("ch", "cloud-hypervisor"), ("xen", "Xen"), ("bhyve", "bhyve"), ("lxc", "LXC"), ("vbox", "Virtual")],
)
def test_another_hypervisor_is_named_and_only_common_laws_count(kind: str, name: str) -> None:
    disk = "<disk type='file'><target dev='vda' bus='virtio'/><address type='pci' slot='1' function='1'/></disk>"
    verdict = check(guest(disk, "no-such-machine", "x86_64", kind=kind))
    assert verdict.exit_code == 0
    assert [(one.code, one.severity) for one in verdict.findings] == [("other-hypervisor", "note")]
    assert name in verdict.findings[0].message
    assert verdict.findings[0].repairs == ()


@pytest.mark.parametrize(
    ("devices", "code"),
    [
        (RNG.format(AT_9) * 2, "addr-duplicate"),
        (RNG.format("<address type='pci' slot='32'/>"), "addr-slot-5bit"),
        (RNG.format("<address type='pci' slot='1f'/>"), "addr-parse-radix"),
        ("<controller type='pci' index='1' model='pci-bridge'/>" * 2, "index-unique"),
        ("<controller type='scsi' index='1'/>" * 2, "controller-duplicate"),
    ],
)
def test_what_every_hypervisor_refuses(devices: str, code: str) -> None:
    assert errors(guest(devices, kind="xen")) == [code]


@pytest.mark.parametrize("ask", ["solve", "convert"])
def test_places_of_another_hypervisor_are_not_made_up(ask: str) -> None:
    held = pcisolve.load(guest(RNG.format(""), kind="ch"))
    with pytest.raises(
        pcisolve.InputError, match="cloud-hypervisor, which gives its devices places by rules of its own"
    ):
        held.solve() if ask == "solve" else held.convert("multi-domain")


def test_a_repair_does_not_make_it_a_guest_of_qemu(tmp_path: Path) -> None:
    data = guest(RNG.format(AT_9) * 2, kind="bhyve")
    mended = pcisolve.load(data).repair()
    assert b"<domain type='bhyve'>" in mended.data
    assert errors(mended.data) == []

"""What moves from one libvirt to another, and what keeps it in place."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest

import pcisolve
from pcisolve.api.options import make_options
from pcisolve.core.errors import InputError
from pcisolve.libvirt.container import read
from pcisolve.ops import moves as moves_module
from tests.cli.running import run

OLD, NEW = make_options(libvirt="9.0.0"), make_options(libvirt="12.8.0")
BRIDGE = "<controller type='pci' index='3' model='pci-bridge'/>"
SCSI = "<controller type='scsi' index='0' model='virtio-scsi'/><controller type='scsi' index='1'/>"
NIC = "<interface type='user'><model type='virtio'/></interface>"


def guest(arch: str, machine: str, devices: str) -> bytes:
    return (
        "<domain type='qemu'><name>t</name><memory>1048576</memory><os>"
        f"<type arch='{arch}' machine='{machine}'>hvm</type></os><devices>{devices}</devices></domain>"
    ).encode()


GUESTS = {
    "bridges": (guest("x86_64", "pc", BRIDGE + NIC), "11.3.0", "its type with a higher index"),
    "scsi": (guest("x86_64", "q35", SCSI + NIC), "12.0.0", "takes that of the one with the lowest index"),
    "balloon": (guest("riscv64", "virt", NIC), "11.9.0", "the memory balloon that libvirt adds: virtio becomes none"),
    "panic": (guest("aarch64", "virt", "<panic/>" + NIC), "11.3.0", "the model of a panic device without one"),
}


def places(data: bytes, version: str) -> list[tuple[str, str | None]]:
    verdict = pcisolve.load(data).check(make_options(libvirt=version, stage="libvirt"))
    found = [(f"pci {one.index} {one.model}", one.address) for one in verdict.controllers]
    return sorted(found + [(one.name, one.address) for one in verdict.devices], key=str)


@pytest.mark.parametrize("name", GUESTS)
def test_a_guest_moves_for_a_reason_that_is_told(name: str) -> None:
    data, since, why = GUESTS[name]
    found = pcisolve.moves(data, OLD, NEW)
    assert not found.difference.is_empty
    assert [one.to_text().split(":")[0] for one in found.causes] == [since]
    assert why in found.causes[0].what


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("name", ["bridges", "scsi", "balloon"])
def test_a_pinned_guest_stays_where_it_was(name: str, back: bool) -> None:
    data = GUESTS[name][0]
    first, second = (NEW, OLD) if back else (OLD, NEW)
    pinned = pcisolve.pin(data, first, second)
    versions = ("12.8.0", "9.0.0") if back else ("9.0.0", "12.8.0")
    assert pinned.pins
    assert places(pinned.data, versions[0]) == places(pinned.data, versions[1])
    assert [one for one in places(pinned.data, versions[0]) if one[1]] == [
        one for one in places(data, versions[0]) if one[1]
    ]


def test_fewer_pins_than_those_never_do() -> None:
    data = GUESTS["scsi"][0]
    pinned = pcisolve.pin(data, OLD, NEW)
    assert len(pinned.pins) > 1 and pinned.fewest
    both = moves_module._Both(read(data, "guest.xml"), "guest.xml", (OLD, NEW), None)
    all_, before = moves_module._pins(*both.layouts), moves_module._laid(both.document, OLD, None)
    for number in range(len(pinned.pins)):
        for some in combinations(all_, number):
            written = both.written(0, some)
            now = moves_module._laid(read(written, "guest.xml"), OLD, None)
            stays = moves_module.compared(before, now, lines=False).is_empty
            assert not stays or not pcisolve.moves(written, OLD, NEW).difference.is_empty


def test_what_is_not_decided_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(moves_module, "_QUESTIONS", 0)
    data = GUESTS["scsi"][0]
    pinned = pcisolve.pin(data, OLD, NEW)
    assert len(pinned.pins) > 1 and not pinned.fewest
    (tmp_path / "a.xml").write_bytes(data)
    ended = run("diff", "--libvirt", "9.0.0", "--libvirt", "12.8", "--pin", str(tmp_path / "a.xml"))
    assert ended.error.endswith(" (none of them can be left out; whether fewer would do was not decided)\n")


def test_nothing_moves_and_nothing_is_pinned() -> None:
    data = guest("x86_64", "q35", NIC)
    assert pcisolve.moves(data, OLD, NEW).difference.is_empty
    assert pcisolve.moves(data, OLD, NEW).causes == ()
    assert pcisolve.pin(data, OLD, NEW) == (data, (), True)


def test_a_guest_that_one_version_refuses() -> None:
    data = guest("armv7l", "versatilepb", "<rng model='virtio'/>")
    with pytest.raises(InputError, match=r"libvirt 9.0.0 has no layout to compare"):
        pcisolve.moves(data, OLD, NEW)


def test_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.xml").write_bytes(GUESTS["bridges"][0])
    Path("b.xml").write_bytes(guest("x86_64", "q35", NIC))
    Path("c.xml").write_bytes(b"<domain")
    both = ("diff", "--libvirt", "9.0.0", "--libvirt", "12.8")
    ended = run(*both, "a.xml", "b.xml")
    assert ended.code == 1
    assert "since libvirt 11.3.0: A controller that libvirt adds" in ended.out.decode()
    assert run(*both, "b.xml").code == 0
    assert run(*both, "c.xml", "a.xml").code == 2
    rows = json.loads(run(*both, "--format", "json", "a.xml").out)
    assert [one["since"] for one in rows[0]["causes"]] == ["11.3.0"]
    pinned = run(*both, "--pin", "a.xml")
    assert pinned.error == "pinned: PCI controller 3 (pci-bridge)\n"
    Path("d.xml").write_bytes(pinned.out)
    assert run(*both, "d.xml").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--libvirt", "9.0.0", "--pin", "a.xml", "b.xml"), "--pin goes with two versions of --libvirt"),
        (("--libvirt", "9", "--libvirt", "10", "--libvirt", "11", "a.xml"), "--libvirt is given at most twice"),
        (("a.xml",), "two layouts are compared"),
        (("--libvirt", "9", "--libvirt", "12", "--pin", "a.xml", "b.xml"), "--pin takes one guest"),
        (("--libvirt", "x", "--libvirt", "12", "a.xml"), '"x" is not a libvirt version such as 9.0.0'),
    ],
)
def test_wrong_usage(words: tuple[str, ...], said: str) -> None:
    ended = run("diff", *words)
    assert ended.code == 2
    assert said in ended.error

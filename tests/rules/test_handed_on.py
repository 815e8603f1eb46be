"""What is found about arguments for QEMU, what is not, and what `solve` and `--fix` make of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pcisolve
from pcisolve.problem.problem import Options
from pcisolve.render.tree import tree
from tests.cli.running import run
from tests.support import QUIET, address, balloon, controller, domain, rng, with_qemu

VIDEO = "<video><model type='virtio'/></video>"


def found(data: bytes, stage: str = "qemu") -> list[str]:
    return [one.code for one in pcisolve.load(data).check(Options(stage=stage), layout=False).findings]


@pytest.mark.parametrize(
    ("machine", "devices", "words"),
    [
        ("q35", rng() + VIDEO, ("-device", '{"driver":"ivshmem-plain","memdev":"lg"}')),
        ("q35", rng(), ("-device", "ioh3420,addr=1c.0,multifunction=on,chassis=99,id=r", "-device", "e1000e,bus=r")),
        ("q35", rng(), ("-device", "e1000e,addr=1f.5")),
        ("q35", balloon("0:0:5.1") + rng("0:0:5.0"), ("-device", "e1000e,addr=5.2")),
        ("q35", rng(), ("-device", "usb-tablet,bus=usb.0", "-device", "isa-serial")),
        ("q35", rng(), ("-vga", "none", "-nic", "none", "-global", "ICH9-LPC.disable_s3=1", "-cpu", "host")),
        ("pc", rng(), ("-machine", "type=pc-i440fx-6.0,accel=kvm")),
        ("pc", "<controller type='usb' model='none'/>", ("-machine", "type=pc-q35-6.0")),
        ("q35", rng(), ("-device", "vfio-pci,host=01:00.0,addr=0x10,x-vga=on")),
        ("q35", rng(), ("-object", "memory-backend-ram,id=m,size=1M", "-drive", "file=/x.qcow2,if=none,id=d")),
        ("virt", rng(), ("-device", "virtio-net-pci,addr=0x9")),
        ("q35", rng("0:0:5.0"), ("override", "rng0", "addr=0x6", "max-bytes=5")),
        ("q35", rng("0:0:5.0"), ("override", "nobody", "addr=0x5")),
    ],
)
def test_what_collides_with_nothing_is_not_flagged(machine: str, devices: str, words: tuple[str, ...]) -> None:
    assert found(with_qemu(domain(machine, devices + "<memballoon model='none'/>"), *words), "guest") == []


@pytest.mark.parametrize(
    ("machine", "devices", "words", "code"),
    [
        ("pc", rng() + QUIET, ("-vga", "cirrus"), "qemu-arg-slot"),
        ("pc", rng() + QUIET, ("-net", "nic"), "qemu-arg-slot"),
        ("pc", rng(), ("-usb",), "qemu-arg-slot"),
        ("q35", rng(), ("-drive", "if=virtio,driver=null-co"), "qemu-arg-slot"),
        ("q35", rng(), ("-audio", "none,model=hda"), "qemu-arg-slot"),
        ("q35", rng("0:0:5.1"), ("-device", "e1000e,addr=0x5"), "qemu-arg-slot"),
        ("q35", rng("0:0:5.0"), ("-device", '{"driver":"e1000e","addr":"5"}'), "qemu-arg-slot"),
        ("q35", "", ("-device", "e1000e,addr=8", "-device", "VGA,addr=8"), "qemu-arg-slot"),
        ("q35", "", ("-device", "e1000e,addr=8", "-device", "VGA,addr=8.1"), "qemu-arg-slot"),
        ("pc", "", ("-device", "e1000,addr=1.1"), "qemu-arg-chipset"),
        ("q35", "", ("-device", "e1000e,addr=0.1"), "qemu-arg-chipset"),
        ("virt", rng(), ("-device", "virtio-net-pci,addr=0"), "qemu-arg-chipset"),
        ("q35", "", ("-device", "e1000e,bus=pci.0"), "qemu-arg-bus"),
        ("q35", "", ("-device", "VGA,bus=r", "-device", "pcie-root-port,id=r,chassis=9"), "qemu-arg-bus"),
        ("q35", rng("0:0:5.0"), ("override", "rng0", "bus=nowhere"), "qemu-arg-bus"),
        ("q35", "", ("-device", "ioh3420,chassis=7,addr=8", "-device", "ioh3420,chassis=7,addr=9"), "qemu-arg-chassis"),
        ("q35", "", ("-device", "e1000e,id=a,addr=8", "-device", "VGA,id=a,addr=9"), "qemu-arg-id"),
        ("q35", "", ("-device", "pxb-pcie,id=p,bus_nr=90,addr=8", "-device", "VGA"), "qemu-arg-expander"),
        ("q35", controller(1, "pcie-expander-bus") + rng(), ("override", "rng0", "bus=pci.1"), "qemu-arg-expander"),
        ("pc", "<memballoon model='none'/>", ("-M", "q35"), "qemu-arg-machine"),  # the USB controller
        ("q35", "", ("-device e1000e",), "qemu-arg-value"),
        ("q35", "", ("e1000e",), "qemu-arg-value"),
        ("q35", "", ("-device", "pcie-root-port,chassis=300"), "qemu-arg-value"),
        ("q35", rng("0:0:5.0") + balloon("0:0:6.0"), ("override", "balloon0", "addr=0x5"), "qemu-override-place"),
    ],
)
def test_what_qemu_refuses(machine: str, devices: str, words: tuple[str, ...], code: str) -> None:
    data = with_qemu(domain(machine, devices), *words)
    assert code in found(data)
    assert found(data, "libvirt") == []


def test_an_override_onto_an_argument() -> None:
    data = with_qemu(domain("q35", rng("0:0:5.0")), "-device", "e1000e,addr=9").decode()
    line = data[data.index("<qemu:commandline>") : data.index("</qemu:commandline>")] + "</qemu:commandline>"
    moved = with_qemu(domain("q35", rng("0:0:5.0")), "override", "rng0", "addr=0x9").decode()
    both = moved.replace("<qemu:override>", line + "<qemu:override>").encode()
    (finding,) = pcisolve.load(both).check(Options(stage="qemu")).findings
    assert finding.code == "qemu-override-place"
    assert "moves rng to slot 0x09 function 0 of pcie.0, but `-device e1000e,addr=9` has that place" in finding.message


@pytest.mark.parametrize(
    "inside",
    [
        "<qemu:commandline><qemu:arg/></qemu:commandline>",
        "<qemu:override><qemu:device/></qemu:override>",
        *(
            f"<qemu:override><qemu:device alias='a'><qemu:frontend><qemu:property {one}/></qemu:frontend></qemu:device>"
            "</qemu:override>"
            for one in (
                "type='string' value='1'",
                "name='addr' value='1'",
                "name='addr' type='string'",
                "name='addr' type='number' value='1'",
                "name='addr' type='unsigned' value='0x1'",
                "name='addr' type='unsigned' value='-1'",
                "name='addr' type='bool' value='on'",
            )
        ),
    ],
)
def test_what_libvirt_refuses(inside: str) -> None:
    data = with_qemu(domain("q35", rng()), "-S").decode()
    data = re.sub("<qemu:commandline>.*</qemu:commandline>", inside, data)
    assert found(data.encode(), "libvirt") == ["qemu-namespace"]


def test_messages_name_the_argument_as_it_is_written() -> None:
    data = with_qemu(
        domain("q35", rng("0:0:5.0")), "-device", "e1000e,addr=0x5,mac=52:54:00:00:00:01,serial=" + "x" * 99
    )
    (finding,) = pcisolve.load(data).check(Options(stage="qemu")).findings
    assert "`-device e1000e,addr=0x5,mac=52:54:00:00:00:01,serial=xxxx...`" in finding.message
    assert "rng" in finding.message and "0000:00:05.0" in finding.message
    assert {fact.line for fact in finding.facts} == {6}


@pytest.mark.parametrize(
    ("machine", "devices", "words"),
    [
        ("pc", rng() + QUIET, ("-device", "cirrus-vga")),
        ("pc", rng() + VIDEO + QUIET, ("-net", "nic", "-net", "nic")),
        ("q35", rng() * 9, ("-device", "e1000e,bus=pcie.0,addr=0x1", "-device", "VGA,addr=0x2")),
        ("q35", rng() + VIDEO, ("-vga", "std")),
        ("q35", controller(1, "pcie-root-port") + rng(), ("-device", "ioh3420,addr=0x9,chassis=1")),
        ("q35", rng() * 3, ("-device", '{"driver":"VGA","addr":"1.1","multifunction":true}')),
    ],
)
def test_solve_keeps_the_places_of_arguments_free(machine: str, devices: str, words: tuple[str, ...]) -> None:
    data = with_qemu(domain(machine, devices), *words)
    assert found(data) != []
    result = pcisolve.load(data).solve()
    assert result.verdict.status == "solved" and result.xml is not None
    assert result.verdict.notes and all(one.code.startswith(("qemu-arg", "chassis")) for one in result.verdict.notes)
    assert found(result.xml, "guest") == []
    again = pcisolve.load(result.xml).solve()
    assert again.xml == result.xml and not again.verdict.notes


def test_at_stage_libvirt_solve_does_what_libvirt_does() -> None:
    plain, handed = domain("q35", rng() * 9), with_qemu(domain("q35", rng() * 9), "-device", "e1000e,addr=1")
    options = Options(stage="libvirt")
    places = [
        [one.address for one in pcisolve.load(data).solve(options).verdict.controllers] for data in (plain, handed)
    ]
    assert places[0] == places[1]


def test_ports_that_share_a_slot_move_together() -> None:
    result = pcisolve.load(with_qemu(domain("q35", rng() * 3), "-device", "e1000e,addr=0x1")).solve()
    ports = [one.address for one in result.verdict.controllers if one.address]
    assert ports == [f"0000:00:02.{number}" for number in range(len(ports))]


def test_show_lists_what_arguments_make() -> None:
    words = ("-device", "ioh3420,addr=1c.0,chassis=99,id=r", "-device", "e1000e,bus=r", "-device", "usb-tablet")
    verdict = pcisolve.load(with_qemu(domain("q35", rng() + QUIET), *words)).check()
    lines = tree(verdict).splitlines()
    at = next(number for number, line in enumerate(lines) if "ioh3420" in line)
    assert "0000:00:1c.0 ioh3420, line 6 (qemu:commandline: -device ioh3420" in lines[at]
    assert lines[at + 1].lstrip(" |`-").startswith("r slot 00.0 e1000e, line 6")
    made = verdict.to_json()["arguments"]
    assert [(one["driver"], one["bus"], one["address"]) for one in made] == [
        ("ioh3420", "pcie.0", "0000:00:1c.0"),
        ("e1000e", "r", None),
    ]
    assert "arguments" not in pcisolve.load(domain("q35")).check().to_json()


def test_one_id_for_many_does_not_hang_the_tree() -> None:
    words = ("-device", "pci-bridge,chassis_nr=1,id=x,addr=8") + ("-device", "pci-bridge,chassis_nr=1,id=x,bus=x") * 9
    assert "pci-bridge" in tree(pcisolve.load(with_qemu(domain("q35"), *words)).check(Options(stage="libvirt")))


FIXES = [
    ("pc", rng() + QUIET, ("-device", "cirrus-vga"), "slot='0x03'"),
    ("q35", rng(), ("-vga", "std"), "model='pcie-root-port'"),
    ("q35", rng() + VIDEO, ("-net", "nic"), "<model type='virtio'/><address type='pci'"),
    ("q35", rng("0:0:5.0"), ("-device", "e1000e,addr=0x5,id=a"), "e1000e,addr=0x"),
    ("q35", "", ("-device", "e1000e,addr=0x0"), "e1000e,addr=0x"),
    ("q35", "", ("-device", "e1000e,addr=24"), "e1000e,addr=0x18"),
    ("q35", rng(), ("-device", "virtio-net-pci,netdev=n,bus=pci.1,addr=0x0"), '{"driver": "virtio-net-pci"'),
    ("q35", "", ("-device", "e1000e,addr=9,bus=pci.0"), "bus=pcie.0"),
    ("q35", "", ("-device", "ioh3420,addr=8,id=p1,chassis=7", "-device", "ioh3420,addr=9,chassis=7"), "chassis=255"),
    ("q35", rng(), ("-device", "e1000e,addr=8,id=rng0"), "id=rng0-2"),
    ("q35", controller(1, "pcie-expander-bus"), ("-device", '{"driver":"e1000e"}'), '"bus": "pcie.0"'),
    ("q35", "", ("<qemu:arg/>", "-S"), "-S"),
]


@pytest.mark.parametrize(("machine", "devices", "words", "expected"), FIXES)
def test_fix_changes_the_one_side_or_the_other(
    machine: str, devices: str, words: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    data = with_qemu(domain(machine, devices), *words)
    path = tmp_path / "guest.xml"
    path.write_bytes(data)
    assert found(data) != []
    ended = run("check", "--fix", str(path))
    assert ended.code == 0, ended.text
    text = path.read_text().replace("&quot;", '"')
    assert expected in text
    options = sum(one.startswith("-") for one in words)
    assert len(re.findall(r"<qemu:arg value=.-", text)) == options
    assert found(path.read_bytes(), "guest") == []


def test_an_argument_is_not_taken_away_unasked(tmp_path: Path) -> None:
    path = tmp_path / "guest.xml"
    path.write_bytes(with_qemu(domain("pc", rng()), "-machine", "type=pc-q35-7.2"))
    before = path.read_bytes()
    ended = run("check", "--fix", str(path))
    assert ended.code == 1 and path.read_bytes() == before
    assert "change the machine" in run("check", str(path)).text


def test_addresses_are_written_in_the_input_as_they_were() -> None:
    data = with_qemu(domain("q35", rng("0:0:5.0") + QUIET), "-device", "e1000e,addr=8")
    result = pcisolve.load(data).solve()
    assert result.xml is not None and address("0:0:5.0").encode() in result.xml
    tail = data[data.index(b"<qemu:commandline>") :]
    assert result.xml.endswith(tail)

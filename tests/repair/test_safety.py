"""A repair never costs what the user has: what is safe, what moves, what is lost, and what comes first."""

from __future__ import annotations

import re

import pytest

import pcisolve
from pcisolve.api.options import make_options
from pcisolve.verdict.values import Finding, Repair
from tests.support import QUIET, address, balloon, controller, domain, rng

PORT, EXPANDER = "pcie-root-port", "pcie-expander-bus"


def finding(data: bytes, code: str, **words: str) -> Finding:
    """The only finding with this code."""
    (found,) = [one for one in pcisolve.load(data).explain(make_options(**words)) if one.code == code]
    return found


def first(data: bytes, code: str, **words: str) -> Repair:
    """Its first repair."""
    return finding(data, code, **words).repairs[0]


def card(function: int, at: str = "", bus: int = 0x41) -> str:
    """A function of a card of the host."""
    source = f"<source><address domain='0' bus='{bus:#x}' slot='0' function='{function}'/></source>"
    return f"<hostdev mode='subsystem' type='pci'>{source}{address(at) if at else ''}</hostdev>"


def disk(name: str, bus: str, inside: str = "") -> str:
    return f"<disk type='file'><target dev='{name}' bus='{bus}'/>{inside}</disk>"


def addresses(data: bytes) -> dict[str, str]:
    """Where everything is afterwards, by name."""
    return {one.name: one.address for one in pcisolve.load(data).check().devices}


def test_a_device_moves_before_a_card_of_the_host() -> None:
    for devices in (rng("0:1:0.0") + card(0, "0:1:0.0"), card(0, "0:1:0.0") + rng("0:1:0.0")):
        repair = first(domain("q35", QUIET + devices), "addr-duplicate")
        assert repair.safety == "safe"
        assert [one.name for one in repair.moves] == ["rng"]


def test_a_port_moves_before_a_card_of_the_host_and_with_all_in_its_slot() -> None:
    ports = "".join(controller(1 + n, PORT, f"0:0:2.{n}") for n in range(8))
    data = domain("q35", QUIET + ports + rng("0:3:0.0") + card(0, "0:0:2.0", bus=0))
    mended = pcisolve.load(data).repair()
    assert (mended.left, mended.repaired["safe"]) == (0, 1)
    places = {one.index: one.address for one in pcisolve.load(mended.data).check().controllers}
    assert len({places[index].partition(".")[0] for index in range(1, 9) if places[index]}) == 1
    assert addresses(mended.data)["hostdev 0000:00:00.0"] == "0000:00:02.0"
    assert [move.name for move in mended.moves if "rng" in move.name] == []


def test_the_functions_of_a_card_move_together() -> None:
    functions = card(0, "0:20:d.0") + card(1, "0:20:d.1")
    repair = first(domain("q35", QUIET + functions), "addr-slot-max")
    assert [one.after for one in repair.changes] == ["0000:20:00.0", "0000:20:00.1"]


def test_a_card_on_an_expander_gets_a_port_there() -> None:
    node = "<target busNr='180'/>"
    data = domain("q35", QUIET + controller(1, EXPANDER, inside=node) + card(0, "0:1:0.0") + card(1, "0:1:0.1"))
    mended = pcisolve.load(data).repair()
    assert mended.left == 0
    assert mended.removes == ()
    port = next(one for one in pcisolve.load(mended.data).check().controllers if one.parent == 1)
    places = addresses(mended.data)
    assert [places[f"hostdev 0000:41:00.{n}"] for n in (0, 1)] == [f"0000:{port.bus:02x}:00.{n}" for n in (0, 1)]


def test_leaving_an_expander_is_a_move() -> None:
    data = domain("q35", QUIET + controller(1, EXPANDER, inside="<target busNr='180'/>") + rng("0:1:0.0"))
    repairs = finding(data, "addr-kind-match").repairs
    assert [one.safety for one in repairs] == sorted((one.safety for one in repairs), key=["safe", "moves"].index)
    freed = next(one for one in repairs if "remove the address of rng" in one.effect)
    assert freed.safety == "moves"


@pytest.mark.parametrize(("machine", "bus"), [("q35", "sata"), ("virt", "scsi"), ("pseries", "scsi"), ("s390", "scsi")])
def test_an_ide_disk_gets_the_bus_that_the_machine_has(machine: str, bus: str) -> None:
    mended = pcisolve.load(domain(machine, QUIET + disk("hda", "ide"))).repair()
    assert (mended.left, mended.removes) == (0, ())
    assert f"bus='{bus}'".encode() in mended.data


def test_ide_disks_find_free_units_and_names() -> None:
    drive = "<address type='drive' controller='0' bus='0' target='0' unit='{}'/>"
    disks = disk("sda", "sata") + disk("hda", "ide", drive.format(0)) + disk("hdb", "ide", drive.format(1))
    mended = pcisolve.load(domain("q35", QUIET + disks)).repair()
    assert (mended.left, mended.removes) == (0, ())
    names = re.findall(rb"<target dev='(\w+)' bus='sata'/>", mended.data)
    assert len(set(names)) == 3
    assert mended.data.count(b"type='drive'") == 0


def test_an_ide_controller_becomes_one_that_the_machine_has() -> None:
    data = domain("q35", QUIET + "<controller type='ide' index='0'/>" + disk("hda", "ide"))
    mended = pcisolve.load(data).repair()
    assert (mended.left, mended.removes) == (0, ())
    assert b"'ide'" not in mended.data
    assert mended.data.count(b"<controller type='sata'") == 1


def test_two_disks_on_one_unit_are_both_kept() -> None:
    mended = pcisolve.load(domain("q35", QUIET + disk("sda", "sata") + disk("hda", "sata"))).repair()
    assert (mended.left, mended.removes) == (0, ())
    assert b"dev='sda'" in mended.data and b"dev='sdb'" in mended.data
    drive = "<address type='drive' controller='0' bus='0' target='0' unit='3'/>"
    mended = pcisolve.load(domain("q35", QUIET + disk("sda", "sata", drive) + disk("sdb", "sata", drive))).repair()
    assert (mended.left, mended.removes) == (0, ())
    assert mended.data.count(b"unit='3'") == 1


def test_a_guest_for_another_machine_is_kept_whole() -> None:
    devices = (
        controller(0, "pcie-root")
        + controller(1, PORT, "0:0:2.0", "<model name='pcie-root-port'/><target chassis='1' port='0x10'/>")
        + controller(2, PORT, "0:0:2.1")
        + rng("0:1:0.0")
        + f"<interface type='user'><model type='virtio'/>{address('0:2:0.0')}</interface>"
        + "<controller type='usb' model='none'/><memballoon model='none'/>"
    )
    data = domain("pc", devices)
    mended = pcisolve.load(data).repair()
    assert (mended.left, mended.removes) == (0, ())
    assert mended.data.count(b"model='pci-bridge'") == 2
    assert b"pcie" not in mended.data
    assert set(addresses(mended.data)) == {"rng", "interface virtio"}


def test_a_change_of_machine_is_not_undone_unasked() -> None:
    data = domain("pc", controller(0, "pcie-root") + balloon()).replace(b"'pc'", b"'pc-i440fx-7.2'")
    safeties = [(one.safety, one.effect) for one in finding(data, "root-model-mismatch").repairs]
    assert safeties[0][0] == "safe"
    assert "machine" not in safeties[0][1]


def test_the_machine_that_is_missing_is_named_as_the_cause() -> None:
    data = domain("pc", controller(0, "pcie-root") + balloon()).replace(b" machine='pc'", b"")
    found = finding(data, "root-model-mismatch")
    assert any("names no machine" in note for note in found.notes)


def test_a_misspelt_machine_is_mended_and_not_dropped() -> None:
    data = domain("q35", balloon()).replace(b"'q35'", b"'pc-q35'")
    found = finding(data, "known-machine")
    assert [(one.safety, one.effect) for one in found.repairs] == [("safe", "change the machine from pc-q35 to q35")]


def test_an_unreadable_attribute_costs_no_device() -> None:
    for wrong in ("slot='1f'", "slot='0x3' function='0xfoo'", "slot='three'", "bus='x' slot='3'"):
        data = domain("q35", QUIET + f"<rng model='virtio'><address type='pci' {wrong}/></rng>")
        mended = pcisolve.load(data).repair()
        assert (mended.left, mended.removes) == (0, ()), wrong
        assert b"<rng" in mended.data


def test_a_lost_numa_node_is_a_wish_that_is_lost() -> None:
    data = domain("q35", QUIET + controller(1, EXPANDER, inside="<target><node>3</node></target>"), numa_cells=2)
    mended = pcisolve.load(data).repair()
    assert mended.left == 1
    assert mended.held == {"moves": 0, "unsafe": 1}
    mended = pcisolve.load(data).repair(unsafe=True)
    assert mended.left == 0
    assert mended.removes == ("<node> of PCI controller 1 (pcie-expander-bus)",)


def test_a_switch_without_its_upstream_port_gets_one() -> None:
    mended = pcisolve.load(domain("q35", QUIET + controller(5, "pcie-switch-downstream-port"))).repair()
    assert (mended.left, mended.removes) == (0, ())
    assert b"pcie-switch-upstream-port" in mended.data


def test_what_a_repair_makes_libvirt_add_is_part_of_its_cost() -> None:
    typo = domain("q35", QUIET + controller(1, PORT, "0:0:2.0") + rng("0:1:0.0") + rng("0:ff:1.0"))
    (found,) = pcisolve.load(typo).explain()
    assert "remove the address of rng 2" in found.repairs[0].effect


def test_spare_ports_on_an_old_board_are_no_error() -> None:
    data = domain("virt", QUIET + "".join(controller(n, PORT) for n in range(1, 17)))
    data = data.replace(b"machine='virt'", b"machine='virt-2.12'")
    mended = pcisolve.load(data).repair()
    assert (mended.left, mended.data) == (0, data)


def test_a_usb_controller_moves_with_its_companions() -> None:
    def usb(model: str, function: int) -> str:
        return f"<controller type='usb' index='0' model='{model}'>{address(f'0:0:1d.{function}')}</controller>"

    companions = usb("ich9-ehci1", 7) + usb("ich9-uhci1", 0) + usb("ich9-uhci2", 1)
    repairs = finding(
        domain("q35", "<memballoon model='none'/>" + companions + card(0, "0:0:1d.0")), "addr-duplicate"
    ).repairs
    assert [change.after for change in repairs[0].changes] == ["0000:00:1e.0", "0000:00:1e.1", "0000:00:1e.7"]
    assert not any("usb" in one.effect for one in repairs[1:])  # never one of them alone

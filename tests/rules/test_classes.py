"""What public reports got wrong. Each expectation was asked from libvirt 9.0.0 and, where it starts, QEMU 7.2."""

from __future__ import annotations

import re

import pytest

import pcisolve
from pcisolve.api.options import make_options
from tests.rules.reported import AT_9, LIBVIRT, NO_BALLOON, QUIET, RNG, check, errors, guest, solved


def usb(model: str, slot: int, function: int, index: int = 0) -> str:
    named = f" model='{model}'" if model else ""
    where = f"<address type='pci' slot='{slot}' function='{function}'/>"
    return f"<controller type='usb' index='{index}'{named}>{where}</controller>{NO_BALLOON}"


@pytest.mark.parametrize(
    ("machine", "arch", "devices", "refused"),
    [
        ("q35", "x86_64", usb("piix3-uhci", 1, 2), True),
        ("q35", "x86_64", usb("", 1, 2), True),
        ("q35", "x86_64", usb("piix3-uhci", 1, 1), False),
        ("q35", "x86_64", usb("piix3-uhci", 3, 0), False),
        ("q35", "x86_64", usb("piix3-uhci", 1, 2, index=1), False),
        ("q35", "x86_64", usb("pci-ohci", 1, 2), False),
        ("virt", "aarch64", usb("piix3-uhci", 1, 2), True),
        ("virt", "aarch64", usb("", 1, 2), False),  # the default is qemu-xhci there
        ("virt", "riscv64", usb("", 1, 2), True),
        ("pc", "x86_64", usb("piix3-uhci", 1, 2), False),
        ("pseries", "ppc64", usb("piix3-uhci", 1, 2), False),
        ("clipper", "alpha", usb("", 1, 2), False),
    ],
)
def test_place_of_the_piix3(machine: str, arch: str, devices: str, refused: bool) -> None:
    found = errors(guest(devices, machine, arch), **LIBVIRT)
    assert found == (["piix3-usb-place"] if refused else [])


def test_s390_keeps_a_usb_controller_that_has_an_address() -> None:
    at_own = solved(guest(usb("", 1, 2) + RNG.format("<address type='pci'/>"), "s390-ccw-virtio", "s390x"), **LIBVIRT)
    assert {one.name: one.address for one in at_own.verdict.devices} == {
        "usb controller 0": "0000:00:01.2",
        "rng": "0000:00:01.0",
    }
    without = guest("<controller type='usb' index='0'/>" + NO_BALLOON, "s390-ccw-virtio", "s390x")
    assert solved(without, **LIBVIRT).verdict.devices == ()


def test_ide_of_the_piix3_on_q35() -> None:
    ide = "<controller type='ide' index='0'><address type='pci' slot='1' function='1'/></controller>"
    found = check(guest(QUIET + ide), **LIBVIRT).findings
    assert found[0].code == "ide-single" and "piix3-usb-place" in found[0].rules


def test_libvirt_keeps_no_place_free_for_a_piix3_outside_of_one() -> None:
    ide = "<controller type='ide' index='0'><address type='pci' slot='1' function='1'/></controller>"
    placed = {one.name: one.address for one in solved(guest(ide, "g3beige", "ppc"), **LIBVIRT).verdict.devices}
    assert placed["usb controller 0"] == "0000:00:01.0"


@pytest.mark.parametrize("model", ["piix3-uhci", ""])
def test_a_piix3_place_is_mended_without_losing_the_controller(model: str) -> None:
    mended = pcisolve.load(guest(usb(model, 1, 2))).repair(make_options(**LIBVIRT))
    assert mended.data.count(b"type='usb'") == 1
    assert errors(mended.data, **LIBVIRT) == []


def many_bridges(count: int) -> str:
    return (
        QUIET
        + NO_BALLOON
        + "".join(f"<controller type='pci' index='{n}' model='pci-bridge'/>" for n in range(1, count))
    )


@pytest.mark.parametrize(
    ("os", "refused"),
    [
        ("", True),
        ("<loader readonly='yes' type='pflash'>/fw/OVMF_CODE_4M.fd</loader>", False),
        ("<loader type='pflash'>/any/name</loader>", False),
        ("efi", False),
        ("<loader readonly='yes'>/usr/share/ovmf/OVMF.fd</loader>", False),
        ("<loader type='rom'>/usr/share/seabios/bios-256k.bin</loader>", True),
        ("<loader type='rom'>/srv/firmware/mine.rom</loader>", False),  # nobody knows what it does
        ("<kernel>/boot/vmlinuz</kernel>", True),
    ],
)
def test_the_io_limit_is_that_of_seabios(os: str, refused: bool) -> None:
    found = check(guest(many_bridges(12), "pc", os=os)).findings
    assert [one.code for one in found if one.severity == "error"] == (["io-limit"] if refused else [])
    assert all(one.message.startswith("SeaBIOS will halt") for one in found if one.code == "io-limit")


def test_function_0_is_not_needed_where_a_device_tree_names_every_function() -> None:
    alone = QUIET + NO_BALLOON + RNG.format("<address type='pci' slot='5' function='1'/>")
    assert errors(guest(alone)) == ["guest-function0-missing"]
    assert errors(guest(alone, "pseries", "ppc64")) == []
    result = solved(guest(alone, "pseries", "ppc64"))
    assert [(one.address, one.guest.visible) for one in result.verdict.devices] == [("0000:00:05.1", True)]


def test_what_is_behind_a_bridge_without_function_0_is_seen_on_pseries() -> None:
    bridge = (
        "<controller type='pci' index='1' model='pci-bridge'><address type='pci' slot='5' function='1'/></controller>"
    )
    behind = RNG.format("<address type='pci' bus='1' slot='3'/>")
    result = solved(guest(QUIET + NO_BALLOON + bridge + behind, "pseries", "ppc64"))
    assert [one.guest.address for one in result.verdict.devices] == ["0000:01:03.0"]


NAMELESS = [
    f"<video><model type='none'/>{AT_9}</video>",
    f"<memballoon model='none'>{AT_9}</memballoon>",
    f"<controller type='usb' index='0' model='none'>{AT_9}</controller>",
    f"<serial type='pty'/><console type='pty'><target type='serial'/>{AT_9}</console>",
]


@pytest.mark.parametrize("nameless", NAMELESS)
def test_what_is_there_in_name_only_keeps_no_place(nameless: str) -> None:
    rest = "".join(one for one in (QUIET, NO_BALLOON) if one[:15] not in nameless) + RNG.format(AT_9)
    result = solved(guest(nameless + rest), **LIBVIRT)
    assert [one.code for one in result.verdict.findings] == ["model-none-no-place"]
    assert result.verdict.findings[0].severity == "note"
    xml = (result.xml or b"").decode()
    assert xml.count("slot='9'") + xml.count("slot='0x09'") == 1
    assert xml.index("<rng") < re.search("slot='(9|0x09)'", xml).start()  # type: ignore[union-attr]
    assert solved(xml.encode(), **LIBVIRT).verdict.findings == ()


def test_a_bad_number_is_refused_even_where_the_address_is_dropped() -> None:
    video = "<video><model type='none'/><address type='pci' slot='99'/></video>"
    assert errors(guest(QUIET + NO_BALLOON + video), **LIBVIRT) == ["addr-slot-5bit"]


@pytest.mark.parametrize("device", [f"<hub type='usb'>{AT_9}</hub>", f"<memory model='dimm'>{AT_9}</memory>"])
def test_a_place_that_is_kept_free_and_then_given_up(device: str) -> None:
    quiet = NO_BALLOON
    assert errors(guest(quiet + device + RNG.format(AT_9)), **LIBVIRT) == ["addr-duplicate"]
    xml = (solved(guest(quiet + device), **LIBVIRT).xml or b"").decode()
    assert "slot='9'" not in xml


@pytest.mark.parametrize(
    ("device", "machine", "arch", "at_libvirt", "at_qemu"),
    [
        (f"<sound model='sb16'>{AT_9}</sound>", "q35", "x86_64", False, True),
        (f"<sound model='sb16'>{AT_9}</sound>", "pc", "x86_64", False, True),
        (f"<sound model='usb'>{AT_9}</sound>", "q35", "x86_64", False, True),
        (f"<sound model='ich9'>{AT_9}</sound>", "q35", "x86_64", False, False),
        (f"<controller type='ccid' index='0'>{AT_9}</controller>", "q35", "x86_64", False, True),
        (f"<interface type='user'><model type='ne2k_isa'/>{AT_9}</interface>", "pc", "x86_64", False, True),
        (f"<console type='pty'><target type='virtio'/>{AT_9}</console>", "q35", "x86_64", False, True),
        (f"<console type='pty'>{AT_9}</console>", "q35", "x86_64", True, True),
        (f"<serial type='pty'>{AT_9}</serial>", "q35", "x86_64", True, True),
        (f"<serial type='pty'>{AT_9}</serial>", "virt", "aarch64", True, True),
        (f"<serial type='pty'>{AT_9}</serial>", "s390-ccw-virtio", "s390x", True, True),
        (f"<serial type='pty'>{AT_9}</serial>", "pseries", "ppc64", False, False),
        (f"<serial type='pty'>{AT_9}</serial>", "g3beige", "ppc", False, False),
        (f"<serial type='pty'><target type='isa-serial'/>{AT_9}</serial>", "g3beige", "ppc", False, False),
        (f"<serial type='pty'><target type='isa-serial'/>{AT_9}</serial>", "pc", "x86_64", True, True),
        (f"<smartcard mode='host'>{AT_9}</smartcard>", "q35", "x86_64", True, True),
        (f"<input type='tablet'>{AT_9}</input>", "q35", "x86_64", True, True),
        (f"<input type='mouse'>{AT_9}</input>", "q35", "x86_64", False, False),
        (f"<input type='mouse'>{AT_9}</input>", "pseries", "ppc64", True, True),
        (f"<tpm model='tpm-spapr'>{AT_9}</tpm>", "pseries", "ppc64", False, False),
        ("<rng model='virtio'><address type='unassigned'/></rng>", "q35", "x86_64", True, True),
    ],
)
def test_pci_addresses_of_what_is_no_pci_device(
    device: str, machine: str, arch: str, at_libvirt: bool, at_qemu: bool
) -> None:
    data = guest(NO_BALLOON + device, machine, arch)
    assert bool(errors(data, **LIBVIRT)) is at_libvirt
    assert bool(errors(data, stage="qemu", libvirt="9.0.0")) is at_qemu


def test_devices_of_spapr_vio_keep_no_pci_place() -> None:
    serial = f"<serial type='pty'>{AT_9}</serial>" + RNG.format(AT_9)
    assert errors(guest(QUIET + NO_BALLOON + serial, "pseries", "ppc64"), **LIBVIRT) == []


@pytest.mark.parametrize("word", ["on", "off"])
def test_multifunction_without_a_place_is_dropped(word: str) -> None:
    bare = RNG.format(f"<address type='pci' multifunction='{word}'/>")
    result = solved(guest(QUIET + NO_BALLOON + bare, "pc"))
    assert [(one.code, one.severity) for one in result.verdict.findings] == [("multifunction-without-place", "note")]
    assert b"multifunction" not in (result.xml or b"")


def test_multifunction_comes_back_where_functions_share_the_slot() -> None:
    port = "<controller type='pci' index='{}' model='pcie-root-port'>{}</controller>"
    ports = port.format(1, "<address type='pci' multifunction='off'/>") + port.format(2, "")
    xml = (solved(guest(QUIET + NO_BALLOON + ports)).xml or b"").decode()
    assert "slot='0x01' function='0x0' multifunction='on'" in xml
    assert "multifunction='off'" not in xml


@pytest.mark.parametrize(
    ("machine", "arch", "root", "starts"),
    [
        ("microvm", "x86_64", "pcie-root", False),
        ("microvm", "x86_64", "pci-root", False),
        ("isapc", "x86_64", "pci-root", False),
        ("realview-eb", "armv7l", "pci-root", True),
        ("integratorcp", "armv7l", "pci-root", False),
        ("virt", "armv6l", "pcie-root", True),
        ("virt", "armv6l", "pci-root", False),
        ("powernv9", "ppc64", "pci-root", False),
        ("mac99", "ppc64", "pci-root", True),
        ("shix", "sh4", "pci-root", False),
        ("r2d", "sh4", "pci-root", True),
        ("virt", "xtensa", "pcie-root", False),
    ],
)
def test_a_root_that_qemu_does_not_have(machine: str, arch: str, root: str, starts: bool) -> None:
    named = f"<controller type='pci' index='0' model='{root}'/>"
    data = guest(QUIET + NO_BALLOON + named + RNG.format(AT_9), machine, arch)
    assert errors(data, **LIBVIRT) == []
    assert errors(data, stage="qemu", libvirt="9.0.0") == ([] if starts else ["pci-root-without-pci"])
    assert errors(guest(QUIET + NO_BALLOON + named, machine, arch), stage="qemu", libvirt="9.0.0") == []


def test_the_usb_controller_that_libvirt_looks_for_no_bus_for() -> None:
    assert errors(guest(usb("piix3-uhci", 1, 2), "isapc"), **LIBVIRT) == []
    old = errors(guest(usb("piix3-uhci", 1, 2), "isapc"), stage="qemu", libvirt="11.3")
    assert old == ["pci-root-without-pci"]
    assert errors(guest(usb("piix3-uhci", 1, 2), "isapc"), stage="libvirt") == ["machine-without-pci"]
    assert errors(guest(usb("piix3-uhci", 3, 0), "isapc"), **LIBVIRT) == ["no-pci-buses"]


def test_a_controller_without_a_type_is_ide() -> None:
    bare = "<controller index='0'><address type='pci' slot='1' function='1'/></controller>"
    assert errors(guest(bare + NO_BALLOON, "pc"), **LIBVIRT) == []
    assert b"type='ide'" in (solved(guest(bare + NO_BALLOON, "pc"), **LIBVIRT).xml or b"")
    assert "ide-single" in errors(guest("<controller/>"), **LIBVIRT)
    twice = "<controller index='0'/><controller type='ide' index='0'/>"
    assert errors(guest(twice, "pc"), **LIBVIRT) == ["controller-duplicate"]
    assert errors(guest("<controller model='pci-root'/>", "pc"), **LIBVIRT) == ["known-word"]


def test_drive_addresses_are_decimal() -> None:
    disk = "<disk type='file'><target dev='sda' bus='sata'/><address type='drive' controller='010'/></disk>"
    devices = solved(guest(disk, "pc"), **LIBVIRT).verdict.devices
    assert sum(one.name.startswith("sata controller") for one in devices) == 11


@pytest.mark.parametrize(("count", "refused"), [(59, False), (60, True), (62, False), (90, True), (93, False)])
def test_devices_leave_no_slot_to_the_bridge_that_is_added_for_them(count: int, refused: bool) -> None:
    data = guest(NO_BALLOON + RNG.format("") * count, "pc")
    assert errors(data, **LIBVIRT) == (["alg-find"] if refused else [])
    if refused:
        mended = pcisolve.load(data).repair(make_options(**LIBVIRT))
        assert mended.data.count(b"<rng") == count
        assert errors(mended.data, **LIBVIRT) == []


def test_a_root_written_on_a_board_that_libvirt_places_nothing_on() -> None:
    root = "<controller type='pci' index='0' model='{}'/>"
    at_9 = RNG.format(AT_9)
    devices = solved(guest(NO_BALLOON + root.format("pci-root") + at_9 + RNG.format(""), "spike", "riscv64"), **LIBVIRT)
    assert [one.address for one in devices.verdict.devices] == ["0000:00:09.0"]
    grows = guest(NO_BALLOON + root.format("pcie-root") + RNG.format(""), "spike", "riscv64")
    assert errors(grows, **LIBVIRT) == ["alg-find"]


def test_a_missing_index_below_a_root_written_by_hand() -> None:
    root = "<controller type='pci' index='0' model='pci-root'/>"
    bridge = "<controller type='pci' index='2' model='pci-bridge'/>"
    verdict = solved(guest(QUIET + NO_BALLOON + root + bridge, "microvm"), **LIBVIRT).verdict
    assert [(one.model, one.address) for one in verdict.controllers] == [
        ("pci-root", None),
        ("pci-bridge", "0000:00:02.0"),
        ("pci-bridge", "0000:00:01.0"),
    ]

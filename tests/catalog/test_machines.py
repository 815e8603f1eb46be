"""Which family a machine is of, and what differs by version, architecture and name."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from pcisolve.catalog.catalog import NEWEST, Catalog, load_catalog
from pcisolve.catalog.folders import shipped_folder
from pcisolve.core.errors import InputError

LIBVIRT_9 = (9, 0, 0)

FAMILIES = [
    ("x86_64", "pc", "i440fx"),
    ("x86_64", "pc-i440fx-7.2", "i440fx"),
    ("i686", "pc-1.3", "i440fx"),
    ("x86_64", "rhel6.6.0", "i440fx"),
    ("x86_64", "q35", "q35"),
    ("x86_64", "pc-q35-rhel9.2.0", "q35"),
    ("x86_64", "isapc", "isapc"),
    ("x86_64", "microvm", "microvm"),
    ("ppc64", "pseries-7.2", "pseries"),
    ("ppc64le", "pseries", "pseries"),
    ("ppc64", "powernv9", "ppc64-other"),
    ("ppc64", "mac99", "ppc64-other"),
    ("ppc", "mac99", "ppc"),
    ("aarch64", "virt-7.2", "arm-virt"),
    ("armv7l", "virt", "arm-virt"),
    ("armv7l", "vexpress-a9", "arm-vexpress"),
    ("aarch64", "raspi3b", "arm-other"),
    ("armv7l", "witherspoon-bmc", "arm-other"),
    ("armv6l", "versatilepb", "versatilepb"),
    ("aarch64", "versatilepb", "versatilepb"),
    ("riscv64", "virt", "riscv-virt"),
    ("riscv64", "sifive_u", "riscv-other"),
    ("loongarch64", "virt", "loongarch-virt"),
    ("s390x", "s390-ccw-virtio-7.2", "s390"),
    ("s390x", "s390-ccw-virtio-rhel8.6.0", "s390"),
    ("alpha", "clipper", "alpha"),
    ("sh4", "r2d", "sh4"),
    ("sparc64", "sun4u", "sparc64"),
    ("mips64el", "malta", "mips-malta"),
    (None, "q35", "q35"),
    (None, "pseries", "pseries"),
    (None, "virt", "arm-virt"),
    (None, None, "i440fx"),
    ("", "", "i440fx"),
    ("ppc64le", None, "pseries"),
    ("s390x", None, "s390"),
    ("aarch64", None, "arm-virt"),
]


@pytest.mark.parametrize(("arch", "name", "family"), FAMILIES)
def test_family(arch, name, family):
    assert load_catalog().machine(arch, name).family == family


def test_families_do_not_overlap():
    """The first match decides, so the order in which files are tried must not matter."""
    catalog = Catalog((shipped_folder(),), (12, 8, 0))
    headings = {machine.family: catalog._heading(machine.family) for machine in catalog.machines()}
    for arch, name, _ in FAMILIES:
        if arch:
            assert [family for family, one in headings.items() if one.covers(arch, name)] == [
                catalog.machine(arch, name).family
            ]
    plain = {(arch, name) for one in headings.values() for arch in one.arches for name in one.names if "*" not in name}
    for arch, name in plain:
        assert sum(one.covers(arch, name) for one in headings.values()) == 1, (arch, name)


def test_every_architecture_has_one_default_at_most():
    for version in (LIBVIRT_9, (12, 8, 0)):
        defaults = [arch for machine in load_catalog(None, version).machines() for arch in machine.default_for]
        assert len(defaults) == len(set(defaults))


def test_the_default_of_arm_and_riscv_changed():
    assert load_catalog(None, LIBVIRT_9).machine("aarch64", None).family == "arm-other"
    assert load_catalog(None, LIBVIRT_9).machine("riscv64", None).family == "riscv-other"
    assert load_catalog(None, (9, 3, 0)).machine("aarch64", None).family == "arm-virt"
    assert load_catalog(None, (9, 3, 0)).machine("riscv64", None).family == "riscv-virt"


@pytest.mark.parametrize(
    ("arch", "name", "version", "usb", "scsi", "net", "video"),
    [
        ("x86_64", "pc", LIBVIRT_9, "piix3-uhci", "lsilogic", "rtl8139", "cirrus"),
        ("x86_64", "q35", LIBVIRT_9, "piix3-uhci", "lsilogic", "rtl8139", "cirrus"),
        ("aarch64", "virt", LIBVIRT_9, "qemu-xhci", "lsilogic", "virtio", "virtio"),
        ("armv7l", "virt", LIBVIRT_9, "piix3-uhci", "lsilogic", "virtio", "virtio"),
        ("armv7l", "virt", (11, 9, 0), "qemu-xhci", "virtio-scsi", "virtio", "virtio"),
        ("riscv64", "virt", LIBVIRT_9, "piix3-uhci", "lsilogic", "virtio", "virtio"),
        ("riscv64", "virt", (11, 6, 0), "piix3-uhci", "virtio-scsi", "virtio", "virtio"),
        ("s390x", "s390-ccw-virtio", LIBVIRT_9, "none", "virtio-scsi", "virtio", "virtio"),
        ("ppc64", "pseries", LIBVIRT_9, "qemu-xhci", "ibmvscsi", "rtl8139", "vga"),
        ("ppc64", "powernv9", LIBVIRT_9, "qemu-xhci", "lsilogic", "rtl8139", "vga"),
        ("armv6l", "versatilepb", LIBVIRT_9, "piix3-uhci", "lsilogic", "scm91c111", "cirrus"),
    ],
)
def test_default_models_are_those_of_libvirt(arch, name, version, usb, scsi, net, video):
    machine = load_catalog(None, version).machine(arch, name)
    assert (machine.usb_model, machine.scsi_model, machine.net_model, machine.video_model) == (usb, scsi, net, video)


def test_what_a_guest_gets_unasked():
    catalog = load_catalog(None, LIBVIRT_9)
    q35, pc, virt = (
        catalog.machine(arch, name) for arch, name in (("x86_64", "q35"), ("x86_64", "pc"), ("aarch64", "virt"))
    )
    assert (q35.default_usb, pc.default_usb, virt.default_usb) == (("qemu-xhci",), ("piix3-uhci",), ())
    assert (q35.balloon, pc.balloon, virt.balloon) == ("virtio", "virtio", "")
    assert [(one.type, one.index) for one in q35.implicit_controllers] == [("sata", 0)]
    assert (q35.root, pc.root, catalog.machine("x86_64", "isapc").root) == ("pcie-root", "pci-root", "")
    assert catalog.machine("x86_64", "microvm").hand_written_root == "pcie-root"
    assert catalog.machine("alpha", None).default_usb == ("piix3-uhci",)
    assert load_catalog().machine("alpha", None).default_usb == ("qemu-xhci",)


def test_places_of_the_chipsets():
    pc, q35 = (load_catalog().machine("x86_64", name) for name in ("pc", "q35"))
    assert [(one.slot, one.function) for one in pc.reserved] == [(1, 0), (1, 3)]
    assert [(one.slot, one.function, one.rule) for one in pc.fixed] == [(1, 1, "piix3-ide"), (1, 2, "piix3-usb")]
    assert [(one.slot, one.function) for one in q35.reserved] == [(31, 0), (31, 3)]
    assert [(one.slot, one.function, one.rule) for one in q35.fixed] == [(31, 2, "q35-sata")]
    preferred = {one.rule: (one.slots, one.first_only, one.multifunction) for one in q35.preferred}
    assert preferred == {
        "q35-usb2-slot": ((0x1D, 0x1A), False, True),
        "q35-dmi-slot": ((0x1E,), False, False),
        "q35-video-slot1": ((1,), True, False),
        "q35-ich9-sound": ((0x1B,), False, False),
    }


def test_builtin_ide_is_a_matter_of_the_name():
    catalog = load_catalog()
    assert catalog.machine("ppc", "g3beige").builtin_ide
    assert not catalog.machine("ppc", "mac99").builtin_ide
    assert catalog.machine("x86_64", "pc").builtin_ide
    assert not catalog.machine("x86_64", "q35").builtin_ide


def test_zpci_ids_of_added_controllers():
    assert not load_catalog(None, LIBVIRT_9).machine("s390x", None).zpci_for_added
    assert load_catalog().machine("s390x", None).zpci_for_added
    assert not load_catalog().machine("x86_64", None).zpci_for_added


def test_options_by_version_and_family():
    assert "memReserve" not in load_catalog(None, (10, 2, 0)).controller("pcie-root-port").targets
    port = load_catalog().controller("pcie-root-port").targets
    assert set(port) == {"chassis", "port", "hotplug", "memReserve"}
    assert (port["hotplug"].values, port["hotplug"].minimum) == (("on", "off"), None)
    assert (port["chassis"].minimum, port["chassis"].maximum, port["port"].default) == (0, 255, "place")
    root = load_catalog().controller("pci-root").targets
    assert root["index"].applies_to("pseries")
    assert not root["index"].applies_to("i440fx")
    assert port["chassis"].applies_to("q35")


@pytest.mark.parametrize(
    ("arch", "name", "message"),
    [
        ("x86_64", "q53", 'unknown machine "q53" of architecture x86_64; did you mean "q35"?'),
        ("k1om", "q35", 'unknown architecture "k1om"; one of aarch64, alpha, '),
        ("x86-64", None, 'unknown architecture "x86-64"; did you mean "x86_64"?'),
        (None, "pserie", 'unknown machine "pserie"; did you mean "pseries"?'),
        ("x86_64", "virt", 'unknown machine "virt" of architecture x86_64; '),
    ],
)
def test_an_unknown_machine_is_refused(arch, name, message):
    with pytest.raises(InputError) as refused:
        load_catalog().machine(arch, name)
    assert refused.value.message.startswith(message)


def test_a_newer_machine_is_refused_with_its_version():
    with pytest.raises(InputError, match=r'"virt" of architecture loongarch64 is known since libvirt 10\.2\.0 only'):
        load_catalog(None, (10, 1, 0)).machine("loongarch64", "virt")
    assert "loongarch-virt" not in [machine.family for machine in load_catalog(None, (10, 1, 0)).machines()]


@pytest.mark.parametrize("name", ["pc", "pc-q35-7.2", "pc-i440fx-7.2", "q35", "pseries", "s390-ccw-virtio"])
def test_a_lookup_parses_one_file(name):
    catalog = Catalog((shipped_folder(),), (12, 8, 0))
    catalog.machine(None, name)
    assert len(catalog._headings) == 1


@pytest.mark.corpus
def test_every_recorded_machine_is_known(shared):
    catalog = load_catalog(None, LIBVIRT_9)
    with gzip.open(shared / "corpus/random/cases.jsonl.gz", "rt", encoding="utf-8") as lines:
        types = {re.search(r'arch="([^"]+)" machine="([^"]+)"', json.loads(line)["input"]).groups() for line in lines}
    assert types
    families = {catalog.machine(arch, name).family for arch, name in types}
    assert families == {"i440fx", "q35", "pseries", "arm-virt", "riscv-virt", "s390"}


# libvirt 9.0.0, src/util/virarch.c: every architecture that a <type arch> may name.
# fmt: off
ARCHES = [
    "alpha", "armv6l", "armv7l", "armv7b", "aarch64", "cris", "i686", "ia64",
    "lm32", "m68k", "microblaze", "microblazeel", "mips", "mipsel", "mips64", "mips64el",
    "openrisc", "parisc", "parisc64", "ppc", "ppcle", "ppc64", "ppc64le", "ppcemb",
    "riscv32", "riscv64", "s390", "s390x", "sh4", "sh4eb", "sparc", "sparc64",
    "unicore32", "x86_64", "xtensa", "xtensaeb",
]
# fmt: on


@pytest.mark.parametrize("version", [LIBVIRT_9, NEWEST])
@pytest.mark.parametrize("arch", ARCHES)
def test_every_architecture_of_libvirt_has_a_default_machine(arch, version):
    machine = load_catalog(None, version).machine(arch, None)
    assert arch in machine.arches


@pytest.mark.parametrize(
    ("arch", "name"),
    [
        ("m68k", "q800"),
        ("cris", "axis-dev88"),
        ("xtensa", "sim"),
        ("parisc", "hppa"),
        ("sparc", "SS-5"),
        ("ia64", "any"),
    ],
)
def test_boards_without_pci_get_no_root(arch, name):
    machine = load_catalog(None, LIBVIRT_9).machine(arch, name)
    assert (machine.root, machine.qemu_root) == ("", False)
    assert (machine.balloon, machine.default_usb) == ("virtio", ("piix3-uhci",))
    newest = load_catalog().machine(arch, name)
    assert (newest.balloon, newest.default_usb) == ("", ())


def test_a_board_of_another_architecture_is_not_taken():
    with pytest.raises(InputError, match='unknown machine "hppa" of architecture m68k'):
        load_catalog().machine("m68k", "hppa")


@pytest.mark.parametrize(
    ("arch", "name", "has"),
    [
        ("ppc64", "mac99", True),
        ("ppc64", "powernv9", False),
        ("sh4", "r2d", True),
        ("sh4", "shix", False),
        ("armv7l", "realview-eb", True),
        ("armv7l", "raspi2b", False),
        ("armv6l", "virt", True),
        ("x86_64", "microvm", False),
        ("x86_64", "q35", True),
    ],
)
def test_roots_that_qemu_has(arch, name, has):
    assert load_catalog().machine(arch, name).qemu_root is has

"""What 9.0.0 and 12.8.0 do otherwise: small guests, each with the answers of the real ones."""

from __future__ import annotations

from typing import NamedTuple

import pytest

import pcisolve
from pcisolve.api.options import make_options, out_of_range
from pcisolve.catalog.catalog import load_catalog
from tests.support import QUIET, domain, sound

OLD, NEW = "9.0.0", "12.8.0"
REFUSED = "refused"


class Case(NamedTuple):
    """A guest; the devices with their places by version, as "kind or model: address", or REFUSED."""

    arch: str
    machine: str
    devices: str
    old: tuple[str, ...] | str
    new: tuple[str, ...] | str


SCSI_DISK = "<disk type='file'><target dev='sda' bus='scsi'/></disk>"
NVME = "<disk type='file'><target dev='{}' bus='nvme'/><serial>x</serial></disk>"
BALLOON = "<memballoon model='none'/>"
NO_USB = "<controller type='usb' model='none'/>"
RNG_AT_7 = "<rng model='virtio'><address type='{}'/></rng>"
SERIAL_ON_USB = "<serial type='null'><target type='pci-serial'/><address type='usb' bus='0' port='1'/></serial>"
NIC_ON_MMIO = (
    "<interface type='hostdev'><source><address type='pci' domain='0' bus='0x40' slot='0' function='1'/></source>"
    "<address type='virtio-mmio'/></interface>"
)
CASES = {
    "A: no balloon on riscv": Case(
        "riscv64", "virt", "", ("memballoon: 0000:01:00.0", "pci 1: 0000:00:01.0", "pci 2: 0000:00:01.1"), ()
    ),
    "B: added bridges in order": Case(
        "x86_64",
        "pc",
        NO_USB + BALLOON + "<controller type='pci' index='2' model='pci-bridge'/>",
        ("pci 1: 0000:00:03.0", "pci 2: 0000:00:02.0"),
        ("pci 1: 0000:00:02.0", "pci 2: 0000:00:03.0"),
    ),
    "C: the model of a sibling": Case(
        "x86_64",
        "pc",
        NO_USB + BALLOON + "<controller type='scsi' index='0' model='ncr53c90'/><controller type='scsi' index='1'/>",
        ("scsi controller 1: 0000:00:02.0",),
        (),
    ),
    "E: no PCI buses": Case("riscv64", "sifive_u", "<controller type='usb'/>" + BALLOON, (), REFUSED),
    "F: versatilepb has a root": Case(
        "armv7l",
        "versatilepb",
        "<rng model='virtio'/>",
        REFUSED,
        ("rng: 0000:00:02.0", "usb controller 0: 0000:00:01.0"),
    ),
    "G: pvpanic on arm": Case("aarch64", "virt", "<panic/>", (), ("panic: 0000:00:01.0",)),
    "H: pvpanic on a PCI Express root": Case(
        "riscv64", "virt", "<panic model='pvpanic'/>" + BALLOON, (), ("panic: 0000:00:01.0",)
    ),
    "I: NVMe controllers": Case(
        "x86_64",
        "pc",
        NO_USB + BALLOON + NVME.format("nvme0n1") + NVME.format("nvme0n2") + NVME.format("nvme1n1"),
        REFUSED,
        ("nvme controller 0: 0000:00:02.0", "nvme controller 1: 0000:00:03.0"),
    ),
    "J: the AMD IOMMU": Case(
        "x86_64",
        "q35",
        NO_USB + BALLOON + "<iommu model='amd'/>",
        REFUSED,
        ("iommu: 0000:00:01.0", "sata controller 0: 0000:00:1f.2"),
    ),
    "L: a PCI serial port on USB": Case("x86_64", "pc", SERIAL_ON_USB, REFUSED, REFUSED),
    "L: a host NIC on virtio-mmio": Case("aarch64", "virt", NIC_ON_MMIO, REFUSED, REFUSED),
    "L: a virtio disk on virtio-mmio": Case(
        "ppc64",
        "pseries",
        "<disk type='file'><target dev='vda' bus='virtio'/><address type='virtio-mmio'/></disk>",
        REFUSED,
        REFUSED,
    ),
    "N: memReserve": Case(
        "x86_64",
        "q35",
        NO_USB + BALLOON + "<controller type='pci' index='0' model='pcie-root'><target memReserve='4'/></controller>",
        ("sata controller 0: 0000:00:1f.2",),
        REFUSED,
    ),
    "O: vdpa is virtio": Case(
        "x86_64",
        "pc",
        NO_USB + BALLOON + "<interface type='vdpa'><source dev='/dev/vhost-vdpa-0'/></interface>",
        ("interface virtio: 0000:00:02.0",),
        ("interface virtio: 0000:00:02.0",),
    ),
}


def answer(case: Case, version: str) -> tuple[str, ...] | str:
    xml = (
        "<domain type='qemu'><name>t</name><memory>1048576</memory><os>"
        f"<type arch='{case.arch}' machine='{case.machine}'>hvm</type></os><devices>{case.devices}</devices></domain>"
    )
    options = make_options(libvirt=version, stage="libvirt", policy="libvirt")
    verdict = pcisolve.load(xml.encode()).solve(options).verdict
    if verdict.status != "solved":
        return REFUSED
    pci = [f"pci {one.index}: {one.address}" for one in verdict.controllers if one.address]
    return tuple(sorted(pci + [f"{one.name}: {one.address}" for one in verdict.devices if one.address]))


@pytest.mark.parametrize("name", CASES)
def test_a_difference(name: str) -> None:
    case = CASES[name]
    assert (answer(case, OLD), answer(case, NEW)) == (case.old, case.new)


def test_every_behavior_says_who_was_asked() -> None:
    for one in load_catalog().behaviors().values():
        assert one.summary.endswith(".")
        assert "9.0.0" in one.asked
        assert "12.8.0" in one.asked
    assert not load_catalog(None, (9, 0, 0)).behaves("added-in-order")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"libvirt": "9.0.0"}, ()),
        ({"libvirt": "oldest", "qemu": "newest"}, ()),
        ({"libvirt": "12.8.3"}, ()),
        ({"libvirt": "8.0"}, ("libvirt 8.0.0 is older than 9.0.0, the oldest known: taken for that",)),
        ({"libvirt": "13"}, ("libvirt 13.0.0 is newer than 12.8.0, the newest known: taken for that",)),
        ({"qemu": "6.2"}, ("QEMU 6.2.0 is older than 7.2.0, the oldest known: taken for that",)),
    ],
)
def test_versions_that_are_not_known(words: dict[str, str], said: tuple[str, ...]) -> None:
    assert out_of_range(make_options(**words)) == said  # type: ignore[arg-type]


@pytest.mark.parametrize("index", [16384, 1])
def test_acpi_indexes_of_newer_qemu(index: int) -> None:
    """QEMU 10.0 looks at every device, 7.2 only where ACPI plugs."""
    rng = f"<rng model='virtio'><acpi index='{index}'/></rng>"
    xml = (
        "<domain type='qemu'><name>t</name><memory>1048576</memory><os>"
        f"<type arch='ppc64' machine='pseries'>hvm</type></os><devices>{rng * 2}</devices></domain>"
    )
    found = {
        qemu: [one.code for one in pcisolve.load(xml.encode()).check(make_options(qemu=qemu)).findings]
        for qemu in ("7.2", "10.0", "11.1")
    }
    assert found == {"7.2": [], "10.0": ["start-acpi-index"], "11.1": ["start-acpi-index"]}


PCI_BRIDGE_ALONE = "<controller type='pci' index='1' model='pcie-to-pci-bridge'/>"


def test_a_port_is_added_for_a_pcie_to_pci_bridge_by_the_newest_only() -> None:
    guest = domain("q35", QUIET + PCI_BRIDGE_ALONE + sound("0:1:1.0"))
    for version, status in (("9.0.0", "infeasible"), ("11.3", "infeasible"), ("12.8", "solved")):
        options = make_options(stage="libvirt", policy="libvirt", libvirt=version)
        assert pcisolve.load(guest).solve(options).verdict.status == status

"""What libvirt adds by itself (alg-implicit), and the defaults it fills in."""

from __future__ import annotations

import pytest

from pcisolve.problem.parts import Controller, Part
from tests.support import QUIET, Steps, domain, steps


def implicit(machine: str, devices: str = "") -> list[str]:
    """The parts that are not in the input, in list order: "usb 0 qemu-xhci", "memballoon virtio"."""
    return [_words(part) for part in steps(domain(machine, devices)).problem.parts if part.implicit]


def _words(part: Part) -> str:
    if isinstance(part, Controller):
        return f"{part.model_name} {part.index}"
    view = part.view
    words = [view.get("type"), view.get("index")] if part.kind == "controller" else [part.kind]
    return " ".join(filter(None, (*words, view.get("model"), view.get("model/type"))))


@pytest.mark.parametrize(
    ("machine", "expected"),
    [
        ("pc", ["usb 0 piix3-uhci", "pci-root 0", "memballoon virtio"]),
        ("q35", ["usb 0 qemu-xhci", "sata 0", "pcie-root 0", "memballoon virtio"]),
        ("pseries", ["usb 0 qemu-xhci", "pci-root 0", "memballoon virtio"]),
        ("virt", ["pcie-root 0"]),
        ("s390", ["pci-root 0", "memballoon virtio"]),
        ("isapc", []),
    ],
)
def test_family_defaults(machine: str, expected: list[str]) -> None:
    assert implicit(machine) == expected


def _disks(bus: str, *names: str) -> str:
    return "".join(f"<disk type='file' device='disk'><target dev='{name}' bus='{bus}'/></disk>" for name in names)


VIRTIO_PORT = "<channel type='unix'><target type='virtio'/></channel>"
SCSI_HOSTDEV = "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/></source></hostdev>"


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        (_disks("virtio", "vda"), []),
        (_disks("scsi", "sda", "sdg"), ["scsi 0 lsilogic"]),
        (_disks("scsi", "sdh"), ["scsi 0 lsilogic", "scsi 1 lsilogic"]),
        (_disks("ide", "hda", "hdd"), ["ide 0"]),
        (_disks("sata", "sda", "sdf"), ["sata 0"]),
        (_disks("sata", "sdg"), ["sata 0", "sata 1"]),
        (_disks("fdc", "fda"), ["fdc 0"]),
        (VIRTIO_PORT, ["virtio-serial 0"]),
        (VIRTIO_PORT * 30, ["virtio-serial 0"]),
        (VIRTIO_PORT * 31, ["virtio-serial 0", "virtio-serial 1"]),
        (SCSI_HOSTDEV, ["scsi 0 lsilogic"]),
        (SCSI_HOSTDEV * 8, ["scsi 0 lsilogic", "scsi 1 lsilogic"]),
        ("<graphics type='vnc'/>", ["video cirrus"]),
        ("<graphics type='vnc'/><video><model type='none'/></video>", []),
    ],
)
def test_for_other_devices(devices: str, expected: list[str]) -> None:
    assert [one for one in implicit("pc", QUIET + devices) if one != "pci-root 0"] == expected


def _view(guest: Steps, kind: str) -> str | None:
    part = next(part for part in guest.problem.by_kind(kind) if not isinstance(part, Controller) and part.node)
    return part.view.get("model") if kind == "controller" else part.view.get("model/type")


@pytest.mark.parametrize(
    ("machine", "kind", "element", "model"),
    [
        ("pc", "interface", "<interface type='user'/>", "rtl8139"),
        ("virt", "interface", "<interface type='user'/>", "virtio"),
        ("s390", "interface", "<interface type='user'/>", "virtio"),
        ("q35", "video", "<video/>", "cirrus"),
        ("pseries", "video", "<video/>", "vga"),
        ("q35", "controller", "<controller type='usb'/>", "piix3-uhci"),
        ("pseries", "controller", "<controller type='usb'/>", "qemu-xhci"),
        ("pseries", "controller", "<controller type='scsi'/>", "ibmvscsi"),
        ("s390", "controller", "<controller type='scsi'/>", "virtio-scsi"),
    ],
)
def test_default_models(machine: str, kind: str, element: str, model: str) -> None:
    assert _view(steps(domain(machine, element)), kind) == model


def test_one_virtio_mmio_address_turns_all_virtio_devices() -> None:
    plain, mmio = "<rng model='virtio'/>", "<rng model='virtio'><address type='virtio-mmio'/></rng>"
    both = [steps(domain("virt", devices)).problem.by_kind("rng") for devices in (plain * 2, plain + mmio)]
    assert [[part.address_type for part in parts] for parts in both] == [["", ""], ["virtio-mmio", "virtio-mmio"]]


def test_s390_virtio_is_ccw_unless_pci_is_asked_for() -> None:
    guest = steps(domain("s390", "<rng model='virtio'/><rng model='virtio'><address type='pci'/></rng>"))
    first, second = guest.problem.by_kind("rng")
    assert (first.address_type, second.address_type) == ("ccw", "pci")
    assert first not in guest.layout.places
    assert str(guest.layout.addresses[second]) == "0000:00:01.0"

"""The order of libvirt's lists (alg-lists)."""

from __future__ import annotations

import pytest

from pcisolve.core.node import Node
from pcisolve.problem.lists import (
    UNINDEXED,
    Indexed,
    controllers_in_order,
    disk_bus,
    disk_number,
    disks_in_order,
    videos_in_order,
    with_indexes,
)


@pytest.mark.parametrize(
    ("target", "number"),
    [
        *(("vda", 0), ("vdb", 1), ("sdz", 25), ("vdaa", 26), ("vdab", 27), ("xvda", 0), ("sda1", 0), ("fda", 0)),
        *(("nvme0n1", -1), ("vdA", -1), ("", -1), ("cdrom", -1), ("vdaaaaaaa", -1)),
    ],
)
def test_disk_number(target: str, number: int) -> None:
    assert disk_number(target) == number


def _disk(target: str, bus: str | None = None, device: str | None = None) -> Node:
    disk = Node("disk", {} if device is None else {"device": device}, 0)
    attributes = {"dev": target} if bus is None else {"dev": target, "bus": bus}
    disk.children.append(Node("target", attributes, 0, disk))
    return disk


@pytest.mark.parametrize(
    ("disk", "bus"),
    [
        (_disk("vda"), "virtio"),
        (_disk("sda"), "scsi"),
        (_disk("hda"), "ide"),
        (_disk("fda"), "fdc"),
        (_disk("sda", "sata"), "sata"),
        (_disk("sda", device="floppy"), "fdc"),
        (_disk("other"), "ide"),
    ],
)
def test_disk_bus(disk: Node, bus: str) -> None:
    assert disk_bus(disk) == bus


def test_disks_of_one_bus_by_their_number() -> None:
    disks = [_disk(name) for name in ("vdc", "sdb", "vda", "vdaa", "sda", "vdb")]
    assert [disk.get("target/dev") for disk in disks_in_order(disks)] == ["vda", "vdb", "vdc", "vdaa", "sda", "sdb"]


def test_the_primary_video_is_first() -> None:
    videos = []
    for model, primary in (("vga", None), ("cirrus", "yes"), ("qxl", "no")):
        video = Node("video", {}, 0)
        attributes = {"type": model} if primary is None else {"type": model, "primary": primary}
        video.children.append(Node("model", attributes, 0, video))
        videos.append(video)
    assert [video.get("model/type") for video in videos_in_order(videos)] == ["cirrus", "vga", "qxl"]


def _indexed(text: str) -> list[Indexed]:
    """Controllers out of words such as "pci:1", "usb" and "usb:0:ich9-uhci1"."""
    found = []
    for word in text.split():
        kind, index, model = (*word.split(":"), "", "")[:3]
        attributes = {"type": kind} | ({"model": model} if model else {})
        found.append(Indexed(Node("controller", attributes, 0), kind, int(index) if index else UNINDEXED))
    return found


def _words(controllers: list[Indexed]) -> str:
    return " ".join(
        ":".join(filter(None, (one.type, "" if one.index == UNINDEXED else str(one.index), one.node.get("model"))))
        for one in controllers
    )


@pytest.mark.parametrize(
    ("written", "ordered"),
    [
        ("pci:2 pci:0 pci:1", "pci:0 pci:1 pci:2"),
        ("pci:2 usb:0 pci:1 scsi:1 scsi:0", "pci:1 pci:2 usb:0 scsi:0 scsi:1"),
        ("pci:0 pci pci pci:1", "pci:0 pci pci pci:1"),
        ("pci:3 pci pci:1", "pci:1 pci:3 pci"),
        ("usb:0:ich9-uhci1 usb:0:ich9-ehci1", "usb:0:ich9-ehci1 usb:0:ich9-uhci1"),
        ("usb:1:ich9-uhci2 usb:0:ich9-uhci1 usb:1:ich9-ehci1", "usb:0:ich9-uhci1 usb:1:ich9-ehci1 usb:1:ich9-uhci2"),
    ],
)
def test_controllers_are_inserted_one_by_one(written: str, ordered: str) -> None:
    assert _words(controllers_in_order(_indexed(written))) == ordered


@pytest.mark.parametrize(
    ("ordered", "numbered"),
    [
        ("pci:0 pci pci pci:1", "pci:0 pci:2 pci:3 pci:1"),
        ("pci pci", "pci:0 pci:1"),
        ("pci:5 pci usb pci", "pci:5 pci:0 usb:0 pci:1"),
        ("usb::ich9-ehci1 usb::ich9-uhci1 usb::ich9-uhci2", "usb:0:ich9-ehci1 usb:0:ich9-uhci1 usb:0:ich9-uhci2"),
        ("usb::ich9-ehci1 usb::ich9-ehci1 usb::ich9-uhci1", "usb:0:ich9-ehci1 usb:1:ich9-ehci1 usb:1:ich9-uhci1"),
        ("usb::qemu-xhci usb::ich9-uhci1", "usb:0:qemu-xhci usb:1:ich9-uhci1"),
    ],
)
def test_missing_indexes(ordered: str, numbered: str) -> None:
    assert _words(with_indexes(_indexed(ordered))) == numbered

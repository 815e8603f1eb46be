"""Which variant an element is; the expected needs are what libvirt 9.0.0 did with it on a q35 guest."""

from __future__ import annotations

import pytest

from pcisolve.catalog.catalog import load_catalog
from pcisolve.catalog.matching import Condition, matches

LIBVIRT_9 = (9, 0, 0)

NEEDS = [
    ("disk", {"target/bus": "virtio"}, "virtio"),
    ("disk", {"target/bus": "virtio", "model": "virtio-transitional"}, "conventional"),
    ("disk", {"target/bus": "sata"}, ""),
    ("interface", {"model/type": "virtio"}, "virtio"),
    ("interface", {"model/type": "virtio-transitional"}, "conventional"),
    ("interface", {"model/type": "e1000e"}, "express"),
    ("interface", {"model/type": "igb"}, "express"),
    ("interface", {"model/type": "rtl8139"}, "conventional"),
    ("interface", {"model/type": "vmxnet3"}, "conventional"),
    ("interface", {"model/type": "lan9118"}, "conventional"),
    ("interface", {"model/type": "ne2k_pci"}, "express"),
    ("interface", {"model/type": "pcnet"}, "express"),
    ("interface", {"model/type": "spapr-vlan"}, ""),
    ("interface", {"type": "hostdev"}, "express"),
    ("controller", {"type": "usb", "model": "qemu-xhci"}, "express"),
    ("controller", {"type": "usb", "model": "ich9-ehci1"}, "conventional"),
    ("controller", {"type": "usb", "model": "vt82c686b-uhci"}, "conventional"),
    ("controller", {"type": "usb", "model": "none"}, ""),
    ("controller", {"type": "scsi", "model": "virtio-scsi"}, "virtio"),
    ("controller", {"type": "scsi", "model": "virtio-non-transitional"}, "virtio"),
    ("controller", {"type": "scsi", "model": "lsisas1078"}, "conventional"),
    ("controller", {"type": "scsi", "model": "ibmvscsi"}, ""),
    ("controller", {"type": "virtio-serial"}, "virtio"),
    ("controller", {"type": "fdc"}, ""),
    ("filesystem", {}, "virtio"),
    ("filesystem", {"model": "virtio-transitional"}, "conventional"),
    ("filesystem", {"driver/type": "virtiofs", "model": "virtio-transitional"}, "virtio"),
    ("filesystem", {"driver/type": "path"}, "virtio"),
    ("filesystem", {"driver/type": "mtp"}, ""),
    ("sound", {"model": "ich9"}, "conventional"),
    ("sound", {"model": "usb"}, ""),
    ("video", {"model/type": "bochs"}, "express"),
    ("video", {"model/type": "virtio"}, "virtio"),
    ("video", {"model/type": "qxl"}, "conventional"),
    ("video", {"model/type": "none"}, ""),
    ("hostdev", {"type": "pci"}, "express"),
    ("hostdev", {"type": "mdev", "model": "vfio-pci"}, "express"),
    ("hostdev", {"type": "mdev", "model": "vfio-ap"}, ""),
    ("hostdev", {"type": "scsi_host"}, "virtio"),
    ("memballoon", {"model": "virtio"}, "virtio"),
    ("memballoon", {"model": "none"}, ""),
    ("watchdog", {"model": "i6300esb"}, "conventional"),
    ("shmem", {"model/type": "ivshmem-plain"}, "conventional"),
    ("input", {"bus": "virtio"}, "virtio"),
    ("input", {"bus": "ps2"}, ""),
    ("serial", {"target/type": "pci-serial"}, "conventional"),
    ("serial", {}, ""),
    ("iommu", {"model": "virtio"}, "virtio"),
    ("vsock", {"model": "virtio"}, "virtio"),
    ("memory", {"model": "virtio-mem"}, "virtio"),
    ("memory", {"model": "dimm"}, ""),
]


@pytest.mark.parametrize(("tag", "attributes", "needs"), NEEDS)
def test_needs(element, tag, attributes, needs):
    device = load_catalog(None, LIBVIRT_9).device(tag)
    variant = device.variant(element(tag, attributes))
    assert variant is not None
    assert variant.needs == needs


@pytest.mark.parametrize(
    ("tag", "attributes", "expected"),
    [
        ("disk", {"target/bus": "sata"}, "refused"),
        ("disk", {"target/bus": "sd"}, "optional"),
        ("hostdev", {"type": "pci"}, "required"),
        ("hostdev", {"type": "scsi"}, "refused"),
        ("iommu", {"model": "intel"}, "refused"),
        ("iommu", {"model": "virtio"}, "required"),
        ("panic", {"model": "isa"}, "refused"),
        ("serial", {"target/type": "isa-serial"}, "refused"),
        ("serial", {}, "optional"),
        ("smartcard", {}, "refused"),
        ("video", {"model/type": "none"}, "dropped"),
        ("memballoon", {"model": "none"}, "dropped"),
        ("controller", {"type": "usb", "model": "none"}, "dropped"),
        ("hub", {"type": "usb"}, "replaced"),
        ("shmem", {}, "required"),
        ("video", {"model/type": "ramfb"}, "refused"),
        ("watchdog", {"model": "ib700"}, "refused"),
        ("watchdog", {"model": "i6300esb"}, "required"),
    ],
)
def test_pci_address(element, tag, attributes, expected):
    variant = load_catalog(None, LIBVIRT_9).device(tag).variant(element(tag, attributes))
    assert variant.pci_address == expected


def test_integrated_devices():
    devices = load_catalog().devices()
    assert {one.name for device in devices for one in device.variants if one.integrated} == {
        "amd-iommu",
        "pvpanic",
        "virtio-iommu",
    }


@pytest.mark.parametrize(
    ("tag", "attributes", "since", "needs"),
    [
        ("sound", {"model": "virtio"}, (10, 4, 0), "virtio"),
        ("panic", {"model": "pvpanic"}, (9, 1, 0), "conventional"),
        ("controller", {"type": "nvme"}, (11, 5, 0), "express"),
    ],
)
def test_a_newer_variant_does_not_exist_before(element, tag, attributes, since, needs):
    node = element(tag, attributes)
    older = (since[0], since[1] - 1, 9)
    assert load_catalog(None, since).device(tag).variant(node).needs == needs
    before = load_catalog(None, older).device(tag).variant(node)
    assert before is None or before.needs != needs


def test_a_newer_element_does_not_exist_before():
    assert load_catalog(None, (9, 0, 9)).device("crypto") is None
    assert load_catalog(None, (9, 1, 0)).device("crypto") is not None
    assert load_catalog(None, (10, 5, 0)).device("pstore") is None
    assert load_catalog().device("emulator") is None


def test_elements_that_match_nothing_take_no_address(element):
    assert load_catalog().device("channel").variant(element("channel", {"target/type": "virtio"})) is None
    assert load_catalog().device("controller").variant(element("controller", {"type": "pci"})) is None


def test_a_variant_by_name(element):
    device, variant = load_catalog().kind("hostdev-pci")
    assert (device.element, variant.needs) == ("hostdev", "conventional")
    assert variant.by_name_only
    assert device.variant(element("hostdev", {"type": "pci"})).name == "hostdev-pcie"
    assert load_catalog().kind("e1000e")[0].element == "interface"
    assert load_catalog().kind("express") is None
    assert load_catalog(None, (9, 2, 0)).kind("igb") is None


@pytest.mark.parametrize(
    ("condition", "attributes", "expected"),
    [
        (Condition("model", ("a", "b"), False), {"model": "b"}, True),
        (Condition("model", ("a", "b"), False), {"model": "c"}, False),
        (Condition("model", ("a", "b"), False), {}, False),
        (Condition("model", ("",), False), {}, True),
        (Condition("model", ("",), False), {"model": "a"}, False),
        (Condition("model", ("a",), True), {}, True),
        (Condition("model", ("a",), True), {"model": "a"}, False),
        (Condition("model", ("", "a"), True), {}, False),
        (Condition("target/bus", ("usb",), False), {"target/bus": "usb"}, True),
        (Condition("target/bus", ("",), False), {}, True),
    ],
)
def test_matches(element, condition, attributes, expected):
    assert matches((condition,), element("disk", attributes)) is expected


def test_all_conditions_must_hold(element):
    conditions = (Condition("type", ("usb",), False), Condition("model", ("x",), False))
    assert matches(conditions, element("controller", {"type": "usb", "model": "x"}))
    assert not matches(conditions, element("controller", {"type": "usb"}))
    assert matches((), element("controller", {}))

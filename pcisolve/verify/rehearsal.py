"""Copies of a guest that any host can define and start: what needs the host is replaced, what is about PCI is not."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple
from xml.etree.ElementTree import Element

from pcisolve.core.sizes import size_of
from pcisolve.verify.commandline import MEMBAR

_PAGE, _LARGEST = 4096, 1 << 46  # bytes of a BAR
PREFIX = "pcisolve-verify-"
ALIAS = "ua-pcisolve"  # libvirt keeps aliases that begin with ua-

# Devices that stand-ins take the places of: what needs the host, and interfaces, which libvirt's conversion to a
# command line builds anew without their addresses.
_REPLACED = frozenset({"interface", "hostdev", "filesystem", "shmem", "vsock", "memory", "crypto"})
_LEFT_OUT = frozenset({"graphics", "tpm", "redirdev", "smartcard", "lease"})  # no PCI devices; they want the host
_HOSTS = ("seclabel", "launchSecurity", "metadata", "resource", "genid", "perf", "keywrap")

# The model of an interface in libvirt, where QEMU calls it otherwise.
_NIC = {
    "virtio": "virtio-net-pci",
    "virtio-transitional": "virtio-net-pci-transitional",
    "virtio-non-transitional": "virtio-net-pci-non-transitional",
}
_NICS = frozenset(
    {"e1000", "e1000e", "igb", "rtl8139", "ne2k_pci", "pcnet", "i82551", "i82557b", "i82559er", "vmxnet3", "tulip"}
)


class Startable(NamedTuple):
    """A guest that a command line can be had of.

    Attributes:
        xml: the copy.
        drivers: QEMU's name of the device that a stand-in stands for; "" where only the place is kept, and MEMBAR with
            a size where its memory is kept, too.
    """

    xml: bytes
    drivers: dict[str, str]


def definable(data: bytes, emulator: str) -> bytes:
    """A copy under a scratch name, for QEMU without KVM; every controller and device of it stays.

    Args:
        data: a domain XML that was read already, so without DTD or entities.
        emulator: the QEMU that is installed here.
    """
    root = ElementTree.fromstring(data)
    root.set("type", "qemu")
    root.attrib.pop("id", None)
    for child in list(root):
        if child.tag in (*_HOSTS, "name", "uuid") or child.tag.startswith("{"):  # qemu:commandline and the like
            root.remove(child)
    name = Element("name")
    name.text = f"{PREFIX}{os.getpid()}-{os.urandom(4).hex()}"
    root.insert(0, name)
    _leave_host_cpu(root)
    _leave_host_memory(root)
    lists = root.findall("devices")  # all of them count
    for devices in lists:
        for old in devices.findall("emulator"):
            devices.remove(old)
    if lists:
        chosen = Element("emulator")
        chosen.text = emulator
        lists[0].insert(0, chosen)
    return ElementTree.tostring(root)


def _leave_host_cpu(root: Element) -> None:
    cpu = root.find("cpu")
    if cpu is not None:
        for child in list(cpu):
            if child.tag not in ("numa", "topology"):
                cpu.remove(child)
        cpu.attrib.clear()
    for entry in root.findall("sysinfo"):
        root.remove(entry)
    for kind in root.findall("os"):
        for child in list(kind):
            if child.tag in ("smbios", "nvram"):  # libvirt names an NVRAM of its own then, and looks for that one
                kind.remove(child)


def _leave_host_memory(root: Element) -> None:
    for tag in ("numatune", "cputune", "memtune", "blkiotune"):
        for child in root.findall(tag):
            root.remove(child)
    for backing in root.findall("memoryBacking"):
        for child in list(backing):
            if child.tag not in ("access", "source"):  # virtiofs is refused where memory is not shared
                backing.remove(child)


def startable(resolved: str) -> Startable:
    """A copy of what libvirt defined, every address explicit, in which stand-ins take the places of host devices."""
    root = ElementTree.fromstring(resolved)
    drivers: dict[str, str] = {}
    for devices in root.findall("devices"):
        for device in list(devices):
            if device.tag in _LEFT_OUT:
                devices.remove(device)
            elif device.tag in _REPLACED:
                _replace(devices, device, drivers)
            elif device.tag == "disk":
                _empty(device)
            elif device.tag == "video":
                _draw_inside(device)
    return Startable(ElementTree.tostring(root), drivers)


def _replace(devices: Element, device: Element, drivers: dict[str, str]) -> None:
    at = list(devices).index(device)
    devices.remove(device)
    address = device.find("address")
    if address is None or address.get("type") != "pci":
        return
    alias = f"{ALIAS}{len(drivers)}"
    rng = Element("rng", model="virtio")
    ElementTree.SubElement(rng, "backend", model="random").text = "/dev/urandom"
    ElementTree.SubElement(rng, "alias", name=alias)
    rng.append(address)
    acpi = device.find("acpi")
    if acpi is not None and acpi.get("index"):
        ElementTree.SubElement(rng, "acpi", index=acpi.get("index", ""))
    devices.insert(at, rng)
    drivers[alias] = _driver(device)


def _driver(device: Element) -> str:
    size = device.find("size") if device.tag == "shmem" else None
    if size is not None:
        return _with_memory(size_of(size.text or "", size.get("unit") or "bytes"))
    model = device.find("model")
    kind = model.get("type", "") if model is not None else ""
    if device.tag != "interface" or device.get("type") == "hostdev":
        return ""
    return _NIC.get(kind, kind if kind in _NICS else "")


def _draw_inside(video: Element) -> None:
    """A video device of its kind that QEMU itself draws: a program beside it, or a GPU, would be the host's."""
    driver = video.find("driver")
    if driver is not None and driver.get("name") == "vhostuser":
        del driver.attrib["name"]
    for model in video.findall("model"):
        for one in model.findall("acceleration"):
            model.remove(one)


def _with_memory(size: int | None) -> str:
    """A stand-in with a BAR as large as shared memory has."""
    return f"{MEMBAR}{1 << (size - 1).bit_length()}" if size and _PAGE <= size <= _LARGEST else ""


def _empty(disk: Element) -> None:
    """A disk of its kind without content: pools, networks and files are the host's."""
    for child in list(disk):
        if child.tag not in ("target", "address", "alias", "readonly"):
            disk.remove(child)
    disk.set("type", "file")
    if disk.get("device", "disk") in ("disk", "lun"):
        disk.set("device", "disk")
        ElementTree.SubElement(disk, "source", file="/dev/null")

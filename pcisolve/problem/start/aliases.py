"""The names libvirt gives QEMU for its devices, by which <qemu:override> and bus= know them.

Source: libvirt src/qemu/qemu_alias.c; asked from 9.0.0.
"""

from __future__ import annotations

from typing import Final

from pcisolve.problem.layout import Layout
from pcisolve.problem.lists import disk_number
from pcisolve.problem.parts import Controller, Part

_USERS: Final = "ua-"  # libvirt keeps no other alias of the input
# Counted in libvirt's order, whether they are on PCI or not.
_COUNTED: Final = {
    "interface": "net",
    "video": "video",
    "sound": "sound",
    "hostdev": "hostdev",
    "watchdog": "watchdog",
    "memballoon": "balloon",
    "rng": "rng",
    "input": "input",
    "filesystem": "fs",
    "shmem": "shmem",
    "vsock": "vsock",
    "iommu": "iommu",
    "crypto": "crypto",
    "panic": "panic",
}
_INDEXED: Final = ("scsi", "sata", "virtio-serial", "usb", "ide", "nvme")


def aliases(layout: Layout) -> dict[str, Part]:
    """The parts of a layout by the name that QEMU knows them by; those whose name is not known are left out."""
    found: dict[str, Part] = {}
    counts: dict[str, int] = {}
    for part in (*layout.problem.parts, *layout.choice.added):
        name = user_alias(part) or _own(part, counts)
        if name and "none" not in (part.view.get("model"), part.view.get("model/type")):  # counted, but not made
            found.setdefault(name, part)
    return found


def user_alias(part: Part) -> str:
    """The alias of the input; "" where libvirt gives one."""
    name = part.view.get("alias/name") or ""
    return name if name.startswith(_USERS) else ""


def _own(part: Part, counts: dict[str, int]) -> str:
    if isinstance(part, Controller):
        return f"pci.{part.index}"
    if part.kind == "controller":
        kind, index = part.view.get("type") or "", part.view.get("index") or "0"
        if kind in ("usb", "ide") and index == "0":
            return kind
        return f"{kind}{index}" if kind in _INDEXED else ""
    if part.kind == "disk":
        return f"virtio-disk{disk_number(part.view.get('target/dev') or '')}"
    prefix = _COUNTED.get(part.kind)
    if prefix is None:
        return ""
    counts[prefix] = counts.get(prefix, -1) + 1
    return f"{prefix}{counts[prefix]}"


def bus_name(layout: Layout, provider: Controller) -> str:
    """The name QEMU has for a controller's bus."""
    if provider.is_root:
        if provider.index == 0:
            return root_bus(provider.model is not None and provider.model.express)
        return f"{user_alias(provider) or f'pci.{provider.index}'}.0"
    return user_alias(provider) or f"pci.{provider.index}"


def root_bus(express: bool) -> str:
    """The name of the machine's own bus."""
    return "pcie.0" if express else "pci.0"

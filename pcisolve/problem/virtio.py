"""Which transport an address-less virtio device uses: PCI, CCW (s390) or virtio-mmio (arm, riscv boards)."""

from __future__ import annotations

from pcisolve.catalog.machines import Machine
from pcisolve.core.node import Node
from pcisolve.problem.parts import Part


def repeats_a_serial(node: Node) -> bool:
    """Whether a console is only the other name of the first serial device, whose address it then repeats.

    Source: libvirt src/conf/domain_postparse.c virDomainDefAddConsoleCompat.
    """
    return node.tag == "console" and node.get("target/type") in (None, "serial")


def leave_pci(part: Part, machine: Machine) -> None:
    """Turn a device that is never on PCI to its own bus, whatever address it was given.

    Virtio channels get a virtio-serial port, ibmvscsi and spapr-vlan a spapr-vio address, and so does what pseries has
    on that bus. Source: libvirt src/qemu/qemu_domain_address.c, tried with 9.0.0.
    """
    if part.address_type != "pci":
        return
    view = part.view
    if part.kind == "channel" and view.get("target/type") == "virtio":
        part.new_type = "virtio-serial"
    elif _is_spapr_vio(part) or (machine.spapr_vio and _is_on_spapr_vio(part)):
        part.new_type = "spapr-vio"
    if part.new_type:
        part.address_type, part.asked = part.new_type, None


def _is_spapr_vio(part: Part) -> bool:
    view = part.view
    if part.kind == "controller":
        return view.get("type") == "scsi" and view.get("model") == "ibmvscsi"
    if part.kind == "interface":
        return view.get("model/type") == "spapr-vlan"
    return part.variant is not None and part.variant.name == "spapr-vio-serial"


def _is_on_spapr_vio(part: Part) -> bool:
    return part.kind == "nvram" or (part.kind == "tpm" and part.view.get("model") != "spapr-tpm-proxy")


def lose_address(part: Part) -> None:
    """Take the address of a device that is there in name only, or that libvirt turns to its own bus afterwards.

    A video, a balloon and a USB controller of model "none" keep no place; of a USB hub and of memory the place is kept
    free while everything is placed. Source: libvirt src/qemu/qemu_domain_address.c, tried with 9.0.0.
    """
    how = "" if part.variant is None or part.address_node is None else part.variant.pci_address
    if how == "dropped":
        part.drops_address, part.address_type = True, ""
    elif how == "replaced" and part.address_type == "pci":
        part.loses_address = True
    elif part.address_type == "pci" and part.pinned is None and _is_never_placed(part):
        part.drops_address = True  # an address without a place, on what gets none


def _is_never_placed(part: Part) -> bool:
    return part.variant is None or not (part.variant.needs or part.variant.pci_address == "refused")


def is_there_in_name_only(view: Node) -> bool:
    """Whether libvirt looks at nothing but the model: a memory balloon or USB controller of model none."""
    nameless = view.tag == "memballoon" or (view.tag == "controller" and view.get("type") == "usb")
    return nameless and view.get("model") == "none"


def settle_virtio_addresses(parts: list[Part], machine: Machine, express: bool) -> None:
    """Give address-less virtio devices the address type the machine prefers.

    Rules zpci-default-ccw and virtio-mmio-switch: on arm and riscv boards one device with a
    virtio-mmio address, or the lack of a pcie-root, turns all of them to virtio-mmio.
    """
    if machine.virtio_address == "ccw":
        transport = "ccw"
    elif machine.virtio_address == "mmio-or-pci":
        if express and not any(part.address_type == "virtio-mmio" for part in parts):
            return
        transport = "virtio-mmio"
    else:
        return
    for part in parts:
        if part.address_type == "" and _follows_transport(part, transport):
            part.address_type = transport


def _follows_transport(part: Part, transport: str) -> bool:
    view, kind = part.view, part.kind
    if kind == "disk":
        return view.get("target/bus") == "virtio"
    if kind in ("interface", "video"):
        return (view.get("model/type") or "").startswith("virtio")
    if kind == "input":
        return view.get("bus") == "virtio"
    if kind == "controller":
        return view.get("type") in ("virtio-serial", "scsi")
    if kind == "hostdev":
        return view.get("type") == "scsi_host"
    if kind == "memory":
        return (view.get("model") or "").startswith("virtio")
    if kind in ("filesystem", "vsock", "crypto"):
        return transport == "ccw"
    if kind == "sound":
        return view.get("model") == "virtio"
    return kind in ("memballoon", "rng")

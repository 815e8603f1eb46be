"""For which hypervisor a guest is: places and machines are known of QEMU's only.

Source: libvirt src/conf/domain_conf.c, the words of <domain type>.
"""

from __future__ import annotations

from typing import Final

from pcisolve.core.errors import InputError
from pcisolve.core.node import Node, Source

_OTHERS: Final = {
    "bhyve": "bhyve",
    "ch": "cloud-hypervisor",
    "esx": "VMware ESX",
    "hyperv": "Hyper-V",
    "lxc": "LXC containers",
    "openvz": "OpenVZ containers",
    "parallels": "Virtuozzo",
    "phyp": "IBM PowerVM",
    "test": "libvirt's test driver",
    "uml": "User Mode Linux",
    "vbox": "VirtualBox",
    "vmware": "VMware",
    "vz": "Virtuozzo",
    "xen": "Xen",
}


def other_hypervisor(root: Node) -> str:
    """What a guest is for, in words, where that is not QEMU (kvm, qemu, hvf, or an unknown word); else ""."""
    return _OTHERS.get(root.attributes.get("type", ""), "")


def refuse_other(root: Node, source: Source) -> None:
    """Stop where places of QEMU's are asked for.

    Raises:
        InputError: the guest is for another hypervisor.
    """
    hypervisor = other_hypervisor(root)
    if hypervisor:
        message = f"this guest is for {hypervisor}, which gives its devices places by rules of its own"
        expected = "a <domain> of type kvm, qemu or hvf; pcisolve check judges what all hypervisors share"
        raise InputError(message, expected=expected, location=source.location(root))

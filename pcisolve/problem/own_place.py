"""Controllers that libvirt takes for the ones inside a PIIX3 chip, whatever the machine, when they are at its place.

Source: libvirt src/qemu/qemu_domain_address.c qemuDomainCollectPCIAddress, asked from 9.0.0.
"""

from __future__ import annotations

from pcisolve.core.address import Address
from pcisolve.problem.parts import Part


def at_own_place(part: Part) -> bool:
    """Whether a controller is at the place it has in its chip: libvirt then keeps no place free for it."""
    own = None if part.variant is None else part.variant.own_place
    if own is None or part.pinned is None or part.view.get("index") != str(own.index):
        return False
    return part.pinned == Address(0, 0, own.slot, own.function)

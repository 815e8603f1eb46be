"""Multi-domain guests for these tests: controllers and devices on lines of their own."""

from __future__ import annotations

Spot = tuple[int, int, int]


def guest(*elements: str, machine: str = "q35", arch: str = "x86_64") -> bytes:
    """A domain XML whose first element stands on line 5."""
    quiet = "<memballoon model='none'/>\n<controller type='usb' index='0' model='none'/>"
    lines = "\n".join((*elements, quiet))
    return (
        f"<domain type='qemu'>\n<name>g</name><memory>1</memory>\n"
        f"<os><type arch='{arch}' machine='{machine}'>hvm</type></os>\n<devices>\n{lines}\n</devices></domain>\n"
    ).encode()


def address(spot: Spot | None) -> str:
    """An <address> from (domain, bus, slot), or nothing."""
    if spot is None:
        return ""
    domain, bus, slot = spot
    return f"<address type='pci' domain='{domain:#06x}' bus='{bus:#04x}' slot='{slot:#04x}' function='0x0'/>"


def controller(model: str, index: int | None = None, spot: Spot | None = None) -> str:
    """A PCI controller."""
    given = "" if index is None else f" index='{index}'"
    return f"<controller type='pci'{given} model='{model}'>{address(spot)}</controller>"


def device(spot: Spot | None = None) -> str:
    """A virtio device."""
    return f"<rng model='virtio'><backend model='random'>/dev/urandom</backend>{address(spot)}</rng>"


def domain_of_buses(buses: int) -> bytes:
    """Domain 5 with exactly so many buses: root ports, and switches below the first of them."""
    elements = [controller("pcie-root", 0), controller("pcie-root", 5)]
    ports: list[int] = []
    index = 6
    for number in range(min(buses - 1, 150)):
        place = f"<address type='pci' domain='5' bus='0' slot='{1 + number // 8}' function='{number % 8}'/>"
        elements.append(f"<controller type='pci' index='{index}' model='pcie-root-port'>{place}</controller>")
        ports.append(index)
        index += 1
    left = buses - 1 - len(ports)
    while left > 0:
        elements.append(controller("pcie-switch-upstream-port", index, (5, ports.pop(0), 0)))
        upstream, index, left = index, index + 1, left - 1
        for slot in range(min(left, 32)):
            elements.append(controller("pcie-switch-downstream-port", index, (5, upstream, slot)))
            index, left = index + 1, left - 1
    return guest(*elements)

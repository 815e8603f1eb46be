"""Guests of about 1,000 devices (or 16,000 controllers) with one conflict planted in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pcisolve.core.address import Address

_HEAD = (
    "<domain type='kvm'>\n  <name>planted</name>\n  <memory>1048576</memory>\n"
    "  <os><type arch='x86_64' machine='q35'>hvm</type></os>\n  <devices>\n"
    "    <controller type='usb' model='none'/>\n    <memballoon model='none'/>\n"
)
_TAIL = "  </devices>\n</domain>\n"


def _address(place: Address | None) -> str:
    if place is None:
        return ""
    domain, bus, slot, function = place
    return f"<address type='pci' domain='{domain:#06x}' bus='{bus:#04x}' slot='{slot:#04x}' function='{function:#x}'/>"


def controller(index: int | None, model: str, place: Address | None = None) -> str:
    """A PCI controller on a line of its own."""
    number = "" if index is None else f" index='{index}'"
    return f"    <controller type='pci'{number} model='{model}'>{_address(place)}</controller>\n"


def rng(place: Address | None = None) -> str:
    """A virtio random number generator on a line of its own."""
    return f"    <rng model='virtio'><backend model='random'>/dev/urandom</backend>{_address(place)}</rng>\n"


def domains(count: int, ports: int, first: int = 0) -> Iterator[str]:
    """So many roots, each with so many bridges below it in a line of slots, and one device behind each bridge."""
    index = count
    for root in range(first, first + count):
        yield controller(root, "pcie-root")
    for root in range(first, first + count):
        for port in range(ports):
            place = Address(root, 0, 1 + port // 8, port % 8)
            yield controller(index, "pcie-root-port", place)
            yield rng(Address(root, index, 0, 0))
            index += 1


def guest(*parts: str) -> bytes:
    """A whole domain XML."""
    return (_HEAD + "".join(parts) + _TAIL).encode()


SOUND = tuple(domains(4, 240))  # 960 devices behind 960 ports in 4 domains
NEXT = 4 + 4 * 240


def pigeonhole() -> bytes:
    """257 buses in domain 0: 256 controllers below its root."""
    extra = [controller(NEXT + one, "pcie-switch-upstream-port", Address(0, 4 + one, 0, 0)) for one in range(16)]
    without = [
        line for line in SOUND if "<rng" not in line or not any(f"bus='{4 + one:#04x}'" in line for one in range(16))
    ]
    return guest(*without, *extra)


def too_many_on_a_bus() -> bytes:
    """33 devices on the 31 slots of one bridge."""
    root, bus = 3, 4 + 240 * 3 + 239
    lines = [line for line in SOUND if not ("<rng" in line and f"bus='{bus:#04x}'" in line)]
    bridge = controller(NEXT, "pcie-to-pci-bridge", Address(root, bus, 0, 0))
    sound = [
        f"    <sound model='ac97'>{_address(Address(root, NEXT, 1 + number % 31, 0))}</sound>\n" for number in range(33)
    ]
    return guest(*lines, bridge, *sound)


def cycle() -> bytes:
    """Two switch ports plugged into each other."""
    lines = [line for line in SOUND if not ("<rng" in line and "bus='0x04'" in line)]
    return guest(
        *lines,
        controller(NEXT, "pcie-switch-upstream-port", Address(0, NEXT + 1, 0, 0)),
        controller(NEXT + 1, "pcie-switch-downstream-port", Address(0, NEXT, 0, 0)),
    )


def index_order() -> bytes:
    """A switch port whose index is below that of the port it is plugged into."""
    lines = [line for line in SOUND if not ("<rng" in line and "bus='0x04'" in line)]
    lines[4] = controller(90000, "pcie-root-port", Address(0, 0, 1, 0))
    return guest(*lines, controller(50000, "pcie-switch-upstream-port", Address(0, 90000, 0, 0)))


def duplicate_bus() -> bytes:
    """One controller index in two domains."""
    return guest(*SOUND, controller(NEXT - 1, "pcie-root-port", Address(0, 0, 31, 0)))


def two_at_one_place() -> bytes:
    """Two devices at one address."""
    return guest(*SOUND, rng(Address(2, 240 * 2 + 10, 0, 0)))


PLANTED: dict[str, Callable[[], bytes]] = {
    "257 buses in a domain": pigeonhole,
    "33 devices on 31 slots": too_many_on_a_bus,
    "a cycle": cycle,
    "index order": index_order,
    "one bus in two domains": duplicate_bus,
    "two at one place": two_at_one_place,
}


def many_domains() -> bytes:
    """64 domains, 16,000 controllers, 15,360 devices, and two devices at one address."""
    lines = list(domains(64, 240))
    index = 64 + 64 * 240
    for root in range(64):
        for extra in range(9):
            bus = 64 + root * 240 + extra
            lines.append(controller(index, "pcie-switch-upstream-port", Address(root, bus, 0, 0)))
            index += 1
    behind = {f"bus='{64 + root * 240 + extra:#04x}'" for root in range(64) for extra in range(9)}
    kept = [line for line in lines if "<rng" not in line or line.split(" ")[9] not in behind]
    return guest(*kept, rng(Address(31, 64 + 31 * 240 + 50, 0, 0)))

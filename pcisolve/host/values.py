"""What is known of a host: its PCI functions, the buses they are below, its NUMA nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from pcisolve.core.address import Address

MEM32: Final = "mem32"
MEM64: Final = "mem64"
IO: Final = "io"
BAR_KINDS: Final = (MEM32, MEM64, IO)

# Source: PCI Code and ID Assignment Specification 1.11, base class 06h: PCI-to-PCI, CardBus, semi-transparent.
_BRIDGES: Final = frozenset({0x0604, 0x0607, 0x0609})


class Bus(NamedTuple):
    """A root bus, which a host bridge provides: PCI domain, of up to 32 bits, and bus number."""

    domain: int
    bus: int

    def __str__(self) -> str:
        return f"{self.domain:04x}:{self.bus:02x}"


@dataclass(frozen=True, slots=True)
class Link:
    """A PCI Express link: `speed` in GT/s per lane, `width` in lanes."""

    speed: float
    width: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A base address register: 0..5, of which kind (MEM32, MEM64, IO), and bytes."""

    index: int
    kind: str
    prefetchable: bool
    size: int


@dataclass(frozen=True, slots=True)
class Names:
    """What the host's system calls a function: network interfaces, disks, RDMA devices."""

    net: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    rdma: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every name."""
        return self.net + self.block + self.rdma


@dataclass(frozen=True, slots=True)
class Function:
    """A PCI function. None, "" and () are what the source does not say, or what is not there.

    Attributes:
        address: its own; unique on a host.
        parent: the address of the bridge it is below, or its root bus.
        class_code: base class and subclass, 16 bits.
        prog_if: programming interface, 8 bits.
        vendor, device: IDs of 16 bits.
        subsystem: vendor and device ID of the card.
        node: NUMA node.
        iommu_group: its number.
        pf: of a virtual function, the physical one.
        total_vfs: how many virtual functions it can have.
        link, max_link: as it is, and the most it is capable of.
        bandwidth: GB/s of the link as it is, in one direction.
        buses: of a bridge, secondary and subordinate bus number.
        bars: those that have a size.
        driver: of the kernel.
        names: what the system calls it.
    """

    address: Address
    parent: Address | Bus
    class_code: int
    vendor: int
    device: int
    prog_if: int | None = None
    subsystem: tuple[int, int] | None = None
    node: int | None = None
    iommu_group: int | None = None
    pf: Address | None = None
    total_vfs: int = 0
    link: Link | None = None
    max_link: Link | None = None
    bandwidth: float | None = None
    buses: tuple[int, int] | None = None
    bars: tuple[Bar, ...] = ()
    driver: str = ""
    names: Names = Names()

    @property
    def is_bridge(self) -> bool:
        """Whether other functions may be below it; a host bridge's own function (class 0600) has none."""
        return self.class_code in _BRIDGES

    @property
    def is_vf(self) -> bool:
        """Whether it is a virtual function of another one."""
        return self.pf is not None


@dataclass(frozen=True, slots=True)
class Root:
    """A root bus. `parent`: the function that provides it (Intel VMD), where that is one of the host's."""

    bus: Bus
    parent: Address | None = None


@dataclass(frozen=True, slots=True)
class NumaNode:
    """A NUMA node. `distances`: to every node of the host in their order, 10 to itself; () where not known."""

    number: int
    distances: tuple[int, ...] = ()

"""What a plan file says, as values; each knows where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pcisolve.catalog.bars import Bar
from pcisolve.core.address import Address
from pcisolve.planning.file.text import Mark, PlanText

CONTROLLERS: Final = "controllers"
SPREAD: Final = "spread"
LOW_INDEXES: Final = "low-indexes"


Which = tuple[str, int]  # a device: its group, and its rank from 0


class MachineWish(NamedTuple):
    """The virtual machine; memory in MiB, huge pages in KiB, 0, "" and None where the plan does not say."""

    arch: str | None
    type: str | None
    memory: int
    vcpus: int
    at: Mark
    accelerator: str = "qemu"
    cpu: str = ""
    firmware: str = ""
    hugepages: int = 0


def copy_name(name: str, copies: int, copy: int) -> str:
    """What one of several alike domains or roots is called, such as io-2."""
    return name if copies == 1 else f"{name}-{copy + 1}"


def _names(name: str, copies: int) -> tuple[str, ...]:
    own = [copy_name(name, copies, copy) for copy in range(copies)]
    return tuple(dict.fromkeys((name, *own)))


class DomainWish(NamedTuple):
    """One or more alike PCI domains. `nodes`: guest NUMA nodes, one for all or one each; () for none.

    `iommu`: the model of the IOMMU that each root has for itself; "" for none.

    `open`: any number of them, from none up to what the machine has; an explanation asks so.
    """

    name: str
    number: int | None
    copies: int
    nodes: tuple[int, ...]
    at: Mark
    open: bool = False
    iommu: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What devices may call them: all of them by one name, or each by its own."""
        return _names(self.name, self.copies)


class RootWish(NamedTuple):
    """One or more alike expander buses of the only domain."""

    name: str
    copies: int
    nodes: tuple[int, ...]
    at: Mark
    iommu: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What devices may call them: all of them by one name, or each by its own."""
        return _names(self.name, self.copies)


class SwitchWish(NamedTuple):
    """A switch of its own. `parent`: the switch or the root above it; "" for bus 0."""

    name: str
    parent: str
    at: Mark


class Select(NamedTuple):
    """What devices of the host a group is. None and () for what is not said.

    Attributes:
        kinds: words for its PCI class, as `gpu`, one of which it is.
        most: how many; 0 for all.
    """

    kinds: tuple[str, ...]
    vendor: int | None
    device: int | None
    node: int | None
    addresses: tuple[Address, ...]
    iommu_group: int | None
    vf_of: Address | None
    most: int


class MirrorWish(NamedTuple):
    """Groups whose devices stand to each other as on the host. `keep`: how much of it; `strict`: all or nothing."""

    groups: tuple[str, ...]
    keep: str
    strict: bool
    at: Mark


class DeviceWish(NamedTuple):
    """A group of alike devices. `domains`, `roots`, `nodes`: where it is confined to; () for no such wish.

    Attributes:
        numbers: what each is called by; () for 0, 1, 2, ...
        own: what the plan says of each of them, by key: alias, mac, boot, acpi-index, source.
        without: numbers of those that are left out, until `members.py` does so.
        family: the group of the plan of which these are some; "" for all of them.
    """

    name: str
    kind: str
    copies: int
    domains: tuple[str, ...]
    roots: tuple[str, ...]
    nodes: tuple[int, ...]
    address: Address | None
    multifunction: bool
    isolation: str | None
    host: tuple[Address, ...]
    at: Mark
    marks: dict[str, Mark]
    bars: tuple[Bar, ...] = ()
    select: Select | None = None
    numbers: tuple[int, ...] = ()
    own: Mapping[str, tuple[str, ...]] = {}  # nobody changes it
    family: str = ""
    without: tuple[int, ...] = ()
    hotplug: bool = True
    switch: str | None = None

    def number(self, rank: int) -> int:
        """The number of a device in the group as the plan has it."""
        return self.numbers[rank] if self.numbers else rank

    def called(self, rank: int) -> str:
        """What messages call one of its devices: "gpu[3]", or "gpu" where there is one."""
        if self.copies == 1 and not self.numbers:
            return self.name
        return f"{self.family or self.name}[{self.number(rank)}]"

    def mark(self, key: str) -> Mark:
        """Where the value of a key stands; the whole entry when it is absent."""
        return self.marks.get(key, self.at)


def bare_wish(name: str, kind: str, copies: int) -> DeviceWish:
    """Devices of which no plan says anything further."""
    return DeviceWish(name, kind, copies, (), (), (), None, False, None, (), Mark(1, 1, 0), {})


class PinWish(NamedTuple):
    """Where some devices of groups are: fields of DeviceWish with their values, and where they stand in the file."""

    groups: tuple[str, ...]
    changes: dict[str, Any]
    at: Mark
    marks: dict[str, Mark]


class Together(NamedTuple):
    """Groups whose devices belong in one unit; pairwise: the nth of each group."""

    groups: tuple[str, ...]
    unit: str
    pairwise: bool
    at: Mark


class Apart(NamedTuple):
    """Groups of which one unit may have at most so many devices, counted together."""

    groups: tuple[str, ...]
    unit: str
    at_most: int
    at: Mark


class Spare(NamedTuple):
    """Slots to keep free in each unit. `kind`: pcie or pci; `roots`: the names of those that have them; () for any."""

    kind: str
    copies: int
    unit: str
    hotplug: bool
    at: Mark
    roots: tuple[str, ...] = ()
    marks: dict[str, Mark] = {}  # noqa: RUF012  # nobody changes it


class Limit(NamedTuple):
    """A number that must not be exceeded: of controllers, domains, buses of a domain, or what one root has."""

    name: str
    value: int
    at: Mark


Relation = Together | Apart


class Plan(NamedTuple):
    """A whole plan file.

    Attributes:
        prefer: what to minimise, in this order.
        marks: where the values of the top keys stand.
        host: the file that describes the host.
        cells: NUMA nodes that the guest has at least.
    """

    text: PlanText
    guest: str
    machine: MachineWish | None
    platform: str | None
    scheme: str | None
    base: str | None
    domains: tuple[DomainWish, ...]
    roots: tuple[RootWish, ...]
    devices: tuple[DeviceWish, ...]
    relations: tuple[Relation, ...]
    spares: tuple[Spare, ...]
    limits: tuple[Limit, ...]
    prefer: tuple[str, ...]
    marks: dict[str, Mark]
    host: str | None = None
    mirror: MirrorWish | None = None
    cells: int = 0
    pins: tuple[PinWish, ...] = ()
    switches: tuple[SwitchWish, ...] = ()

    def mark(self, key: str) -> Mark:
        """Where the value of a top key stands; the beginning of the file when it is absent."""
        return self.marks.get(key, Mark(1, 1, 0))

    def limit(self, name: str) -> Limit | None:
        """The limit of this name."""
        return next((one for one in self.limits if one.name == name), None)

"""The whole question: a guest's parts, its machine, and how far down the answer must hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import merge
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from pcisolve.catalog.bars import Bar
from pcisolve.catalog.behaviors import ADDED_IN_ORDER
from pcisolve.catalog.catalog import NEWEST, Catalog
from pcisolve.catalog.machines import Machine
from pcisolve.core.address import Address
from pcisolve.core.node import Node, Source
from pcisolve.problem.firmware import firmware_of
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.reading import Unreadable
from pcisolve.problem.scheme import FLAT
from pcisolve.problem.serial_ports import Port
from pcisolve.problem.table import BusTable

if TYPE_CHECKING:
    from pcisolve.core.ignore import Ignore
    from pcisolve.problem.qemu.commandline import CommandLine

STAGES = ("libvirt", "qemu", "guest")
COMMON = "common"  # of a guest for another hypervisor: only what all of libvirt's drivers share
STABLE = "stable"
AUTO = "auto"
MINIMAL = "minimal"
POLICIES = (AUTO, "libvirt", MINIMAL, STABLE)
HOTPLUG = "hotplug"
KEEPS = ("", HOTPLUG)
ONE, ALL = "one", "all"
CONFLICTS = (ONE, ALL)
SCHEMES = ("auto", "flat", "multi-domain")
OLDEST_QEMU = (7, 2, 0)
NEWEST_QEMU = (11, 1, 0)
MAX_CONTROLLERS = 20_000


class Options(NamedTuple):
    """What the caller wants; the same options and input give the same answer.

    Attributes:
        libvirt, qemu: the versions that the answer is for.
        bus_bits: 8 bounds bus ids in the multi-domain scheme; 0 does not.
        time_limit: seconds that searching, proving and repairing may take.
        platform: the name of a platform (models/platforms) whose limits count as well; "" for none.
        repairs: False: findings are told without proof and repairs, and say so; a refused guest then costs no more
            than a sound one.
        keep: "hotplug": policy minimal leaves every endpoint a slot of its own where it can be hot-plugged.
        rules: folders of site rules, whose Python files are run.
        without: ids of rules that do not count.
        conflicts: "all": of a plan that has no layout every minimal conflict is told; "one": one of the smallest.
        prove: "infeasible" is checked again, in exact arithmetic or by a proof of the solver's that is checked.
        alone: nothing but the input itself is read: a plan has no base.
        severities: ids of rules, each with the severity that it has instead of its own.
        edits: repairs say which text of the file they replace.
    """

    scheme: str = "auto"
    stage: str = "guest"
    policy: str = AUTO
    libvirt: tuple[int, int, int] = NEWEST
    bus_bits: int = 0
    time_limit: float = 30.0
    platform: str = ""
    repairs: bool = True
    keep: str = ""
    rules: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()
    qemu: tuple[int, int, int] = NEWEST_QEMU
    conflicts: str = ONE
    prove: bool = False
    alone: bool = False
    severities: tuple[tuple[str, str], ...] = ()
    edits: bool = False


class Problem:
    """A guest as parts in libvirt's order, before anything was chosen.

    `roots` are the root controllers, in list order; `firmware` is what the guest boots; `command_line` what it hands on
    to QEMU by itself. `host_bars` are the BARs of host devices by the host's address, as far as somebody says them;
    `part_bars` those of any part by the number of its element, as a plan says them.
    """

    def __init__(
        self,
        *,
        root: Node,
        source: Source,
        catalog: Catalog,
        machine: Machine,
        options: Options,
        scheme: str,
        controllers: list[Controller],
        parts: list[Part],
        unreadable: list[Unreadable],
        ports: dict[Node, Port],
        command_line: CommandLine | None = None,
    ) -> None:
        self.root, self.source, self.catalog, self.machine = root, source, catalog, machine
        self.options, self.scheme = options, scheme
        self.controllers, self.parts = controllers, parts
        self.unreadable = dict.fromkeys(unreadable)  # in order, and quick to ask
        self.ports = ports
        self.firmware = firmware_of(root, machine)
        self.host_bars: Mapping[Address, tuple[Bar, ...]] = {}
        self.part_bars: Mapping[int, tuple[Bar, ...]] = {}
        self.command_line = command_line
        self.table = BusTable(scheme, controllers)
        self.roots = [one for one in controllers if one.is_root]
        # Comments of the input that ignore rules, which of them did, which rules were asked, and all that there are
        # (None: not known here).
        self.ignores: tuple[Ignore, ...] = getattr(source, "ignores", ())
        self.used_ignores: set[tuple[int, str]] = set()
        self.asked_rules: set[str] = set()
        self.known_rules: frozenset[str] | None = None
        self._by_kind = _by_kind(parts)
        self._highest_named: tuple[Part | None] | None = None
        self._free_indexes: list[int] | None = None
        self._usb_by_index: dict[str | None, list[Part]] | None = None
        if not self.flat:
            self._settle_domains()

    def _settle_domains(self) -> None:
        """Addresses on the bus of a controller without an address tell in which domain it has to be."""
        for part in self.parts:
            asked = part.pinned
            below = self.table.by_index.get(asked.bus) if asked is not None and asked.bus else None
            if asked is not None and below is not None and below.pinned is None and not below.is_root:
                below.domain = asked.domain

    def by_kind(self, kind: str) -> list[Part]:
        """The parts of one element name, in libvirt's list order."""
        return self._by_kind.get(kind, [])

    def listed(self, added: Sequence[Controller]) -> list[Controller]:
        """The PCI controllers with those that are added, as libvirt lists them (behavior added-in-order)."""
        own = self.controllers
        if not added or not own or not self.catalog.behaves(ADDED_IN_ORDER):
            return [*own, *added]
        if all(one.index <= other.index for one, other in pairwise(own)):
            return list(merge(own, sorted(added, key=_index), key=_index))
        found = list(own)
        for new in added:
            found.insert(next((at for at, one in enumerate(found) if one.index > new.index), len(found)), new)
        return found

    def parts_with(self, added: Sequence[Controller]) -> list[Part]:
        """All parts in libvirt's order, with the PCI controllers that are added."""
        if not added or not self.controllers or not self.catalog.behaves(ADDED_IN_ORDER):
            return [*self.parts, *added]
        first, last = self.parts.index(self.controllers[0]), self.parts.index(self.controllers[-1])
        return [*self.parts[:first], *self.listed(added), *self.parts[last + 1 :]]

    @property
    def free_indexes(self) -> list[int]:
        """The lowest PCI controller index that is free, and one above all that are used."""
        if self._free_indexes is None:
            used = {one.index for one in self.controllers}
            lowest = next(index for index in range(1, len(used) + 2) if index not in used)
            self._free_indexes = sorted({lowest, max(used, default=0) + 1})
        return self._free_indexes

    @property
    def usb_by_index(self) -> dict[str | None, list[Part]]:
        """The USB controllers of each index, in list order."""
        if self._usb_by_index is None:
            self._usb_by_index = {}
            for part in self.by_kind("controller"):
                if part.view.get("type") == "usb":
                    self._usb_by_index.setdefault(part.view.get("index"), []).append(part)
        return self._usb_by_index

    @property
    def highest_named(self) -> Part | None:
        """The part of the input that names the highest bus or index above 0, the first of them; None if none does."""
        if self._highest_named is None:
            self._highest_named = (self._find_highest_named(),)
        return self._highest_named[0]

    def _find_highest_named(self) -> Part | None:
        best, highest = None, 0
        for part in self.parts:
            asked = part.pinned
            number = 0 if asked is None else self.provider_index(asked)
            if isinstance(part, Controller) and part.index_given:
                number = max(number, part.index)
            if part.node is not None and number > highest:
                best, highest = part, number
        return best

    @property
    def flat(self) -> bool:
        """Whether every bus is in domain 0 and named by its controller's index."""
        return self.scheme == FLAT

    @property
    def numa_cells(self) -> int:
        """How many NUMA cells the guest has."""
        numa = self.root.find("cpu/numa")
        return sum(1 for _ in numa.all("cell")) if numa is not None else 0

    @property
    def fills_gaps(self) -> bool:
        """Whether missing indexes and buses are filled with added controllers: only below a single root, as today."""
        return self.flat or len(self.roots) <= 1

    def provider_index(self, address: Address) -> int:
        """The index of the controller an address names in this scheme, whether it exists or not."""
        if self.flat:
            return address.bus
        return address.bus or address.domain


def _index(controller: Controller) -> int:
    return controller.index


def _by_kind(parts: list[Part]) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = {}
    for part in parts:
        found.setdefault(part.kind, []).append(part)
    return found

"""What a plan comes to before anything is decided: roots, what may be added below them, and what wants a slot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from typing import NamedTuple

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.catalog.devices import DeviceClass, Variant
from pcisolve.core.kinds import DOWNSTREAM_PORT, ENDPOINT, PCI_EXPANDER, PCIE_EXPANDER, UPSTREAM_PORT
from pcisolve.firstfit.buses import Bus
from pcisolve.planning.file.values import DeviceWish, DomainWish, Plan, RootWish
from pcisolve.problem.parts import Controller

MAX_SWITCHES = 85  # of one root: a switch takes at least three of 256 bus numbers
PER_ROOT = ("domain", "root")  # units that a site which stands for several has as many of
OWN_BUS = ""  # a host's name: the bus of the root itself; other hosts are named by their controller model


class Room(NamedTuple):
    """What is free on buses: wholly empty slots, and functions of slots that root ports share already."""

    slots: int
    functions: int


class Site:
    """A root: a PCI domain's, or an expander bus's. Where buses begin, and devices find their NUMA node.

    Attributes:
        position: its number among the scene's sites.
        domain: the number of its domain among the scene's domains.
        wish: the plan's entry, None for a root the plan does not name.
        number: the PCI domain (multi-domain) or controller index it must have; None where that is open.
        node: guest NUMA node.
        existing: the base's controller; None for one that is added.
        optional: whether the layout may do without it.
        room: by host, what is free on the buses that exist.
        window: bus numbers it may use; None where only the domain's total counts.
        copies: how many roots, alike in all, it stands for; 1 but where fold.py made it.
        single: whether the plan names it by itself, not only with those of its entry.
        same: whether each of those holds the same; else they share what they have.
    """

    __slots__ = (
        "copies",
        "domain",
        "existing",
        "existing_buses",
        "existing_controllers",
        "model",
        "name",
        "node",
        "number",
        "optional",
        "position",
        "room",
        "same",
        "single",
        "window",
        "wish",
    )

    def __init__(
        self, position: int, domain: int, name: str, model: ControllerModel, wish: DomainWish | RootWish | None
    ) -> None:
        self.position, self.domain, self.name, self.model, self.wish = position, domain, name, model, wish
        self.number: int | None = None
        self.node: int | None = None
        self.existing: Controller | None = None
        self.optional = False
        self.room: dict[str, Room] = {OWN_BUS: Room(model.max_slot - model.min_slot + 1, 0)}
        self.existing_buses = model.guest_buses
        self.existing_controllers = 1
        self.window: int | None = None
        self.copies, self.same, self.single = 1, False, False

    @property
    def is_domain(self) -> bool:
        """Whether it is a domain's root, not an expander."""
        return self.model.root

    @property
    def names(self) -> set[str]:
        """What the plan calls it: its entry's name, and its own, such as io-2."""
        return set() if self.wish is None else {self.wish.name, self.name}

    def is_like(self, other: Site) -> bool:
        """Whether two roots could change places without anybody noticing but their numbers."""
        if any(one.existing is not None or one.number is not None or one.single for one in (self, other)):
            return False
        return self.wish is other.wish and self.node == other.node and self.model is other.model


class Group(NamedTuple):
    """A device group of the plan: its wish, what it is, and the connection kind one device needs."""

    wish: DeviceWish
    device: DeviceClass
    variant: Variant
    needs: int
    sites: tuple[int, ...]

    @property
    def name(self) -> str:
        """As the plan calls it."""
        return self.wish.name


class Item(NamedTuple):
    """What takes one slot: a device; devices of several groups, one function each; or up to `packed` alike ones.

    `integrated`: it sits on the root's own bus.
    """

    groups: tuple[str, ...]
    needs: int
    each: tuple[int, ...]
    packed: int
    integrated: bool = False


class Caps(NamedTuple):
    """The machine's or platform's own limits. None for those it does not have."""

    domains: int
    buses: int
    io_windows: int | None
    ports: int | None
    controllers: int | None


class Standing(NamedTuple):
    """What the base has that limits the rest: controller indexes, numbered ports, I/O windows, and for each domain
    with expander buses the bus numbers below the lowest of them."""

    indexes: frozenset[int]
    ports: int
    io_windows: int
    windows: dict[int, int]


class Cap(NamedTuple):
    """One of Caps by its name, with a value to try in its place."""

    name: str
    value: int


class Scene:
    """Everything the count model and the expansion need to know.

    `growth`: models that may be added, by name; `host_models`: those and the base's; `buses`: buses with something on
    them, by controller index; `existing`: the base's controllers by site; `direct`: endpoints go on the roots
    themselves; `locked_zero`: root 0 takes no isolation group.
    """

    def __init__(
        self,
        *,
        plan: Plan,
        scheme: str,
        sites: list[Site],
        growth: dict[str, ControllerModel],
        groups: list[Group],
        items: list[Item],
        caps: Caps,
        hosts: dict[str, ControllerModel],
        standing: Standing,
        buses: dict[int, Bus],
        existing: dict[int, list[Controller]],
        direct: bool,
        locked_zero: bool,
    ) -> None:
        self.standing, self.buses, self.existing = standing, buses, existing
        self.plan, self.scheme, self.sites = plan, scheme, sites
        self.growth, self.groups, self.items, self.caps = growth, groups, items, caps
        self.host_models, self.direct, self.locked_zero = hosts, direct, locked_zero
        self.by_group = {one.name: one for one in groups}
        self.by_domain = _by_domain(sites)

    def of_plan(self, plan: Plan, groups: list[Group]) -> Scene:
        """The same roots and buses under another plan."""
        other = copy(self)
        other.plan, other.groups = plan, groups
        other.by_group = {one.name: one for one in groups}
        return other

    def of_sites(self, sites: list[Site]) -> Scene:
        """The same plan over other roots."""
        other = copy(self)
        other.sites, other.by_domain = sites, _by_domain(sites)
        return other

    def host_model(self, site: Site, host: str) -> ControllerModel:
        """The model of a host's buses."""
        return site.model if host == OWN_BUS else self.host_models[host]

    def hosts(self, site: Site) -> Iterator[str]:
        """The sorts of buses there are, or may be, at a site."""
        yield OWN_BUS
        for name in self.host_models:
            if name in self.growth or name in site.room:
                yield name

    def takes(self, site: Site, host: str, item: Item) -> bool:
        """Whether an endpoint may be put on such a bus: where libvirt would put it unasked (rule alg-compatible)."""
        model = self.host_model(site, host)
        if item.integrated and host != OWN_BUS:
            return False
        return bool(model.accepts & item.needs) and (model.automatic or self.direct or item.integrated)

    def carries(self, site: Site, host: str, model: ControllerModel) -> bool:
        """Whether a controller of the model may be plugged in there; a switch is never put below a switch."""
        below = self.host_model(site, host)
        if model.needs & UPSTREAM_PORT and below.needs & DOWNSTREAM_PORT:
            return False
        return bool(below.accepts & model.needs)

    def switched_groups(self) -> set[str]:
        """The groups that a relation wants on switches."""
        return {
            name
            for one in self.plan.relations
            if one.unit == "switch"
            for name in one.groups
            if name in self.by_group and self.by_group[name].wish.address is None
        }

    def fixed_indexes(self) -> set[int]:
        """Indexes that are given: those of the base's controllers and of domains whose number the plan says."""
        found = {one.number for one in self.sites if one.number is not None}
        return found | self.standing.indexes

    def release(self, site: Site) -> int:
        """The index that everything below a root has to exceed; 0 where the root's own index is open."""
        return self.by_domain[site.domain][0].number or 0

    def units(self, unit: str) -> Iterator[list[Site]]:
        """The sites by unit: domain, root, numa or guest."""
        if unit == "guest":
            yield self.sites
        elif unit == "domain":
            yield from self.by_domain.values()
        elif unit == "numa":
            for node in sorted({one.node for one in self.sites if one.node is not None}):
                yield [one for one in self.sites if one.node == node]
        else:
            yield from ([one] for one in self.sites)


def _by_domain(sites: list[Site]) -> dict[int, list[Site]]:
    found: dict[int, list[Site]] = {}
    for site in sites:
        found.setdefault(site.domain, []).append(site)
    return found


def growth_models(
    roots: Iterable[ControllerModel], known: Iterable[ControllerModel], family: str
) -> list[ControllerModel]:
    """The models that may be added below these, at any depth, parents first.

    Roots and expanders are asked for, never grown; a bus for endpoints that libvirt would not use unasked, and that
    takes none while the guest runs, is never worth adding.
    """
    candidates = [one for one in known if _worth_adding(one, family)]
    reached = list(roots)
    found: list[ControllerModel] = []
    position = 0
    while position < len(reached):
        below = reached[position]
        position += 1
        for model in candidates:
            if model not in found and below.accepts & model.needs:
                found.append(model)
                reached.append(model)
    return found


def _worth_adding(model: ControllerModel, family: str) -> bool:
    if model.root or model.needs & (PCI_EXPANDER | PCIE_EXPANDER):
        return False
    if model.machines and family not in model.machines:
        return False
    return model.automatic or not model.accepts & ENDPOINT

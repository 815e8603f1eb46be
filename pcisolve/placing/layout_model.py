"""The one model of where things may be: how many parts of each class are on which host, and what has to be added.

Laws: slots and functions (rules.md 1.1), indexes (5.1), bus numbers of a domain and of a window (2.5, 7.2), chassis
numbers (7.4), I/O windows (7.3). What it costs the user is a list of levels, first things first.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from pcisolve.core.address import FUNCTIONS_PER_SLOT
from pcisolve.placing.model import new_model
from pcisolve.placing.space import CONTROLLER, ENDPOINT, PORT, Host, PartClass, Space

EXACT, SURE, ALL = "exact", "sure", "all"
LEFT_OUT: Final = "left out"
MOVED: Final = "moved"
NOT_HOTPLUGGABLE: Final = "not hot-pluggable"
CONVENTIONAL: Final = "conventional slots"
CONTROLLERS: Final = "controllers"
UNUSUAL: Final = "controllers of other kinds than libvirt adds"
_TAILS: Final = FUNCTIONS_PER_SLOT - 1
_EXPANDER: Final = 4

Pair = tuple[int, int]  # a class and a host, or a model of the growth and a host


class LayoutModel:
    """The model and its variables.

    Attributes:
        there: how many buses of a host there are: a number where that is fixed.
        heads: parts of a class at function 0 of a slot, by (class, host).
        tails: parts of a class at functions 1 to 7, by (class, host).
        stays: heads that are where first fit has them, by (class, host).
        opened: slots of a host that several parts share.
        added: controllers of a growth model that are added on a host, by (model, host).
        left: parts of a class that are left out, where that is allowed.
    """

    def __init__(self, space: Space, *, partial: bool = False, io: str = EXACT) -> None:
        """`partial`: parts may be left out; `io`: which I/O windows count, EXACT, SURE (devices' only) or ALL."""
        self.space, self.io = space, io
        self.model = new_model()
        self.most = sum(len(one.parts) for one in space.classes) + sum(len(one.members) for one in space.hosts)
        self.there: list[Any] = [self._there(host) for host in space.hosts]
        self.heads: dict[Pair, Any] = {}
        self.tails: dict[Pair, Any] = {}
        self.stays: dict[Pair, Any] = {}
        self.added: dict[Pair, Any] = {}
        self.opened: dict[int, Any] = {}
        self.left: dict[int, Any] = {}
        for number, parts in enumerate(space.classes):
            self._place(number, parts, partial)
        self._float()
        self._grow()
        for host in space.hosts:
            self._fit(host)
            self._share(host)
            self._keep(host)
        self._begin_somewhere()
        self._limit()

    def number(self, most: int) -> Any:
        """A new integer from 0."""
        return self.model.new_int_var(0, most, "")

    def _there(self, host: Host) -> Any:
        return self.number(host.most) if host.added or host.optional or host.floats else len(host.members)

    def _place(self, number: int, parts: PartClass, partial: bool) -> None:
        total = len(parts.parts)
        for host in sorted(parts.written):
            self.heads[number, host] = self.number(total)
            if parts.shares:
                self.tails[number, host] = self.number(total)
            if parts.reference.get(host):
                stays = self.stays[number, host] = self.number(parts.reference[host])
                self.model.add(stays <= self.heads[number, host])
        if partial:
            self.left[number] = self.number(total)
        self.model.add(self._on_all(number) + self.left.get(number, 0) == total)

    def _on_all(self, number: int) -> Any:
        hosts = self.space.classes[number].written
        return sum(self.heads[number, host] + self.tails.get((number, host), 0) for host in sorted(hosts))

    def _float(self) -> None:
        """A controller is below the site that it is plugged in at, with all that is plugged into it."""
        opened = {parts.parts[0]: number for number, parts in enumerate(self.space.classes)}
        at = {(host.members[0], host.site): host for host in self.space.hosts if host.floats}
        for (member, site), host in at.items():
            number = opened.get(member)
            if number is None:
                above = self.there[host.above] if host.above is not None else 0
                self.model.add(self.there[host.number] == above)
                continue
            here = (self.heads.get((number, one.number), 0) for one in self.space.hosts if one.site == site)
            self.model.add(self.there[host.number] == sum(here))

    def _grow(self) -> None:
        for number, model in enumerate(self.space.growth):
            for host in self.space.hosts:
                if host.model.accepts & model.needs:
                    self.added[number, host.number] = self.number(self.most)
        for host in self.space.hosts:
            if host.children is not None:
                here = (self.added.get((number, host.number), 0) for number in range(len(self.space.growth)))
                self.model.add(sum(here) <= host.children)
        names = {model.name: number for number, model in enumerate(self.space.growth)}
        for host in self.space.hosts:
            if host.added and host.model.name in names:
                below = [one.number for one in self.space.hosts if one.site == host.site]
                number = names[host.model.name]
                total = sum(self.added.get((number, one), 0) for one in below)
                self.model.add(self.there[host.number] == total)

    def _of(self, table: dict[Pair, Any], host: int, role: str | None = None) -> list[Any]:
        """The variables of a host's classes, of one role or of all."""
        found = ((number, table.get((number, host))) for number in range(len(self.space.classes)))
        return [one for number, one in found if one is not None and role in (None, self.space.classes[number].role)]

    def _fit(self, host: Host) -> None:
        """What is on the buses of a host fits into their slots; root ports share those of their own."""
        growth, number = self.space.growth, host.number
        new = [(model, self.added.get((one, number))) for one, model in enumerate(growth)]
        kept = [one for one in self.space.hosts if one.optional and one.above == number]
        ports = [one for model, one in new if one is not None and model.shares_slot]
        ports += [self.there[one.number] for one in kept if one.model.shares_slot]
        ports += self._of(self.heads, number, PORT)
        whole = [one for model, one in new if one is not None and not model.shares_slot]
        whole += [self.there[one.number] for one in kept if not one.model.shares_slot]
        whole += self._of(self.heads, number, CONTROLLER) + self._of(self.heads, number, ENDPOINT)
        if ports:
            taken = self.number(self.most)
            self.model.add(
                sum(ports) <= FUNCTIONS_PER_SLOT * taken + host.functions * (self.there[number] if host.floats else 1)
            )
            whole.append(taken)
        if whole:
            self.model.add(sum(whole) <= host.slots * self.there[number])

    def _share(self, host: Host) -> None:
        """Further functions of a slot: seven behind each head that opens its slot to others."""
        number = host.number
        tails = self._of(self.tails, number)
        if not tails:
            return
        heads = [self.heads[one, number] for one, parts in enumerate(self.space.classes) if (one, number) in self.tails]
        opened = self.opened[number] = self.number(self.most)
        self.model.add(sum(tails) <= _TAILS * opened)
        self.model.add(sum(tails) >= opened)
        self.model.add(opened <= sum(heads))

    def _keep(self, host: Host) -> None:
        """What stays on a controller of first fit's stays only while that is there."""
        for (number, at), stays in self.stays.items():
            if at == host.number and host.optional:
                each = self.space.classes[number].reference[at] // len(host.members)
                self.model.add(stays <= each * self.there[at])

    def _begin_somewhere(self) -> None:
        """Added controllers that may be below their like begin on a bus that is not: no circles."""
        for number in range(len(self.space.growth)):
            below = self._reachable(number)
            by_site: dict[int, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
            for host in self.space.hosts:
                one = self.added.get((number, host.number))
                if one is not None:
                    by_site[host.site][host.model.name in below and (host.added or self._is_open(host))].append(one)
            for others, own in by_site.values():
                if own:
                    self.model.add(sum(own) <= self.most * sum(others))

    def _is_open(self, host: Host) -> bool:
        return any(member in parts.parts for parts in self.space.classes for member in host.members)

    def _reachable(self, number: int) -> set[str]:
        """The models that may be below one of the growth, itself too, if at all."""
        models = {one.model.name: one.model for one in self.space.hosts}
        found: set[str] = set()
        waiting = [self.space.growth[number]]
        while waiting:
            above = waiting.pop()
            for name, model in models.items():
                if name not in found and above.accepts & model.needs:
                    found.add(name)
                    waiting.append(model)
        return found

    def _limit(self) -> None:
        limits, hosts = self.space.limits, self.space.hosts
        if limits.roots is not None:
            self.model.add(sum(self.there[one.number] for one in hosts if one.model.root) <= limits.roots)
        self.model.add(self.controllers >= limits.least)
        if limits.controllers is not None:
            self.model.add(self.controllers <= limits.controllers)
        for sites in self.space.domains:
            here = [one for one in hosts if one.site in sites]
            roots = sum(self.there[one.number] for one in here if one.model.root)
            need = sum(one.model.guest_buses * self.there[one.number] for one in here)
            self.model.add(need <= limits.buses * roots)
            if limits.ports is not None:
                ports = [self.there[one.number] for one in here if "chassis" in one.model.targets]
                self.model.add(sum(ports) <= limits.ports * roots)
        for site, size in limits.windows.items():
            need = sum(one.model.guest_buses * self.there[one.number] for one in hosts if one.site == site)
            self.model.add(need <= size)
        if limits.io_windows is not None:
            self.model.add(sum(map(self._io, hosts)) <= limits.io_windows)

    def _io(self, host: Host) -> Any:
        """How many of a host's bridges take a window of I/O ports: those with I/O ports of their own, and of those that
        get one in any case the ones without such a bridge below them."""
        here = [number for number, parts in enumerate(self.space.classes) if host.number in parts.io]
        heads = [self.heads[one, host.number] for one in here if (one, host.number) in self.heads]
        always = host.model.io_window and self.io != SURE
        if host.model.root or not (heads or always):
            return 0
        takers, there = self.number(self.most), self.there[host.number]
        self.model.add(takers <= there)
        self.model.add(sum(heads) <= host.slots * takers)
        tails = [self.tails[one, host.number] for one in here if (one, host.number) in self.tails]
        if tails:
            self.model.add(sum(tails) <= _TAILS * host.slots * takers)
        if always and self.io == ALL:
            self.model.add(takers >= there)
        elif always:
            filled = self.number(self.most)
            self.model.add(filled <= sum(self._bridges_on(host)))
            self.model.add(takers + filled >= there)
        return takers

    def _bridges_on(self, host: Host) -> list[Any]:
        """Bridges on a host's buses that get a window in any case."""
        growth, kept = enumerate(self.space.growth), (one for one in self.space.hosts if one.above == host.number)
        found = [self.added.get((one, host.number), 0) for one, model in growth if model.io_window]
        found += [self.there[one.number] for one in kept if one.model.io_window]
        for number, parts in enumerate(self.space.classes):
            model = parts.parts[0].model
            if model is not None and model.io_window:
                found.append(self.heads.get((number, host.number), 0))
        return [*found, int(host.number in self.space.filled)]

    @property
    def controllers(self) -> Any:
        """How many PCI controllers there are in all."""
        return sum(self.there)

    def level(self, name: str) -> Any:
        """What a level wants as low as possible."""
        if name == LEFT_OUT:
            return sum(self.left.values())
        if name == MOVED:
            return sum(one.placed for one in self.space.classes) - sum(self.stays.values())
        if name == NOT_HOTPLUGGABLE:
            opened = (one for host, one in self.opened.items() if self.space.hosts[host].hotplug)
            return sum(opened) + sum(self.tails.values()) + self._unplugged()
        if name == UNUSUAL:
            return self._unusual()
        return self._conventional() if name == CONVENTIONAL else self.controllers

    def _unusual(self) -> Any:
        """Added controllers that libvirt's own search never adds; an expander, a root of its own, counts more."""
        return sum(
            one * (_EXPANDER if "busNr" in self.space.growth[number].targets else 1)
            for (number, _), one in self.added.items()
            if self.space.growth[number].name not in self.space.usual
        )

    def _unplugged(self) -> Any:
        """Endpoints alone in a slot of a bus that takes none while the guest runs, where libvirt would put none."""
        found = []
        for (number, host), heads in self.heads.items():
            parts = self.space.classes[number]
            if parts.role == ENDPOINT and not self.space.hosts[host].hotplug and host not in parts.unasked:
                found.append(heads - self.stays.get((number, host), 0))
        return sum(found)

    def _conventional(self) -> Any:
        """Endpoints in conventional slots that libvirt would put on PCI Express."""
        found = []
        for (number, host), heads in self.heads.items():
            parts = self.space.classes[number]
            if parts.role == ENDPOINT and parts.express and not self.space.hosts[host].model.express:
                found.append(heads + self.tails.get((number, host), 0) - self.stays.get((number, host), 0))
        return sum(found)

"""The one model of where things may be: how many parts of each class are on which host, and what has to be added.

Here are the variables and what holds them together; the laws of the platform are posted by the rules themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import Any, Protocol

from pcisolve.core.address import FUNCTIONS_PER_SLOT
from pcisolve.placing.model import new_model
from pcisolve.placing.space import Host, PartClass, Space
from pcisolve.problem.admits import takes_added
from pcisolve.problem.parts import Part
from pcisolve.problem.problem import Problem

EXACT, SURE, ALL = "exact", "sure", "all"
Pair = tuple[int, int]  # a class and a host, or a model of the growth and a host


class Law(Protocol):
    """What steers the search: a rule that can say itself over the whole model."""

    def post(self, model: LayoutModel) -> None:
        """Write the law as constraints."""


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

    def __init__(
        self, problem: Problem, space: Space, rules: Iterable[Law], *, partial: bool = False, io: str = EXACT
    ) -> None:
        """A model with the laws that steer the search.

        Args:
            partial: parts may be left out.
            io: which I/O windows count: EXACT, SURE (devices' only) or ALL.
        """
        self.problem, self.space, self.io = problem, space, io
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
            self._keep(host)
        self._begin_somewhere()
        self._fill_gaps()
        for rule in rules:
            rule.post(self)

    def _fill_gaps(self) -> None:
        """No index below the highest is left out: below each there are enough controllers that may have a lower one."""
        if not self.space.least:
            return
        self.model.add(self.controllers >= self.space.least)
        hosts = [host for host in self.space.hosts if host.members]
        for below in sorted({one.index for host in hosts for one in host.members if one.index < self.space.least}):
            gaps = sum(one not in self.space.given for one in range(below))
            low = {host.number for host in self.space.hosts if not host.members or host.members[0].index < below}
            there = {host.number for host in hosts if host.number in low}
            kept = (one for one in hosts if one.optional and any(member.index < below for member in one.members))
            filled = sum(self.there[one.number] for one in kept)
            self.model.add(sum(one for (_, at), one in self.added.items() if at in low) + filled >= gaps)
            first = sum(one for (_, at), one in self.added.items() if at in there)
            self.model.add(self.most * first + filled >= gaps)

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
                if takes_added(host.model, model, written=self.space.written):
                    self.added[number, host.number] = self.number(self.most)
        names = {model.name: number for number, model in enumerate(self.space.growth)}
        for host in self.space.hosts:
            if host.added and host.model.name in names:
                below = [one.number for one in self.space.hosts if one.site == host.site]
                number = names[host.model.name]
                total = sum(self.added.get((number, one), 0) for one in below)
                self.model.add(self.there[host.number] == total)

    def _keep(self, host: Host) -> None:
        """What stays on a controller of first fit's stays only while that is there."""
        for (number, at), stays in self.stays.items():
            if at == host.number and host.optional:
                each = self.space.classes[number].reference[at] // len(host.members)
                self.model.add(stays <= each * self.there[at])

    def _begin_somewhere(self) -> None:
        """Added controllers that may be below their like begin on a bus that is not: no circles."""
        opened = {part: number for number, parts in enumerate(self.space.classes) for part in parts.parts}
        for number in range(len(self.space.growth)):
            below = self._reachable(number)
            for site in dict.fromkeys(host.site for host in self.space.hosts):
                here = [one for one in self.space.hosts if one.site == site and (number, one.number) in self.added]
                circular = [one for one in here if one.added and one.model.name in below]
                on_open = [
                    one for one in here if not one.added and one.members[0] in opened and one.model.name in below
                ]
                others = sum(
                    self.added[number, one.number] for one in here if one not in circular and one not in on_open
                )
                for one in on_open:
                    begins = others + self._on_existing(opened[one.members[0]], site)
                    self.model.add(self.added[number, one.number] <= self.most * begins)
                own = sum(self.added[number, one.number] for one in circular)
                begun = others + sum(self.added[number, one.number] for one in on_open)
                if circular:
                    self.model.add(own <= self.most * begun)

    def _on_existing(self, number: int, site: int) -> Any:
        """How many of a class are on buses of a site that are there in any case."""
        hosts = [one for one in self.space.hosts if one.members and one.site == site]
        return sum(self.heads.get((number, one.number), 0) for one in hosts)

    def _reachable(self, number: int) -> set[str]:
        """The models that may be below one of the growth, itself too, if at all."""
        models = {one.model.name: one.model for one in self.space.hosts}
        found: set[str] = set()
        waiting = [self.space.growth[number]]
        while waiting:
            above = waiting.pop()
            for name, model in models.items():
                if name not in found and takes_added(above, model, written=self.space.written):
                    found.add(name)
                    waiting.append(model)
        return found

    @property
    def controllers(self) -> Any:
        """How many PCI controllers there are in all."""
        return sum(self.there)

    # -- what rules speak of ------------------------------------------------------------------

    def at_most(self, count: Any, limit: Any) -> None:
        """A count is no more than a limit; either may be a number."""
        relation = count <= limit
        if relation is False:
            self.model.add_bool_or([])
        elif relation is not True:
            self.model.add(relation)

    def buses(self, sites: Container[int], test: Callable[[Host], bool] = lambda host: True) -> Any:
        """How many buses there are at these sites, of the hosts that a test picks."""
        return sum(self.there[one.number] for one in self.space.hosts if one.site in sites and test(one))

    def bus_numbers(self, sites: Container[int], *, needed: bool = False) -> Any:
        """How many bus numbers firmware gives out at these sites; `needed`: only those of buses with something on."""
        hosts = [one for one in self.space.hosts if one.site in sites]
        there = {one.number: self._needed(one) if needed else self.there[one.number] for one in hosts}
        return sum(one.model.guest_buses * there[one.number] for one in hosts)

    def _needed(self, host: Host) -> Any:
        """Buses of a host that something open is plugged into; roots in any case."""
        if host.model.root:
            return self.there[host.number]
        number, most = self.number(self.most), max(host.slots, 1) * FUNCTIONS_PER_SLOT
        for table in (self.heads, self.tails, self.added):
            here = [one for (_, at), one in table.items() if at == host.number]
            if here:
                self.model.add(sum(here) <= most * number)
        return number

    def endpoints(self, sites: Container[int], test: Callable[[Part], bool]) -> Any:
        """How many of the open endpoints that a test picks are at these sites; those with an address do not count."""
        picked = [number for number, parts in enumerate(self.space.classes) if test(parts.parts[0])]
        hosts = [one.number for one in self.space.hosts if one.site in sites]
        pairs = [(number, host) for number in picked for host in hosts if (number, host) in self.heads]
        return sum(self.heads[one] + self.tails.get(one, 0) for one in pairs)

    def of_host(self, table: dict[Pair, Any], host: int, role: str | None = None) -> list[Any]:
        """The variables of a host's classes, of one role or of all."""
        found = ((number, table.get((number, host))) for number in range(len(self.space.classes)))
        return [one for number, one in found if one is not None and role in (None, self.space.classes[number].role)]

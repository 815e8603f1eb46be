"""The sparse table between controller indexes and (domain, bus), in both schemes.

Multi-domain scheme (proposed to libvirt by Richard Hansen, 2022): a root controller with index N is
domain N and provides its bus 0; any other controller with index N, plugged in below a root D,
provides bus N of domain D. Flat scheme: everything is in domain 0 and the bus is the index.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pcisolve.problem.parts import Controller
from pcisolve.problem.scheme import FLAT


class Found(NamedTuple):
    """The controller that provides a bus."""

    controller: Controller


class NoSuchDomain(NamedTuple):
    """No root controller has this index."""

    domain: int


class IsRootBus(NamedTuple):
    """The bus id is a root's index: that root's bus is 0 of a domain of its own."""

    root: Controller


class InOtherDomain(NamedTuple):
    """The controller with this index is plugged in below another root."""

    controller: Controller
    domain: int


class NoSuchController(NamedTuple):
    """No controller has the index that the bus id names."""

    missing: int


Lookup = Found | NoSuchDomain | IsRootBus | InOtherDomain | NoSuchController


class BusTable:
    """Index -> (domain, bus) and back. Costs memory per controller, never per index or bus id."""

    def __init__(self, scheme: str, controllers: Iterable[Controller]) -> None:
        self.flat = scheme == FLAT
        self.by_index: dict[int, Controller] = {}
        for controller in controllers:
            self.by_index.setdefault(controller.index, controller)
        self._domains: dict[int, int | None] = {}

    def domain_of(self, controller: Controller) -> int | None:
        """The PCI domain a controller's bus is in; None while its place (or that of a parent) is open."""
        if self.flat:
            return 0
        trail: list[int] = []
        known: int | None = None
        here: Controller | None = controller
        while here is not None and here.index not in self._domains:
            if here.is_root:
                self._domains[here.index] = here.index
                break
            if here.index in trail:
                break
            trail.append(here.index)
            here = self.parent_of(here)
        if here is not None:
            known = self._domains.get(here.index)
        for index in trail:
            self._domains[index] = known
        return known

    def parent_of(self, controller: Controller) -> Controller | None:
        """The controller whose bus this one is plugged into, as far as its address says."""
        address = controller.pinned
        if address is None:
            return None
        index = address.bus if self.flat else address.bus or address.domain
        return self.by_index.get(index)

    def bus_of(self, controller: Controller) -> int:
        """The bus id a controller provides: its index, but 0 for a root in the multi-domain scheme."""
        return 0 if controller.is_root and not self.flat else controller.index

    def lookup(self, domain: int, bus: int) -> Lookup:
        """Who provides this bus, or which of four ways it does not exist (rule rfc-address-lookup)."""
        if self.flat:
            found = self.by_index.get(bus)
            return Found(found) if found is not None else NoSuchController(bus)
        root = self.by_index.get(domain)
        if root is None or not root.is_root:
            return NoSuchDomain(domain)
        if bus == 0:
            return Found(root)
        controller = self.by_index.get(bus)
        if controller is None:
            return NoSuchController(bus)
        if controller.is_root:
            return IsRootBus(controller)
        actual = self.domain_of(controller)
        if actual is not None and actual != domain:
            return InOtherDomain(controller, actual)
        return Found(controller)

"""Addresses that name a bus of some domain (rule rfc-address-lookup)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pcisolve.core.address import Address
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.problem.table import Found, InOtherDomain, IsRootBus, NoSuchController, NoSuchDomain
from pcisolve.rules.inputs import InputRule
from pcisolve.rules.multi_domain import PROPOSAL
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of, point
from pcisolve.rules.structural import Structural

if TYPE_CHECKING:
    from pcisolve.placing.index_model import IndexModel


class AddressLookup(Structural[Part]):
    """An address names a bus that exists: bus 0 of a root's domain, or a child's bus in its own domain.

    Four ways to miss: no such domain; the bus id is a root's index; the controller is in another domain;
    no controller has that index. Buses are added for an address only below a single root, as today.
    """

    id = "rfc-address-lookup"
    source = PROPOSAL
    allows = (
        "q35: <controller type='pci' index='5' model='pcie-root'/>"
        "<controller type='pci' index='7' model='pcie-root-port'>"
        "<address type='pci' domain='5' bus='0' slot='3'/></controller><memballoon model='virtio'>"
        "<address type='pci' domain='5' bus='7' slot='0'/></memballoon>",
    )
    forbids = (
        "q35: <controller type='pci' index='5' model='pcie-root'/><memballoon model='virtio'>"
        "<address type='pci' domain='5' bus='3' slot='1'/></memballoon>",
        "q35: <controller type='pci' index='5' model='pcie-root'/>"
        "<controller type='pci' index='7' model='pcie-root-port'>"
        "<address type='pci' domain='5' bus='0' slot='3'/></controller><memballoon model='virtio'>"
        "<address type='pci' domain='0' bus='7' slot='0'/></memballoon>",
        "q35: <controller type='pci' index='5' model='pcie-root'/>"
        "<controller type='pci' index='7' model='pcie-root-port'>"
        "<address type='pci' domain='5' bus='0' slot='3'/></controller><memballoon model='virtio'>"
        "<address type='pci' domain='4' bus='7' slot='0'/></memballoon>",
        "q35: <controller type='pci' index='5' model='pcie-root'/>"
        "<controller type='pci' index='7' model='pcie-root-port'>"
        "<address type='pci' domain='5' bus='0' slot='3'/></controller><memballoon model='virtio'>"
        "<address type='pci' domain='0' bus='5' slot='1'/></memballoon>",
    )

    def cases(self, question: Question) -> Iterable[Part]:
        if question.problem.flat:
            return ()
        return [part for part in question.problem.parts if part.pinned is not None and part.needs]

    def number(self, model: IndexModel, case: Part) -> None:
        asked = case.pinned or Address(0, 0, 0, 0)
        if asked.slot > 31 or asked.function > 7:
            return
        # The slot is said here too: it decides which models can provide a bus that is not numbered yet.
        slot = (asked.slot, asked.slot)
        grown = model.single_root
        model.confine(case, lambda one: slot if _may_be(one, asked, grown=grown) else None)
        for one, literal in model.providers(case):
            bus: Any = 0 if one.is_root else model.index(one)
            model.when([literal], bus == asked.bus)
            model.when([literal], model.domain(one) == asked.domain)

    def demand(self, question: Question, case: Part) -> str:
        return f"{name_of(case)} asks for {case.pinned}: some controller provides that bus"

    def check(self, layout: Layout, case: Part) -> bool:
        asked = case.pinned or Address(0, 0, 0, 0)
        provider, root = layout.provider(case), layout.root_above(case)
        if provider is None:
            return isinstance(layout.problem.table.lookup(asked.domain, asked.bus), Found)
        bus = 0 if provider.is_root else provider.index
        is_there = bus == asked.bus and layout.places[case].slot == asked.slot
        return is_there and (root is None or root.index == asked.domain)

    def tell(self, question: Question, case: Part) -> Telling:
        asked = case.pinned or Address(0, 0, 0, 0)
        message, *points = _missed(question, case, asked)
        return Telling(f"{name_of(case)} asks for {asked}{message}", tuple(points))


def _missed(question: Question, case: Part, asked: Address) -> tuple[str, *tuple[Point, ...]]:
    """What an address misses, and the lines that show it."""
    here = point(case, "bus")
    match question.problem.table.lookup(asked.domain, asked.bus):
        case NoSuchDomain(domain):
            roots = ", ".join(f"{one.index:04x}" for one in question.problem.roots)
            return f": no root controller has index {domain}; the domains are {roots}", point(case, "domain")
        case IsRootBus(root):
            message = f": {root.index} is the index of a root, whose bus is {root.index:04x}:00"
            return message, here, Point(root.node or root.view, "index", "is a root")
        case InOtherDomain(controller, domain):
            message = f": bus {controller.index:#04x} is in domain {domain:04x}, not in {asked.domain:04x}"
            return message, here, point(controller, "domain", "is plugged in there")
        case NoSuchController(index):
            return f": no controller has index {index}, so there is no such bus", here
        case Found(controller) if controller in question.choice.addresses:
            goes = question.choice.addresses[controller].domain
            message = f", but {name_of(controller)}, which has no address, goes to domain {goes:04x}"
            return message, here, point(controller, role="could have an address in that domain")
    return ", whose bus has no place of its own yet", here


def _may_be(one: Controller, asked: Address, *, grown: bool) -> bool:
    """Whether this controller could provide the bus: a known index must fit, an open one may.

    An added one can only where buses grow for addresses (`grown`).
    """
    if one.added and not grown:
        return False
    if one.is_root:
        return asked.bus == 0 and one.index in (-1, asked.domain)
    return asked.bus != 0 and one.index in (-1, asked.bus)


class ChildAddress(InputRule[Controller]):
    """The address of a controller is of type pci: what it is plugged into says its domain.

    Today's libvirt takes an address of any type and plugs the controller in nowhere.
    """

    id = "rfc-address-type"
    source = PROPOSAL
    allows = (
        "q35: <controller type='pci' index='5' model='pcie-root'/><controller type='pci' index='7' "
        "model='pcie-root-port'><address type='pci' domain='5' bus='0' slot='3'/></controller>",
    )
    forbids = (
        "q35: <controller type='pci' index='5' model='pcie-root'/><controller type='pci' index='7' "
        "model='pcie-root-port'><address type='drive' bus='0'/></controller><memballoon model='virtio'>"
        "<address type='pci' domain='5' bus='0' slot='3'/></memballoon>",
    )

    def among(self, problem: Problem) -> Iterable[Controller]:
        return () if problem.flat else (one for one in problem.controllers if one.node is not None)

    def keeps(self, problem: Problem, case: Controller) -> bool:
        return case.address_type in ("", "pci")

    def tell(self, question: Question, case: Controller) -> Telling:
        message = f"{name_of(case)} has an address of type {case.address_type}, which says no PCI domain"
        return Telling(message, (point(case, "type"),))


RULES: tuple[Rule[Part] | Rule[Controller], ...] = (AddressLookup(), ChildAddress())

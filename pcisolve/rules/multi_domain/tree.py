"""Controllers and the roots above them: indexes, parents, domains, how many buses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pcisolve.core.address import BUSES_PER_DOMAIN, Address
from pcisolve.core.shortage import BUSES, Shortage
from pcisolve.problem.choice import Place
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller
from pcisolve.rules.multi_domain import PROPOSAL
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of, point
from pcisolve.rules.structural import Structural

if TYPE_CHECKING:
    from pcisolve.placing.index_model import IndexModel
    from pcisolve.placing.layout_model import LayoutModel

HIGHEST_BUS = 0xFF


class _Child(Structural[Controller]):
    """Shared by rules about controllers that are plugged in somewhere."""

    source = PROPOSAL

    def cases(self, question: Question) -> Iterable[Controller]:
        if question.problem.flat:
            return ()
        return [one for one in question.controllers if not one.is_root and one.model is not None]

    def parent(self, layout: Layout, case: Controller) -> Controller | None:
        """The controller it is plugged into, where that is known."""
        return layout.provider(case)


class ZeroIsRoot(Structural[Controller]):
    """Index 0 belongs to a root controller."""

    id = "rfc-zero-root"
    source = PROPOSAL
    allows = (
        "q35: <controller type='pci' index='0' model='pcie-root'/>"
        "<controller type='pci' index='5' model='pcie-root'/><memballoon model='virtio'>"
        "<address type='pci' domain='5' bus='0' slot='3'/></memballoon>",
    )
    forbids = (
        "q35: <controller type='pci' index='0' model='pcie-root-port'/>"
        "<controller type='pci' index='5' model='pcie-root'/><memballoon model='virtio'>"
        "<address type='pci' domain='5' bus='0' slot='3'/></memballoon>",
    )

    def cases(self, question: Question) -> Iterable[Controller]:
        if question.problem.flat:
            return ()
        return [one for one in question.controllers if one.model is not None and not one.is_root]

    def number(self, model: IndexModel, case: Controller) -> None:
        model.when((), model.index(case) >= 1)

    def check(self, layout: Layout, case: Controller) -> bool:
        return case.index != 0

    def tell(self, question: Question, case: Controller) -> Telling:
        return Telling(
            f"{name_of(case)} has index 0, which belongs to a root", (Point(case.node or case.view, "index"),)
        )


class ParentLower(_Child):
    """A controller's index is higher than that of the controller it plugs into.

    So nothing is plugged into itself, every controller reaches a root, and a bus id is greater than its
    domain's id.
    """

    id = "rfc-parent-lower"
    place = True
    follows_from = ("rfc-own-address",)
    allows = (
        "q35: <controller type='pci' index='5' model='pcie-root'/>"
        "<controller type='pci' index='8' model='pcie-root-port'>"
        "<address type='pci' domain='5' bus='0' slot='1'/></controller>"
        "<controller type='pci' index='9' model='pcie-switch-upstream-port'>"
        "<address type='pci' domain='5' bus='8' slot='0'/></controller>",
    )
    forbids = (
        "q35: <controller type='pci' index='5' model='pcie-root'/>"
        "<controller type='pci' index='9' model='pcie-root-port'>"
        "<address type='pci' domain='5' bus='0' slot='1'/></controller>"
        "<controller type='pci' index='8' model='pcie-switch-upstream-port'>"
        "<address type='pci' domain='5' bus='9' slot='0'/></controller>",
    )

    def number(self, model: IndexModel, case: Controller) -> None:
        for other, literal in model.providers(case):
            model.when([literal], model.index(other) < model.index(case))

    def demand(self, question: Question, case: Controller) -> str:
        return f"the index of {name_of(case)} is higher than that of the controller it is plugged into"

    def check(self, layout: Layout, case: Controller) -> bool:
        parent = self.parent(layout, case)
        return parent is None or parent.index < case.index

    def post(self, model: LayoutModel) -> None:
        from pcisolve.placing.indexes import keep_indexes_below

        if not model.problem.flat:
            keep_indexes_below(model, lambda one: True)

    def tell(self, question: Question, case: Controller) -> Telling:
        parent = question.choice.places[case].provider if case in question.choice.places else 0
        message = f"{name_of(case)} is plugged into controller {parent}; its index must be higher than that"
        points = [Point(case.node or case.view, "index"), point(case, "bus", "plugs it in there")]
        points += [
            Point(one.node, "index", "provides that bus")
            for one in question.problem.controllers
            if one.index == parent and one.node is not None and one is not case
        ]
        return Telling(message, tuple(points))


class ChildDomain(_Child):
    """A child controller's bus is in the domain of the controller it plugs into."""

    id = "rfc-child"
    definition = True
    allows = (
        "q35: <controller type='pci' index='5' model='pcie-root'/>"
        "<controller type='pci' index='7' model='pcie-root-port'>"
        "<address type='pci' domain='5' bus='0' slot='3'/></controller>",
    )

    def number(self, model: IndexModel, case: Controller) -> None:
        for other, literal in model.providers(case):
            model.when([literal], model.domain(case) == model.domain(other))

    def check(self, layout: Layout, case: Controller) -> bool:
        root = layout.root_above(case)
        return root is None or layout.addresses[case].domain == root.index

    def tell(self, question: Question, case: Controller) -> Telling:
        return Telling(
            f"{name_of(case)} is not in the domain of the controller it plugs into", (point(case, "domain"),)
        )


class BusAboveDomain(_Child):
    """A bus id is greater than the id of its domain.

    Follows from rfc-parent-lower; said on its own because people look at addresses, not at trees.
    """

    id = "rfc-bus-gt-domain"
    place = True
    follows_from = ("rfc-parent-lower", "rfc-own-address")
    allows = (
        "q35: <controller type='pci' index='5' model='pcie-root'/>"
        "<controller type='pci' index='7' model='pcie-root-port'>"
        "<address type='pci' domain='5' bus='0' slot='3'/></controller>",
    )
    forbids = (
        "q35: <controller type='pci' index='5' model='pcie-root'/>"
        "<controller type='pci' index='3' model='pcie-root-port'>"
        "<address type='pci' domain='5' bus='0' slot='1'/></controller>"
        "<controller type='pci' index='4' model='pcie-switch-upstream-port'>"
        "<address type='pci' domain='5' bus='3' slot='0'/></controller>",
    )

    def number(self, model: IndexModel, case: Controller) -> None:
        model.when((), model.domain(case) < model.index(case))

    def demand(self, question: Question, case: Controller) -> str:
        above = f", which is {case.pinned.domain}" if case.pinned is not None else ""
        return f"the index of {name_of(case)} is greater than the number of its domain{above}"

    def check(self, layout: Layout, case: Controller) -> bool:
        address = layout.addresses.get(case)
        return address is None or case.index > address.domain

    def tell(self, question: Question, case: Controller) -> Telling:
        address = question.choice.addresses.get(case) or case.pinned or Address(0, 0, 0, 0)
        message = (
            f"{name_of(case)} is in domain {address.domain:04x}; "
            f"its index, which is its bus id, must be greater than {address.domain}"
        )
        return Telling(message, (Point(case.node or case.view, "index"), point(case, "domain", "puts it there")))


class BusesPerDomain(Rule[Controller]):
    """A PCI domain has at most 256 buses."""

    id = "rfc-256"
    source = PROPOSAL + "; PCI: the bus number of a transaction has eight bits"
    allows = (
        "q35: <controller type='pci' index='5' model='pcie-root'/>"
        "<controller type='pci' index='7' model='pcie-root-port'>"
        "<address type='pci' domain='5' bus='0' slot='3'/></controller>",
    )

    def cases(self, question: Question) -> Iterable[Controller]:
        if question.problem.flat or len(question.controllers) <= BUSES_PER_DOMAIN:
            return ()
        return question.problem.roots

    def check(self, layout: Layout, case: Controller) -> bool:
        return self._count(layout, case) <= BUSES_PER_DOMAIN

    def _count(self, layout: Layout, case: Controller) -> int:
        return 1 + layout.children_of_root[case]

    def post(self, model: LayoutModel) -> None:
        for sites in () if model.problem.flat else model.space.domains:
            model.at_most(model.buses(sites), BUSES_PER_DOMAIN)

    def tell(self, question: Question, case: Controller) -> Telling:
        layout = question.layout
        count = self._count(layout, case)
        below = [one for one in layout.controllers if not one.is_root and layout.root_above(one) is case]
        written = sorted((one for one in below if one.node is not None), key=lambda one: one.place_node.number)
        message = f"domain {case.index:04x} needs {count} buses; a PCI domain has at most {BUSES_PER_DOMAIN}"
        note = f"1 bus of the root itself, {len(below)} of the controllers below it: {count} in all"
        rest = [Point(one.node, "", "is below that root") for one in written[:-1] if one.node is not None]
        points = [Point(one.node, "", f"is bus {count} of the domain") for one in written[-1:] if one.node is not None]
        short = Shortage(BUSES, count, BUSES_PER_DOMAIN)
        return Telling(message, (*points, *rest) or (Point(case.node or case.view, "index"),), (note,), (short,))


class OwnPlace(_Child):
    """A child controller is plugged in somewhere."""

    id = "rfc-own-address"
    place = True
    allows = (
        "q35: <controller type='pci' index='5' model='pcie-root'/>"
        "<controller type='pci' index='7' model='pcie-root-port'>"
        "<address type='pci' domain='5' bus='0' slot='3'/></controller>",
    )
    forbids = (
        "q35: <controller type='pci' index='5' model='pcie-root'/>"
        "<controller type='pci' index='7' model='pcie-root-port'>"
        "<address type='pci' domain='5' bus='7' slot='0'/></controller>",
    )

    def number(self, model: IndexModel, case: Controller) -> None:
        from pcisolve.placing.index_model import ANYWHERE

        model.confine(case, lambda one: ANYWHERE if one is not case else None)

    def check(self, layout: Layout, case: Controller) -> bool:
        place = layout.places.get(case)
        return place is None or place != Place(case.index, place.slot, place.function)

    def tell(self, question: Question, case: Controller) -> Telling:
        return Telling(f"{name_of(case)} is plugged into itself", (point(case, "bus"),))


class BusBits(_Child):
    """Where --bus-bits says 8, a bus id is at most 0xff, and so is the index of every controller but a root.

    The proposal leaves bus ids unbounded; today's address format has eight bits for them.
    """

    id = "rfc-bus-bits"
    source = PROPOSAL
    allows = (
        "q35: <controller type='pci' index='5' model='pcie-root'/><memballoon model='virtio'>"
        "<address type='pci' domain='5' bus='0' slot='3'/></memballoon>",
    )

    def cases(self, question: Question) -> Iterable[Controller]:
        return super().cases(question) if question.problem.options.bus_bits == 8 else ()

    def number(self, model: IndexModel, case: Controller) -> None:
        model.when((), model.index(case) <= HIGHEST_BUS)

    def check(self, layout: Layout, case: Controller) -> bool:
        return not case.index > HIGHEST_BUS

    def tell(self, question: Question, case: Controller) -> Telling:
        message = f"{name_of(case)} provides bus {case.index:#x}; with --bus-bits 8 the highest is {HIGHEST_BUS:#x}"
        return Telling(message, (Point(case.node or case.view, "index"),))


RULES: tuple[Rule[Controller], ...] = (
    ZeroIsRoot(),
    OwnPlace(),
    ParentLower(),
    ChildDomain(),
    BusAboveDomain(),
    BusesPerDomain(),
    BusBits(),
)

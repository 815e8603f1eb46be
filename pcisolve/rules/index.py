"""Controller indexes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pcisolve.core.address import HIGHEST_FLAT_INDEX
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller
from pcisolve.rules.blame import is_added, why_added
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of, point
from pcisolve.rules.structural import Structural

if TYPE_CHECKING:
    from pcisolve.placing.index_model import IndexModel
    from pcisolve.placing.layout_model import LayoutModel


class IndexUnique(Structural[tuple[Controller, ...]]):
    """No two PCI controllers have one index."""

    id = "index-unique"
    definition = True
    common = True
    carries = True
    source = "libvirt src/conf/domain_postparse.c, tried with 9.0.0; rfc-index-unique"
    allows = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'/>"
        "<controller type='pci' index='2' model='pcie-root-port'/>",
    )
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'/>"
        "<controller type='pci' index='1' model='pcie-root-port'/>",
    )

    def cases(self, question: Question) -> Iterable[tuple[Controller, ...]]:
        by_index: dict[int, list[Controller]] = {}
        for controller in question.problem.controllers:
            by_index.setdefault(controller.index, []).append(controller)
        unnumbered = by_index.pop(-1, None)
        if unnumbered is not None:
            return [tuple(question.problem.controllers)]
        return [tuple(twins) for twins in by_index.values() if len(twins) > 1]

    def number(self, model: IndexModel, case: tuple[Controller, ...]) -> None:
        model.all_different([model.index(controller) for controller in case])

    def check(self, layout: Layout, case: tuple[Controller, ...]) -> bool:
        seen = set()
        for controller in case:
            if controller.index in seen:
                return False
            seen.add(controller.index)
        return True

    def tell(self, question: Question, case: tuple[Controller, ...]) -> Telling:
        twins = sorted(case, key=lambda one: one.place_node.number)
        points = [Point(twins[-1].node or twins[-1].view, "index")]
        points += [Point(one.node or one.view, "index", "has that index already") for one in twins[:-1]]
        return Telling(f"{len(case)} PCI controllers have index {case[0].index}", tuple(points))


class IndexMax(Rule[Controller]):
    """In today's scheme a PCI controller index is at most 255.

    The multi-domain scheme bounds the number of buses in a domain instead (rfc-256).
    """

    id = "index-max-255"
    common = True
    carries = True
    source = "libvirt src/conf/domain_validate.c, tried with 9.0.0"
    allows = ("pc: <controller type='pci' index='255' model='pci-bridge'/>",)
    forbids = ("pc: <controller type='pci' index='256' model='pci-bridge'/>",)

    def cases(self, question: Question) -> Iterable[Controller]:
        if not question.problem.flat:
            return ()
        return [one for one in question.controllers if not one.index <= HIGHEST_FLAT_INDEX]

    def check(self, layout: Layout, case: Controller) -> bool:
        return not case.index > HIGHEST_FLAT_INDEX

    def post(self, model: LayoutModel) -> None:
        if model.problem.flat:
            model.at_most(model.controllers, HIGHEST_FLAT_INDEX + 1)

    def tell(self, question: Question, case: Controller) -> Telling:
        if is_added(case):
            what, where = why_added(question.problem)
            message = f"{what}: libvirt would add controllers up to index {case.index}, and the highest is 255"
            return Telling(message, (where,))
        return Telling(f"{name_of(case)}: the highest index is 255", (Point(case.node or case.view, "index"),))


class BridgeAboveBus(Rule[Controller]):
    """A pci-bridge has a higher index than the bus it is plugged into.

    libvirt checks this for pci-bridge only; QEMU needs it of every controller.
    """

    id = "index-above-bus-bridge-only"
    place = True
    source = "libvirt src/qemu/qemu_domain_address.c qemuDomainAssignPCIAddresses, tried with 9.0.0"
    allows = (
        "pc: <controller type='pci' index='1' model='pci-bridge'/>"
        "<controller type='pci' index='2' model='pci-bridge'><address type='pci' bus='1' slot='3'/>"
        "</controller>",
    )
    forbids = (
        "pc: <controller type='pci' index='1' model='pci-bridge'><address type='pci' bus='2' slot='3'/></controller>"
        "<controller type='pci' index='2' model='pci-bridge'/>",
    )

    def cases(self, question: Question) -> Iterable[Controller]:
        if not question.problem.flat:
            return ()
        return [
            one
            for one in question.controllers
            if one.model and one.model.index_above_bus and one in question.choice.places
        ]

    def check(self, layout: Layout, case: Controller) -> bool:
        return case.index > layout.places[case].provider

    def tell(self, question: Question, case: Controller) -> Telling:
        bus = question.choice.places[case].provider
        message = f"{name_of(case)} is plugged into bus {bus}; its index must be higher than that"
        if is_added(case):
            what, where = why_added(question.problem)
            added = f"libvirt would add {name_of(case)} and plug it into bus {bus}, which must be lower"
            return Telling(f"{what}: {added}", (where,))
        provider = next((one for one in question.controllers if one.index == bus), None)
        points = [point(case, "bus"), Point(case.node or case.view, "index", "is not higher than that")]
        if provider is not None and provider.node is not None and provider is not case:
            points.append(Point(provider.node, "index", "provides that bus"))
        return Telling(message, tuple(points))


RULES: tuple[Rule[Controller] | Rule[tuple[Controller, ...]], ...] = (IndexUnique(), IndexMax(), BridgeAboveBus())

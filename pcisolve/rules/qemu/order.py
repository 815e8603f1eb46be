"""In which order QEMU is given its controllers."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.placing.indexes import keep_indexes_below
from pcisolve.placing.layout_model import LayoutModel
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of, point


class ParentFirst(Rule[Controller]):
    """A controller's index is higher than that of the controller it is plugged into.

    libvirt starts QEMU with the controllers in the order of their indexes, and QEMU does not know a bus
    whose controller comes later. libvirt itself checks this of a pci-bridge only.
    """

    id = "start-parent-order"
    place = True
    stage = "qemu"
    follows_from = ("index-above-bus-bridge-only",)
    source = "tried with libvirt 9.0.0 and QEMU 7.2 (Bus 'pci.2' not found); index-above-bus-unchecked, no-cycle-check"
    allows = (
        "q35: <controller type='pci' index='1' model='pcie-expander-bus'/>"
        "<controller type='pci' index='2' model='pcie-root-port'><address type='pci' bus='1' slot='0'/></controller>",
    )
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'><address type='pci' bus='2' slot='0'/>"
        "</controller><controller type='pci' index='2' model='pcie-expander-bus'/>",
    )

    def cases(self, question: Question) -> Iterable[Controller]:
        if not question.problem.flat:
            return ()  # rule rfc-parent-lower says it there
        return [one for one in question.controllers if one in question.choice.places and not one.is_root]

    def check(self, layout: Layout, case: Controller) -> bool:
        return layout.places[case].provider < case.index

    def post(self, model: LayoutModel) -> None:
        if model.problem.flat:
            keep_indexes_below(model, lambda one: True)

    def tell(self, question: Question, case: Controller) -> Telling:
        bus = question.choice.places[case].provider
        where = "into itself" if bus == case.index else f"into controller {bus}, which QEMU is given after it"
        message = f"QEMU will not start: {name_of(case)} is plugged {where}; its index must be higher than {bus}"
        node = case.node or case.view
        points = [Point(node, "index" if case.index_given else "")]
        if case.pinned is not None:
            points.append(point(case, "bus", "plugs it in there"))
        points += [
            Point(one.node, "index", "provides that bus")
            for one in question.problem.controllers
            if one.index == bus and one.node is not None and one is not case
        ]
        return Telling(message, tuple(points))


RULES: tuple[Rule[Controller], ...] = (ParentFirst(),)

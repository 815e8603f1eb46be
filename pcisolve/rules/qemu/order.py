"""In which order QEMU is given its controllers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of, point

if TYPE_CHECKING:
    from pcisolve.placing.layout_model import LayoutModel

DEEPEST = 48  # controllers above a part


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
        from pcisolve.placing.indexes import keep_indexes_below

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


def _chain(length: int) -> str:
    return "pc: " + "".join(
        f"<controller type='pci' index='{number}' model='pci-bridge'>"
        f"<address type='pci' bus='{number - 1}' slot='9'/></controller>"
        for number in range(1, length + 1)
    )


class Deep(Rule[Part]):
    """A part has at most 48 controllers above it.

    QEMU names the state of each device by its path through all of them, and has 256 characters for that name.
    """

    id = "start-depth"
    stage = "qemu"
    room = True
    source = "QEMU 7.2 (Path too long for VMState), tried with pci-bridges, virtio-rng, e1000, AC97"
    allows = (_chain(49),)
    forbids = (_chain(50),)

    def cases(self, question: Question) -> Iterable[Part]:
        if len(question.controllers) <= DEEPEST:
            return ()
        layout = question.layout
        return [part for part in question.placed if len(_above(layout, part)) == DEEPEST + 1]

    def check(self, layout: Layout, case: Part) -> bool:
        return len(_above(layout, case)) <= DEEPEST

    def tell(self, question: Question, case: Part) -> Telling:
        above = _above(question.layout, case)
        message = f"QEMU will not start: {name_of(case)} has more than {DEEPEST} controllers above it"
        points = [Point(one.node, "", "is the first of them") for one in above[-1:] if one.node is not None]
        return Telling(message, (point(case), *points))


def _above(layout: Layout, part: Part) -> list[Controller]:
    """The controllers above a part, but for the root; no more than are one too many."""
    found: list[Controller] = []
    here = layout.provider(part)
    while here is not None and not here.is_root and len(found) <= DEEPEST:
        found.append(here)
        here = layout.provider(here)
    return found


RULES: tuple[Rule[Controller] | Rule[Part], ...] = (ParentFirst(), Deep())

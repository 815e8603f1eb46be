"""Devices of a plan that the machine's chipset has a place for, such as the first VGA device (rule alg-chipset)."""

from __future__ import annotations

from pcisolve.core.address import Address
from pcisolve.core.node import Node
from pcisolve.firstfit.run import choose
from pcisolve.libvirt.document import Document
from pcisolve.planning.elements import ElementMaker
from pcisolve.planning.file.values import DeviceWish, Plan, Which
from pcisolve.planning.kept.anchored import may_be_anchored
from pcisolve.planning.layout.guest import number_after, with_devices
from pcisolve.planning.model.ground import Ground
from pcisolve.problem.assemble import assemble

_MOST = 4  # of one group: a chipset has few places


def chipset_places(plan: Plan, ground: Ground, document: Document) -> dict[Which, Address]:
    """The address of each device that libvirt would put into the chipset's own place, were there nothing else."""
    machine = ground.setting.machine
    tags = {one.element for one in machine.fixed} | {one.element for one in machine.preferred}
    wishes = [one for one in plan.devices if ground.kinds[one.kind][0].element in tags and _is_open(plan, one)]
    if not wishes:
        return {}
    maker = ElementMaker(plan.guest, set(), set())
    number = number_after(document.root)
    which: dict[int, Which] = {}
    new: list[Node] = []
    for wish in wishes:
        device, variant = ground.kinds[wish.kind]
        for rank in range(min(wish.copies, _MOST)):
            node = maker.element(variant, device, wish, rank)
            node.number = number + len(new)
            which[node.number] = (wish.name, rank)
            new.append(node)
    root = with_devices(document.root, new, ())
    problem = assemble(root, document, ground.catalog, ground.base.problem.options)
    choice = choose(problem)
    places = ((part.node, choice.addresses.get(part)) for part in problem.parts if part in choice.chipset)
    found = ((which.get(node.number), at) for node, at in places if node is not None)
    return {device: at for device, at in found if device is not None and at is not None}


def _is_open(plan: Plan, wish: DeviceWish) -> bool:
    """Whether the plan leaves it to us where the group is."""
    said = wish.domains or wish.roots or wish.nodes or wish.isolation is not None or wish.multifunction
    return not said and may_be_anchored(plan, wish)

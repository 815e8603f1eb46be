"""The controllers and addresses with which groups of a plan stand as on the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from pcisolve.core.address import Address
from pcisolve.host.host import Host
from pcisolve.host.values import Function
from pcisolve.planning.file.entry import Problem
from pcisolve.planning.file.values import MirrorWish, Plan, Which
from pcisolve.planning.mirror.lines import Lines
from pcisolve.planning.mirror.shape import BUSES, PORTS, Shape, fitted, one_per_node, shapes_of
from pcisolve.planning.model.ground import Ground
from pcisolve.problem.scheme import FLAT

MIRROR: Final = "plan-mirror"
_MOST = 2_040  # eight functions behind each bus number of a guest
_FAMILIES: Final = ("q35", "arm-virt")


class Mirrored(NamedTuple):
    """What a mirrored plan begins with.

    Attributes:
        lines: controllers, in XML.
        places: where the mirrored devices are.
        cells: NUMA nodes of the guest.
    """

    lines: str
    places: dict[Which, Address]
    cells: int


def machine_problems(ground: Ground, mirror: MirrorWish) -> list[Problem]:
    """What keeps a machine from having a mirrored tree."""
    family = ground.setting.machine.family
    if family in _FAMILIES and ground.scheme == FLAT and not ground.is_direct:
        return []
    message = f"mirror needs PCI Express expander buses in one domain, as q35 and arm virt have; this is {family}"
    return [Problem(MIRROR, message, mirror.at)]


def members_of(plan: Plan, mirror: MirrorWish) -> dict[Which, Address]:
    """The host's address of each mirrored device."""
    wishes = [one for one in plan.devices if one.name in mirror.groups]
    return {(wish.name, rank): address for wish in wishes for rank, address in enumerate(wish.host)}


def mirrored(plan: Plan, host: Host, mirror: MirrorWish, problems: list[Problem]) -> Mirrored | None:
    """The tree for the mirrored groups; None where there is none, which is then a problem."""
    members = members_of(plan, mirror)
    functions = _functions(plan, host, mirror, members, problems)
    if problems:
        return None
    shapes = _wanted(shapes_of(host, functions), mirror)
    on_zero = len(host.nodes) < 2
    if not on_zero and shapes[0].node is not None:
        # A root of unknown node can be bus 0, which has none either.
        shapes.sort(key=lambda one: one.node is not None)
        on_zero = shapes[0].node is None
    if len(host.nodes) < 2:
        shapes = [Shape(None, one.branches) for one in shapes]
    others = sum(one.copies for one in plan.devices if one.name not in mirror.groups)
    found = fitted(shapes, max(BUSES - others, BUSES // 4), on_zero=on_zero)
    if found is None:
        message = f"{len(members):,} devices of the host take more than the 256 buses of a guest, however they stand"
        problems.append(Problem(MIRROR, message, mirror.at))
        return None
    on_zero = on_zero and found[0].node is None
    nodes = _cells(found)
    lines = Lines(found, nodes, on_zero=on_zero)
    places = {which: lines.places[address] for which, address in members.items()}
    return Mirrored(lines.text, places, max(len(nodes), min(len(host.nodes), 2)) if len(host.nodes) > 1 else 0)


def _wanted(shapes: list[Shape], mirror: MirrorWish) -> list[Shape]:
    """Only as much of the host's tree as is to be kept."""
    if mirror.keep == "relation":
        return shapes
    for one in shapes:
        for branch in one.branches:
            branch.given_up = PORTS
    return one_per_node(shapes) if mirror.keep == "numa" else shapes


def _cells(shapes: list[Shape]) -> dict[int, int]:
    """The guest's NUMA node for each of the host's that is met, in their order."""
    met = sorted({one.node for one in shapes if one.node is not None})
    return {node: cell for cell, node in enumerate(met)}


def _functions(
    plan: Plan, host: Host, mirror: MirrorWish, members: Mapping[Which, Address], problems: list[Problem]
) -> list[Function]:
    wishes = {one.name: one for one in plan.devices}
    for name in mirror.groups:
        if not wishes[name].host:
            message = f'"{name}" has no devices of the host: the key "select" or "host" is missing'
            problems.append(Problem(MIRROR, message, wishes[name].at))
    if len(members) > _MOST:
        message = f"{len(members):,} devices of the host are mirrored; a guest has room for {_MOST:,} at most"
        problems.append(Problem(MIRROR, message, mirror.at))
        return []
    found: dict[Address, Function] = {}
    for (name, _), address in members.items():
        function = host.function(address)
        if function is None:
            problems.append(Problem(MIRROR, f"the host has no {address}", wishes[name].mark("host")))
        elif function.is_bridge:
            problems.append(Problem(MIRROR, f"{address} is a bridge of the host", wishes[name].mark("host")))
        elif address in found:
            problems.append(Problem(MIRROR, f"{address} is there twice", wishes[name].mark("host")))
        else:
            found[address] = function
    return list(found.values())

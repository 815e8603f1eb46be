"""The tree of a guest in which devices stand to each other as on the host, with the fewest controllers.

A root bus of the host becomes a root of the guest. Below it, cards that meet in a bridge are one branch; of a branch,
cards with one bridge between them are one switch. A branch of several switches is a switch in which one of them is
dissolved and the others hang: k switches with n cards take a root port, k upstream ports and n + k - 1 downstream
ports, and no tree has fewer, as two switches cannot share an upstream port.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby

from pcisolve.core.address import FUNCTIONS_PER_SLOT, Address
from pcisolve.host.host import Host
from pcisolve.host.relations import PIX, card
from pcisolve.host.values import Bus, Function, Root

BUSES = 255  # of 256, less bus 0
EXPANDERS = 24  # slots of bus 0 that the chipset and what else a guest has there leave
EXACT, FLAT, PORTS = range(3)  # what a branch gives up: nothing, nested switches, all switches


@dataclass
class Branch:
    """Cards that meet in a bridge: by switch, each card at most eight functions. `given_up`: EXACT, FLAT or PORTS."""

    switches: list[list[list[Address]]]
    given_up: int = EXACT

    @property
    def cards(self) -> int:
        """How many slots they take."""
        return sum(len(one) for one in self.switches)

    def kept(self) -> list[Branch]:
        """The branch, with what is given up left out; without switches it is as many as it has cards."""
        if self.given_up == EXACT:
            return [self]
        cards = [card for one in self.switches for card in one]
        return [Branch([cards])] if self.given_up == FLAT else [Branch([[one]]) for one in cards]

    @property
    def controllers(self) -> int:
        """How many it takes as it is kept."""
        return sum(1 if one.cards == 1 else 2 * len(one.switches) + one.cards for one in self.kept())


@dataclass
class Shape:
    """A root of the guest. `node`: of the host; None where it is not known."""

    node: int | None
    branches: list[Branch] = field(default_factory=list)

    def kept(self) -> list[Branch]:
        """The branches, with what is given up left out."""
        return [kept for branch in self.branches for kept in branch.kept()]

    @property
    def ports(self) -> int:
        """How many controllers it takes, without the root."""
        return sum(one.controllers for one in self.branches)


def shapes_of(host: Host, functions: list[Function]) -> list[Shape]:
    """The roots of a guest with these functions, each pair related as on the host."""
    found: dict[Bus, Shape] = {}
    nodes: dict[Bus, list[int]] = {}
    branches: dict[Bus, dict[object, list[Function]]] = {}
    for one in functions:
        root, key = _where(host, one)
        branches.setdefault(root, {}).setdefault(key, []).append(one)
        nodes.setdefault(root, []).extend(() if one.node is None else (one.node,))
    for root in sorted(branches):
        there = nodes[root]
        node = max(sorted(set(there)), key=there.count) if there else None
        found[root] = Shape(node, [_branch(host, members) for members in branches[root].values()])
    return list(found.values())


def fitted(shapes: list[Shape], buses: int, *, on_zero: bool) -> list[Shape] | None:
    """What fits into so many bus numbers, giving up nested switches first, then switches, then roots of one node.

    Args:
        on_zero: whether the first root is bus 0 and takes no number of its own.
    """
    over = sum(one.ports for one in shapes) + len(shapes) - on_zero - buses
    branches = [branch for one in reversed(shapes) for branch in reversed(one.branches)]
    for level in (FLAT, PORTS):
        for one in branches:
            if over <= 0:
                break
            before, one.given_up = one.controllers, max(level, one.given_up)
            over -= before - one.controllers
    if _fits(shapes, buses, on_zero=on_zero):
        return shapes
    merged = one_per_node(shapes)
    return merged if _fits(merged, buses, on_zero=on_zero) else None


def one_per_node(shapes: list[Shape]) -> list[Shape]:
    """The roots of each node in one."""
    found: dict[int | None, Shape] = {}
    for one in shapes:
        found.setdefault(one.node, Shape(one.node)).branches += one.branches
    return list(found.values())


def _fits(shapes: list[Shape], buses: int, *, on_zero: bool) -> bool:
    own = len(shapes) - on_zero
    return sum(one.ports for one in shapes) + own <= buses and own <= EXPANDERS


def _where(host: Host, function: Function) -> tuple[Bus, object]:
    """The outermost root bus, and the bridge (or the card itself) on the innermost one."""
    key: object = card(function)
    inner = True
    top = None
    place = host.above(function)
    while place is not None:
        if isinstance(place, Root):
            top, inner = place.bus, False
        elif inner:
            key = place.address
        place = host.above(place)
    assert top is not None, "a host's tree ends in root buses"
    return top, key


def _branch(host: Host, members: list[Function]) -> Branch:
    """Cards by the switch that they are on: the first card of a switch speaks for it."""
    switches: list[tuple[Function, list[list[Address]]]] = []
    for _, several in groupby(sorted(members, key=lambda one: (card(one), one.address)), key=card):
        functions = list(several)
        home = next((cards for first, cards in switches if host.relation(first, functions[0]) == PIX), None)
        if home is None:
            home = []
            switches.append((functions[0], home))
        addresses = [one.address for one in functions]
        home += [addresses[at : at + FUNCTIONS_PER_SLOT] for at in range(0, len(addresses), FUNCTIONS_PER_SLOT)]
    return Branch([cards for _, cards in switches])

"""How two functions of a host stand to each other: where their ways to the CPU meet.

The words are those of `nvidia-smi topo -m` and of NCCL's NCCL_P2P_LEVEL, with CARD for functions of one card:
https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/env.html#nccl-p2p-level
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from pcisolve.host.values import Function, NumaNode, Root

CARD: Final = "CARD"  # functions of one card
PIX: Final = "PIX"  # one bridge or switch between them
PXB: Final = "PXB"  # several bridges, no host bridge
PHB: Final = "PHB"  # the same host bridge
NODE: Final = "NODE"  # host bridges of one NUMA node
SYS: Final = "SYS"  # other nodes, or not known to be the same
RELATIONS: Final = (CARD, PIX, PXB, PHB, NODE, SYS)  # nearest first

Place = Function | Root


class Tree(Protocol):
    """What is asked of a host."""

    @property
    def nodes(self) -> Sequence[NumaNode]:
        """Its NUMA nodes."""

    def above(self, place: Place) -> Place | None:
        """What a function or a root bus is below."""


def meeting(host: Tree, one: Function, other: Function) -> Place | None:
    """The lowest bridge or root bus that both are below (or are); None where they have none in common."""
    above = {_key(place) for place in _way(host, one)}
    return next((place for place in _way(host, other) if _key(place) in above), None)


def relation(host: Tree, one: Function, other: Function) -> str:
    """One of RELATIONS; the same in both directions.

    A switch is an upstream port and the downstream ports below it: two functions meet in one where no more than one
    bridge lies between either of them and where they meet.
    """
    if card(one) == card(other):
        return CARD
    place = meeting(host, one, other)
    if place is None:
        return _by_node(host, one, other)
    between = [_between(host, function, place) for function in (one, other)]
    if isinstance(place, Root) or any(isinstance(step, Root) for steps in between for step in steps):
        return PHB
    return PIX if all(len(steps) <= 1 for steps in between) else PXB


def card(function: Function) -> tuple[int, int, int]:
    """Domain, bus and slot that name the card; a virtual function is on that of its physical one."""
    return (function.pf or function.address)[:3]


def _by_node(host: Tree, one: Function, other: Function) -> str:
    if len(host.nodes) < 2:
        return NODE
    return NODE if one.node is not None and one.node == other.node else SYS


def _between(host: Tree, function: Function, place: Place) -> list[Place]:
    """What lies between a function and a place above it, without either."""
    steps = [step for step in _way(host, function) if step != function]
    found = [_key(step) for step in steps]
    return steps[: found.index(_key(place))] if _key(place) in found else []


def _way(host: Tree, function: Function) -> list[Place]:
    """The function and all that it is below, upwards."""
    steps: list[Place] = []
    place: Place | None = function
    while place is not None:
        steps.append(place)
        place = host.above(place)
    return steps


def _key(place: Place) -> tuple[int, ...]:
    return place.bus if isinstance(place, Root) else place.address

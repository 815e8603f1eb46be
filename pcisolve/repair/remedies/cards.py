"""A card whose functions are split: all of them in one slot."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.core.address import FUNCTIONS_PER_SLOT, Address
from pcisolve.core.change import Change
from pcisolve.core.node import Node
from pcisolve.problem.parts import Part
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedies.carriers import address_element
from pcisolve.repair.remedy import Remedies, Remedy
from pcisolve.rules.guest.cards import Functions
from pcisolve.rules.rule import Telling


def _together(bench: Bench, case: Functions, telling: Telling) -> Iterator[Remedy]:
    """Where function 0 is, and each of the others at the function it has on the host."""
    place = bench.question.choice.places.get(case.parts[0])
    provider = None if place is None else bench.controller(place.provider)
    if place is None or provider is None or place.function:
        return
    changes: list[Change] = []
    for part in case.parts:
        function = part.host.function if part.host is not None else FUNCTIONS_PER_SLOT
        address = bench.address(provider, place.slot, function)
        if address is None:
            return
        changes += _put(part, address)
    yield Remedy("one slot", tuple(changes))


def _put(part: Part, address: Address) -> Iterator[Change]:
    node: Node | None = part.node
    if part.pinned == address or node is None:
        return
    if part.address_node is not None:
        yield Change(part.address_node, "", address)
    else:
        yield Change(node, "", address_element(address))


REMEDIES: dict[str, Remedies] = {"card-together": _together}

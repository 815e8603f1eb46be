"""What belongs together: parts that only make sense in one slot, and move together.

The functions of one card of the host, whose drivers look for each other by slot; an EHCI controller and its companions,
which share ports; root ports that share a slot, because the first of them makes the others visible.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pcisolve.problem.choice import Place
from pcisolve.problem.parts import STAND_IN, Controller, Part
from pcisolve.problem.problem import Problem


class Card(NamedTuple):
    """A card of the host, by its PCI domain, bus and slot there."""

    domain: int
    bus: int
    slot: int

    def __str__(self) -> str:
        return f"{self.domain:04x}:{self.bus:02x}:{self.slot:02x}"


def card_of(part: Part) -> Card | None:
    """The card of the host that a passed-through function is of; None for everything else.

    An interface that is a host device is a virtual function, which is a device of its own.
    """
    host = part.host
    if host is None or part.kind != "hostdev" or host.domain >= STAND_IN:
        return None
    return Card(host.domain, host.bus, host.slot)


def whole_cards(problem: Problem) -> dict[Card, list[Part]]:
    """The cards of which function 0 and others are given to the guest, each with its functions in order.

    Only what is a card for sure: the functions of bus 0 are the chipset's, and a slot other than 0 may hold virtual
    functions (SR-IOV), which need not stay together.
    """
    found: dict[Card, list[Part]] = {}
    for part in problem.by_kind("hostdev"):
        card = card_of(part)
        if card is not None and card.bus and not card.slot:
            found.setdefault(card, []).append(part)
    cards = {card: sorted(parts, key=_function) for card, parts in found.items() if len(parts) > 1}
    return {card: parts for card, parts in cards.items() if not _function(parts[0])}


def _function(part: Part) -> int:
    return part.host.function if part.host is not None else 0


class Slots:
    """Who is in which slot."""

    def __init__(self, places: Mapping[Part, Place]) -> None:
        self._places = places
        self._parts: dict[tuple[int, int], list[Part]] = {}
        for part, place in places.items():
            self._parts.setdefault((place.provider, place.slot), []).append(part)

    def with_part(self, part: Part) -> list[Part]:
        """Everything in the slot of a part, itself included, by function."""
        place = self._places.get(part)
        found = [] if place is None else self._parts[place.provider, place.slot]
        return sorted(found, key=lambda one: self._places[one].function)

    def together(self, part: Part) -> list[Part]:
        """The part and what has to stay in one slot with it, by function."""
        return [one for one in self.with_part(part) if one is part or are_kin(one, part)] or [part]


def are_kin(one: Part, other: Part) -> bool:
    """Whether two parts that share a slot belong together."""
    card = card_of(one)
    if card is not None:
        return card == card_of(other)
    if isinstance(one, Controller) or isinstance(other, Controller):
        return isinstance(one, Controller) and isinstance(other, Controller) and one.shares_slot and other.shares_slot
    return _usb_set(one) is not None and _usb_set(one) == _usb_set(other)


def _usb_set(part: Part) -> str | None:
    """The index that an ICH9 USB 2 controller shares with its companions."""
    view = part.view
    if part.kind != "controller" or view.get("type") != "usb" or not (view.get("model") or "").startswith("ich9-"):
        return None
    return view.get("index")

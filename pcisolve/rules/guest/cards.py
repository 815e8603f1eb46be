"""Functions of one host card that the guest would see as several cards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pcisolve.problem.kin import Card, whole_cards
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.rules.rule import WARNING, Question, Rule, Telling, name_of, point


class Functions(NamedTuple):
    """A card of the host, and those of its functions that are given to the guest, in order."""

    card: Card
    parts: tuple[Part, ...]


class CardTogether(Rule[Functions]):
    """The functions of one card of the host are in one slot of the guest.

    Drivers look for the other functions of their card by slot: a graphics card's audio, or its USB controller. libvirt
    puts each function into a slot of its own unless the addresses say otherwise. Virtual functions (SR-IOV) are cards
    of their own.
    """

    id = "card-together"
    stage = "guest"
    severity = WARNING
    source = (
        "virt-manager issue 303, kubevirt issue 14375: passed-through cards that fail when their functions are split"
    )
    allows = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'/>"
        "<hostdev type='pci'><source><address bus='6' slot='0'/></source>"
        "<address type='pci' bus='1' slot='0'/></hostdev>"
        "<hostdev type='pci'><source><address bus='6' slot='0' function='1'/></source>"
        "<address type='pci' bus='1' slot='0' function='1'/></hostdev>",
    )
    forbids = (
        "q35: <hostdev type='pci'><source><address bus='6' slot='0'/></source></hostdev>"
        "<hostdev type='pci'><source><address bus='6' slot='0' function='1'/></source></hostdev>",
    )

    def cases(self, question: Question) -> Iterable[Functions]:
        problem = question.problem
        if problem.machine.zpci:
            return ()  # every function is alone there
        return [Functions(card, tuple(parts)) for card, parts in whole_cards(problem).items()]

    def check(self, layout: Layout, case: Functions) -> bool:
        return len({layout.places[part][:2] for part in case.parts if part in layout.places}) < 2

    def tell(self, question: Question, case: Functions) -> Telling:
        addresses = question.choice.addresses
        where = ", ".join(f"{name_of(part)} at {addresses[part]}" for part in case.parts[:8] if part in addresses)
        message = (
            f"the guest will see {len(case.parts)} cards where the host has one, {case.card}: {where}; "
            "drivers look for the other functions in the same slot"
        )
        first, *rest = (point(part, "slot", "is of the same card") for part in case.parts)
        return Telling(message, (first._replace(role=""), *rest))


RULES: tuple[Rule[Functions], ...] = (CardTogether(),)

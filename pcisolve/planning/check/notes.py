"""What a planned layout does that its author may not expect, though the plan allows it: told as notes."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import pairwise
from typing import Final

from pcisolve.core.address import Address
from pcisolve.planning.check.wishes import Outcome, switch_above
from pcisolve.planning.file.text import Mark
from pcisolve.planning.file.values import Together
from pcisolve.problem.parts import Part
from pcisolve.verdict.values import FactAt, Finding

SHARED: Final = "plan-shared-switch"
ORDER: Final = "plan-host-order"


def notes_of(outcome: Outcome) -> tuple[Finding, ...]:
    """Notes about a layout that is what the plan asks for."""
    return (*_shared_switches(outcome), *_turned_cards(outcome))


def _shared_switches(outcome: Outcome) -> Iterator[Finding]:
    """Relations of different devices that ended on one switch."""
    wishes = [one for one in outcome.plan.relations if isinstance(one, Together) and one.unit == "switch"]
    first: dict[Hashable, Together] = {}
    for wish in wishes:
        for switch in dict.fromkeys(switch_above(outcome.layout, part) for part in _parts(outcome, wish)):
            other = first.setdefault(switch, wish)
            if other is not wish and not set(other.groups) & set(wish.groups):
                message = (
                    f"{_names(other.groups)} share the switch of PCI controller {switch} with {_names(wish.groups)}, "
                    "and no wish keeps them apart"
                )
                yield _note(outcome, SHARED, message, [other.at, wish.at])
                break


def _turned_cards(outcome: Outcome) -> Iterator[Finding]:
    """Groups whose host addresses are in an order that turns the functions of a card around."""
    for wish in outcome.plan.devices:
        parts = outcome.devices.get(wish.name, []) if wish.host else []
        for (one, part), (other, later) in pairwise(zip(wish.host, parts, strict=False)):
            here, there = outcome.layout.addresses[part], outcome.layout.addresses[later]
            if _card(one) == _card(other) and _card(here) == _card(there) and _turned(one, other, here, there):
                message = (
                    f"{other} is at guest function {there.function} and {one} at {here.function}: "
                    f'the order of "host" decides'
                )
                yield _note(outcome, ORDER, message, [wish.at])
                break


def _turned(one: Address, other: Address, here: Address, there: Address) -> bool:
    return (one.function < other.function) != (here.function < there.function)


def _card(address: Address) -> tuple[int, int, int]:
    return address.domain, address.bus, address.slot


def _parts(outcome: Outcome, wish: Together) -> list[Part]:
    return [part for name in wish.groups for part in outcome.devices.get(name, [])]


def _names(groups: tuple[str, ...]) -> str:
    return " and ".join(f'"{one}"' for one in groups)


def _note(outcome: Outcome, code: str, message: str, marks: list[Mark]) -> Finding:
    text = outcome.plan.text
    facts = tuple(FactAt(text.piece(at), text.name, at.line, at.column, "") for at in marks)
    return Finding(code, (code,), "libvirt", message, False, facts, severity="note")

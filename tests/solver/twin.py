"""A second, naive solver for tiny guests: python-constraint2 over facts written down here once more.

Nothing of the product's rules, catalog or search is used. It knows what each controller model accepts and needs
(libvirt virDomainPCIAddressBusSetModel), that an address names bus, slot and function, that the search itself takes
only wholly empty slots (root ports may share one), and that endpoints go to pcie-root by hand only.
"""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement
from typing import NamedTuple

from constraint import Problem

Spot = tuple[int, int, int]  # index of the controller, slot, function


class Model(NamedTuple):
    """A controller model: what its bus takes, what it needs itself, its slots, whether the search uses it."""

    takes: frozenset[str]
    needs: str
    slots: range
    automatic: bool


def _model(takes: str, needs: str, slots: range, *, automatic: bool = True) -> Model:
    return Model(frozenset(takes.split()), needs, slots, automatic)


MODELS = {
    "pci-root": _model("pci bridge pxb", "", range(1, 32)),
    "pcie-root": _model("pcie port dmi pxb-pcie", "", range(1, 32), automatic=False),
    "pci-bridge": _model("pci bridge", "bridge", range(1, 32)),
    "dmi-to-pci-bridge": _model("pci bridge", "dmi", range(32), automatic=False),
    "pcie-to-pci-bridge": _model("pci bridge", "pcie-to-pci", range(1, 32)),
    "pcie-root-port": _model("pcie up pcie-to-pci", "port", range(1)),
    "pcie-switch-upstream-port": _model("down", "up", range(32), automatic=False),
    "pcie-switch-downstream-port": _model("pcie up pcie-to-pci", "down", range(1)),
    "pci-expander-bus": _model("pci bridge", "pxb", range(32)),
    "pcie-expander-bus": _model("port dmi", "pxb-pcie", range(32), automatic=False),
}
ENDPOINTS = frozenset({"pci", "pcie"})
# Functions of bus 0 that are the chipset's, its SATA controller included.
CHIPSET = {"q35": [(0, 31, 0), (0, 31, 2), (0, 31, 3)], "pc": [(0, 1, 0), (0, 1, 3)]}
ROOT = {"q35": "pcie-root", "pc": "pci-root"}
ADDED = {"q35": ("pcie-root-port", "pcie-to-pci-bridge", "pci-bridge"), "pc": ("pci-bridge",)}
ROOMY_FROM = 10  # asked slots stay below; on a bus of 31 slots a tiny guest never runs out above


class Thing(NamedTuple):
    """A part to be placed: a controller (`number` is its index) or an endpoint; `asked` is its address."""

    kind: str
    asked: Spot | None = None
    number: int = -1
    model: str = ""

    @property
    def is_port(self) -> bool:
        """Whether it may share a slot with its like."""
        return self.model == "pcie-root-port"


def is_feasible(machine: str, things: list[Thing]) -> bool:
    """Whether every thing has a place on the controllers there are; index 0 is the machine's root."""
    buses = {0: MODELS[ROOT[machine]], **{one.number: MODELS[one.model] for one in things if one.model}}
    problem = Problem()
    for number, thing in enumerate(things):
        spots = [one for one in _spots(thing, number, buses) if one not in CHIPSET[machine]]
        if not spots:
            return False
        problem.addVariable(number, spots)
    for first, second in combinations(range(len(things)), 2):
        problem.addConstraint(_apart(things[first], things[second]), (first, second))
    return not things or problem.getSolution() is not None


def _spots(thing: Thing, number: int, buses: dict[int, Model]) -> list[Spot]:
    if thing.asked is not None:
        index, slot, function = thing.asked
        fits = index in buses and slot in buses[index].slots and function < 8 and _may_ask(thing, buses[index])
        return [thing.asked] if fits and _is_ordered(thing, index) else []
    found = []
    for index, bus in buses.items():
        endpoint_allowed = bus.automatic or thing.kind not in ENDPOINTS
        if thing.kind in bus.takes and endpoint_allowed and _is_ordered(thing, index):
            found.append((index, 0 if len(bus.slots) == 1 else ROOMY_FROM + number, 0))
    return found


def _may_ask(thing: Thing, bus: Model) -> bool:
    """By hand, endpoints of both sorts go wherever one of them does, and a pci-bridge counts as an endpoint."""
    if thing.kind in bus.takes:
        return True
    return (thing.kind in ENDPOINTS or thing.model == "pci-bridge") and bool(bus.takes & ENDPOINTS)


def _is_ordered(thing: Thing, bus: int) -> bool:
    """libvirt wants the index above the bus of pci-bridges only."""
    return thing.model != "pci-bridge" or bus < thing.number


def _apart(first: Thing, second: Thing):  # type: ignore[no-untyped-def]
    """Whole slots for what the search places; by hand any two functions of a slot may be used."""
    whole = (first.asked is None or second.asked is None) and not (first.is_port and second.is_port)
    digits = 2 if whole else 3
    return lambda one, other: one[:digits] != other[:digits]


def fewest_added(machine: str, things: list[Thing], limit: int) -> int | None:
    """The smallest number of controllers to add, by trying all; None above the limit."""
    highest = max((one.number for one in things), default=0)
    for count in range(limit + 1):
        for models in combinations_with_replacement(ADDED[machine], count):
            added = [
                Thing(MODELS[name].needs, None, max(highest, 0) + 1 + position, name)
                for position, name in enumerate(models)
            ]
            if is_feasible(machine, things + added):
                return count
    return None

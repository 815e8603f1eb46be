"""The chipset step: built-in functions, fixed and preferred places on bus 0 (fact alg-chipset)."""

from __future__ import annotations

from typing import Protocol

from pcisolve.catalog.machines import Preferred
from pcisolve.catalog.matching import matches
from pcisolve.core.node import Node
from pcisolve.firstfit.buses import Buses
from pcisolve.problem.choice import Choice, Place
from pcisolve.problem.parts import Part
from pcisolve.problem.problem import Problem


class Placing(Protocol):
    """What the chipset step needs of a walk over all parts."""

    problem: Problem
    choice: Choice
    settled: dict[Part, Place]
    buses: Buses

    def settle(self, part: Part, place: Place) -> None:
        """Give a part its place for good."""

    def search(self, part: Part) -> Place | None:
        """Place a part like any other."""


def chipset_step(run: Placing) -> None:
    """Reserve what the chipset has, and settle the parts that have a place of their own on bus 0."""
    machine = run.problem.machine
    if not (machine.reserved or machine.fixed or machine.preferred) or 0 not in run.buses.by_index:
        return
    by_controller = [one for one in machine.preferred if one.element == "controller"]
    for part in run.problem.by_kind("controller"):
        for fixed in machine.fixed:
            if matches(fixed.when, part.view):
                run.settle(part, Place(0, fixed.slot, fixed.function))
        for preferred in by_controller:
            if part.address_type == "" and part not in run.settled and matches(preferred.when, part.view):
                _prefer(run, part, preferred)
    builtin = builtin_part()
    for reserved in machine.reserved:
        run.buses.by_index[0].reserve(reserved.slot, reserved.function, builtin, explicit=True)
    for preferred in machine.preferred:
        if preferred.element != "controller":
            _prefer_device(run, preferred)


def builtin_part() -> Part:
    """A stand-in for a function of the chipset."""
    return Part("chipset", None, Node("chipset", {}, -1))


def _prefer_device(run: Placing, preferred: Preferred) -> None:
    parts = run.problem.by_kind(preferred.element)
    for part in parts[:1] if preferred.first_only else parts:
        if not part.wants or part in run.settled or not matches(preferred.when, part.view):
            continue
        if not _prefer(run, part, preferred) and preferred.first_only:
            run.search(part)


def _prefer(run: Placing, part: Part, preferred: Preferred) -> bool:
    bus = run.buses.by_index[0]
    for slot in preferred.slots:
        if bus.masks[slot] == 0:
            run.settle(part, Place(0, slot, 0))
            if preferred.multifunction:
                run.choice.multifunction.add(part)
            return True
    return False

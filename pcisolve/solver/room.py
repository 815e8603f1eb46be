"""Room for what qemu:commandline makes: libvirt's search knows nothing of it, and puts parts at the same places.

Parts that share a slot move together, to the lowest slot of their bus that is free, and keep their functions. Where a
part of the slot has its place from the input, or the bus has no such slot, nothing is done here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pcisolve.catalog.matching import matches
from pcisolve.core.address import SLOTS_PER_BUS
from pcisolve.firmware.lasting import Moved
from pcisolve.firstfit.values import fill_values
from pcisolve.problem.choice import Choice
from pcisolve.problem.parts import Part
from pcisolve.problem.problem import Problem
from pcisolve.problem.qemu.devices import JSON
from pcisolve.problem.start.aliases import bus_name
from pcisolve.problem.start.collisions import Clash
from pcisolve.problem.start.startup import startup
from pcisolve.rules.check import Breach
from pcisolve.rules.rule import Question

Slot = tuple[int, int]  # the index of the controller that provides the bus, and the slot


def make_room(question: Question, broken: Iterable[Breach]) -> tuple[Choice, list[Moved]]:
    """The choice with the slots moved that arguments need; itself where nothing has to move, or can."""
    problem, old = question.problem, question.choice
    wrong: dict[Slot, str] = {}
    for breach in broken:
        if isinstance(breach.case, Clash):
            wrong.update({old.places[part][:2]: breach.rule.id for part in breach.case.parts if part in old.places})
    if not wrong:
        return old, []
    taken = {place[:2] for place in old.places.values()} | handed_out(question) | _chipset(problem)
    new = without(old)
    moved: dict[Part, str] = {}
    for slot, rule in wrong.items():
        parts = [part for part, place in old.places.items() if place[:2] == slot]
        free = _free_slot(question, slot[0], taken) if all(_is_open(problem, old, part) for part in parts) else None
        if free is None:
            continue
        taken.add((slot[0], free))
        for part in parts:
            new.places[part] = old.places[part]._replace(slot=free)
            moved[part] = rule
    if not moved:
        return old, []
    fill_values(problem, new)
    before, after = old.addresses, new.addresses
    return new, [Moved(part, before[part], after[part], rule) for part, rule in moved.items()]


def handed_out(question: Question) -> set[Slot]:
    """The slots that arguments take, but for those that QEMU chooses after it has made libvirt's parts."""
    start = startup(question.layout)
    if start is None:
        return set()
    layout = question.layout
    providers = {bus_name(layout, one): one.index for one in layout.controllers}
    asked = [(device, spot) for device, spot in start.spots.items() if device.form != JSON or device.devfn is not None]
    found = {(providers[spot.bus], spot.slot) for _, spot in asked if spot.bus in providers}
    for clash in start.clashes:
        if clash.spot.bus in providers:
            found.add((providers[clash.spot.bus], clash.spot.slot))
    return found


def is_fixed(problem: Problem, part: Part) -> bool:
    """Whether the chipset has the part at one place only."""
    return any(one.element == part.kind and matches(one.when, part.view) for one in problem.machine.fixed)


def _is_open(problem: Problem, choice: Choice, part: Part) -> bool:
    return part.pinned is None and part not in choice.kept.places and not is_fixed(problem, part)


def _chipset(problem: Problem) -> set[Slot]:
    machine = problem.machine
    return {(0, one.slot) for one in machine.reserved} | {(0, one.slot) for one in machine.fixed}


def _free_slot(question: Question, provider: int, taken: set[Slot]) -> int | None:
    controller = question.layout.by_index.get(provider)
    if controller is None or controller.model is None:
        return None
    last = min(controller.model.max_slot, SLOTS_PER_BUS - 1)
    slots = range(controller.model.min_slot, last + 1)
    return next((slot for slot in slots if (provider, slot) not in taken), None)


def without(old: Choice, moving: Collection[Part] = ()) -> Choice:
    """The same places but for these parts', to be changed; what is filled in is filled in anew."""
    new = Choice(old.kept)
    new.added, new.chipset, new.moved = old.added, old.chipset, old.moved
    new.multifunction = {part for part in old.multifunction if part not in moving}
    new.places = {part: place for part, place in old.places.items() if part not in moving}
    return new

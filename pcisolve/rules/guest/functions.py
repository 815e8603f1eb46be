"""Functions a guest never looks at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pcisolve.problem.choice import Place
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.rules.rule import Question, Rule, Telling, name_of, point


class Headless(NamedTuple):
    """A slot of which function 0 is empty, and who is on the others."""

    slot: Place
    parts: tuple[Part, ...]


class FunctionZero(Rule[Headless]):
    """A slot that is used has something at function 0.

    A guest looks for further functions only where it has found function 0. libvirt and QEMU say nothing, and the
    device is never seen; a bridge stays without a bus number, and everything behind it is lost too. On pseries the
    device tree names every function, and on s390 each function stands alone: neither needs function 0.
    """

    id = "guest-function0-missing"
    stage = "guest"
    source = "PCI Local Bus Specification 3.0, 3.2.2.3.4; tried with QEMU 7.2, SeaBIOS, SLOF and Linux"
    allows = (
        "q35: <memballoon model='virtio'><address type='pci' slot='3'/></memballoon>"
        "<rng model='virtio'><address type='pci' slot='3' function='1'/></rng>",
        "pc: <rng model='virtio'><address type='pci' slot='1' function='4'/></rng>",
        "pseries: <rng model='virtio'><address type='pci' slot='3' function='1'/></rng>",
    )
    forbids = ("q35: <rng model='virtio'><address type='pci' slot='3' function='1'/></rng>",)

    def cases(self, question: Question) -> Iterator[Headless]:
        if not question.problem.machine.needs_function_zero:
            return
        places = question.choice.places
        used: dict[tuple[int, int], list[Part]] = {}
        for part in question.placed:
            if places[part].function:
                used.setdefault(places[part][:2], []).append(part)
        heads = {places[part][:2] for part in question.placed if not places[part].function} if used else set()
        chipset = {(0, one.slot) for one in question.problem.machine.reserved if one.function == 0}
        for slot, parts in used.items():
            if slot not in heads and slot not in chipset:
                yield Headless(Place(*slot, 0), tuple(parts))

    def check(self, layout: Layout, case: Headless) -> bool:
        here = [part for part in case.parts if layout.places[part][:2] == case.slot[:2]]
        return all(layout.places[part].function == 0 for part in here)

    def tell(self, question: Question, case: Headless) -> Telling:
        first = case.parts[0]
        where = question.choice.addresses[first]
        message = f"the guest will not see {name_of(first)} at {where}: nothing is at function 0 of its slot"
        if len(case.parts) > 1:
            message = f"the guest will not see {name_of(first)} and {len(case.parts) - 1} more in the slot of {where}: "
            message += "nothing is at function 0"
        bridges = {part.index for part in case.parts if isinstance(part, Controller)}
        behind = sum(place.provider in bridges for place in question.choice.places.values()) if bridges else 0
        if behind:
            message += f"; {behind} {'part' if behind == 1 else 'parts'} behind it lost too"
        if first.pinned is None and first not in question.choice.kept.places:
            message += "; that place is libvirt's choice, pcisolve solve chooses another"
        rest = [point(part, "function", "is in that slot as well") for part in case.parts[1:]]
        return Telling(message, (point(first, "function"), *rest))


RULES: tuple[Rule[Headless], ...] = (FunctionZero(),)

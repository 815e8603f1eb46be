"""Several functions in one slot, and the bit that says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pcisolve.problem.choice import Place
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.rules.rule import Question, Rule, Telling, name_of, point


class Slot(NamedTuple):
    """A slot of which function 0 and others are taken: by whom."""

    place: Place
    head: Part
    others: tuple[Part, ...]


class MultifunctionBit(Rule[Slot]):
    """Function 0 of a slot that has further functions says multifunction='on'.

    libvirt says it by itself, unless the address says 'off'.
    """

    id = "guest-multifunction-bit"
    stage = "qemu"
    source = "QEMU hw/pci/pci.c pci_init_multifunction, tried with 7.2 (single function device can't be populated)"
    allows = (
        "q35: <memballoon model='virtio'><address type='pci' slot='3'/></memballoon>"
        "<rng model='virtio'><address type='pci' slot='3' function='1'/></rng>",
    )
    forbids = (
        "q35: <memballoon model='virtio'><address type='pci' slot='3' multifunction='off'/></memballoon>"
        "<rng model='virtio'><address type='pci' slot='3' function='1'/></rng>",
    )

    def cases(self, question: Question) -> Iterator[Slot]:
        places = question.choice.places
        off = {places[part][:2]: part for part in question.placed if part.multifunction == "off"}
        heads = {slot: part for slot, part in off.items() if places[part].function == 0}
        others: dict[tuple[int, int], list[Part]] = {}
        for part in question.placed:
            if heads and places[part].function and places[part][:2] in heads:
                others.setdefault(places[part][:2], []).append(part)
        for slot, rest in others.items():
            yield Slot(places[heads[slot]], heads[slot], tuple(rest))

    def check(self, layout: Layout, case: Slot) -> bool:
        if layout.places[case.head] != case.place or case.head.multifunction != "off":
            return True
        return not any(layout.places[part][:2] == case.place[:2] for part in case.others)

    def tell(self, question: Question, case: Slot) -> Telling:
        names = " and ".join(name_of(part) for part in case.others[:2])
        message = (
            f"QEMU will not start: {name_of(case.head)} says multifunction='off', "
            f"but {names} {'is' if len(case.others) == 1 else 'are'} in the same slot; it needs multifunction='on'"
        )
        rest = [point(part, "function", "is in its slot") for part in case.others]
        return Telling(message, (point(case.head, "multifunction"), *rest))


class NoMultifunction(Rule[Part]):
    """s390 has no slots of several functions: the guest sees each function on its own.

    libvirt sets multifunction='on' by itself where a second function shares the slot.
    """

    id = "s390-no-multifunction"
    stage = "qemu"
    source = "QEMU hw/s390x/s390-pci-bus.c, tried with 7.2 (multifunction not supported in s390)"
    allows = ("s390: <rng model='virtio'><address type='pci' slot='3'/></rng>",)
    forbids = (
        "s390: <rng model='virtio'><address type='pci' slot='3' multifunction='on'/></rng>",
        "s390: <rng model='virtio'><address type='pci' slot='3'/></rng>"
        "<rng model='virtio'><address type='pci' slot='3' function='1'/></rng>",
    )

    def cases(self, question: Question) -> Iterable[Part]:
        if question.problem.machine.multifunction:
            return ()
        return [part for part in question.placed if _has_bit(part, question.choice.multifunction)]

    def check(self, layout: Layout, case: Part) -> bool:
        return not _has_bit(case, layout.multifunction)

    def tell(self, question: Question, case: Part) -> Telling:
        family, places = question.problem.machine.family, question.choice.places
        here = places[case][:2]
        others = [part for part in question.placed if part is not case and places[part][:2] == here]
        if case.multifunction == "on":
            message = f"QEMU will not start: {name_of(case)} says multifunction='on', which {family} does not have"
            return Telling(message, (point(case, "multifunction"),))
        names = " and ".join(name_of(part) for part in [case, *others][:2])
        message = f"QEMU will not start: {names} share a slot; on {family} every device needs a slot of its own"
        rest = [point(part, "function", "is in the same slot") for part in others]
        return Telling(message, (point(case, "slot"), *rest))


def _has_bit(part: Part, filled: set[Part]) -> bool:
    return part.multifunction == "on" or (part.multifunction is None and part in filled)


RULES: tuple[Rule[Slot] | Rule[Part], ...] = (MultifunctionBit(), NoMultifunction())

"""zPCI ids of s390."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of, point

UID_MAX = 0xFFFF


def _with_ids(question: Question) -> list[Part]:
    """Parts that keep the ids of their address; the chipset step replaces an address, ids and all."""
    return [part for part in question.problem.parts if part not in question.choice.chipset]


def _zpci_point(part: Part, attribute: str, role: str = "") -> Point:
    ids = part.address_node.first("zpci") if part.address_node is not None else None
    return point(part, role=role) if ids is None else Point(ids, attribute if attribute in ids.attributes else "", role)


class ZpciMachine(Rule[Part]):
    """zPCI ids exist on s390 only."""

    id = "zpci-needs-s390"
    impossible = True
    source = "libvirt src/qemu/qemu_validate.c, tried with 9.0.0"
    allows = ("s390: <rng model='virtio'><address type='pci'><zpci uid='1' fid='1'/></address></rng>",)
    forbids = ("q35: <memballoon model='virtio'><address type='pci'><zpci uid='1' fid='1'/></address></memballoon>",)

    def cases(self, question: Question) -> Iterable[Part]:
        if question.problem.machine.zpci:
            return ()
        return [part for part in _with_ids(question) if part.zpci != (None, None)]

    def check(self, layout: Layout, case: Part) -> bool:
        return layout.problem.machine.zpci or (case.zpci.uid is None and case.zpci.fid is None)

    def tell(self, question: Question, case: Part) -> Telling:
        family = question.problem.machine.family
        return Telling(f"{name_of(case)} has zPCI ids, which {family} does not have", (_zpci_point(case, ""),))


class ZpciUid(Rule[Part]):
    """A zPCI uid is 1 to 0xffff: the guest's PCI domain of that function."""

    id = "zpci-uid-range"
    source = "libvirt src/util/virpci.c, tried with 9.0.0"
    allows = ("s390: <rng model='virtio'><address type='pci'><zpci uid='0xffff'/></address></rng>",)
    forbids = ("s390: <rng model='virtio'><address type='pci'><zpci uid='0'/></address></rng>",)

    def cases(self, question: Question) -> Iterable[Part]:
        return [part for part in _with_ids(question) if part.zpci.uid is not None]

    def check(self, layout: Layout, case: Part) -> bool:
        return case.zpci.uid in range(1, UID_MAX + 1)

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"{name_of(case)} has zPCI uid {case.zpci.uid:#06x}; it must be 0x0001 to 0xffff"
        return Telling(message, (_zpci_point(case, "uid"),))


class SameId(NamedTuple):
    """Parts that have one zPCI id."""

    which: str
    value: int
    parts: tuple[Part, ...]


class ZpciUnique(Rule[SameId]):
    """zPCI uids and fids are unique in a guest.

    libvirt completes a partly specified device as soon as it meets it, and may give it an id that a
    later device states (zpci-partial-steals).
    """

    id = "zpci-unique"
    source = "libvirt src/conf/domain_addr.c, tried with 9.0.0"
    allows = (
        "s390: <rng model='virtio'><address type='pci'><zpci uid='1'/></address></rng><rng model='virtio'>"
        "<address type='pci'><zpci uid='2'/></address></rng>",
    )
    forbids = (
        "s390: <rng model='virtio'><address type='pci'><zpci uid='1'/></address></rng><rng model='virtio'>"
        "<address type='pci'><zpci uid='1'/></address></rng>",
    )

    def cases(self, question: Question) -> Iterator[SameId]:
        for which in ("uid", "fid"):
            holders: dict[int, list[Part]] = {}
            for part, ids in question.choice.zpci.items():
                value = getattr(ids, which)
                if value is not None:
                    holders.setdefault(value, []).append(part)
            for value, parts in holders.items():
                if len(parts) > 1:
                    yield SameId(which, value, tuple(parts))

    def check(self, layout: Layout, case: SameId) -> bool:
        return sum(1 for part in case.parts if getattr(layout.zpci.get(part), case.which, None) == case.value) < 2

    def tell(self, question: Question, case: SameId) -> Telling:
        chosen = [part for part in case.parts if getattr(part.zpci, case.which) is None]
        message = (
            f"{' and '.join(name_of(part) for part in case.parts[:2])} both have zPCI {case.which} {case.value:#x}"
        )
        if chosen:
            message += f"; libvirt gave it to {name_of(chosen[0])} before it met the other"
        points = [_zpci_point(case.parts[-1], case.which)]
        points += [_zpci_point(part, case.which, "has it already") for part in case.parts[:-1]]
        return Telling(message, tuple(points))


RULES: tuple[Rule[Part] | Rule[SameId], ...] = (ZpciMachine(), ZpciUid(), ZpciUnique())

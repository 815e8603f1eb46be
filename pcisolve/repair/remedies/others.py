"""Devices, host devices and zPCI ids."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.core.change import Change
from pcisolve.problem.parts import Part
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedy import Remedies, Remedy, drop, free, put
from pcisolve.rules.rule import Telling
from pcisolve.rules.zpci import UID_MAX, SameId


def _wrong_type(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    yield from free(case)
    if case.address_node is not None and case.address_type not in ("", "pci"):
        node = case.address_node
        others = [name for name in node.attributes if name != "type"]
        changes = (Change(node, "type", "pci"), *(Change(node, name, None) for name in others))
        yield Remedy("type pci", changes)


def _later_ones(bench: Bench, case: tuple[Part, ...], telling: Telling) -> Iterator[Remedy]:
    """Each but one of them goes; the first stays, or the last."""
    ordered = sorted((part for part in case if part.node is not None), key=lambda part: part.place_node.number)
    for sort, going in (("remove device", ordered[1:]), ("remove device, the other", ordered[:-1])):
        yield Remedy(sort, tuple(Change(part.node, "", None) for part in going if part.node is not None))


def _no_ids(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    ids = case.address_node.first("zpci") if case.address_node is not None else None
    yield from drop(ids, "", "drop zpci ids")


def _uid(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    ids = case.address_node.first("zpci") if case.address_node is not None else None
    yield from drop(ids, "uid", "drop zpci id")
    if case.zpci.uid is not None:
        yield from put(ids, "uid", f"{min(max(case.zpci.uid, 1), UID_MAX):#06x}", "into range")


def _same_id(bench: Bench, case: SameId, telling: Telling) -> Iterator[Remedy]:
    used = {getattr(ids, case.which) for ids in bench.question.choice.zpci.values()}
    free_one = next(number for number in range(1, len(used) + 3) if number not in used)
    for part in sorted(case.parts, key=lambda one: one.place_node.number, reverse=True):
        ids = part.address_node.first("zpci") if part.address_node is not None else None
        if ids is not None and case.which in ids.attributes:
            width = 6 if case.which == "uid" else 10
            yield from put(ids, case.which, f"{free_one:#0{width}x}", f"free id {part.kind}")
            yield from drop(ids, case.which, f"drop id {part.kind}")


REMEDIES: dict[str, Remedies] = {
    "needs-pci-address": _wrong_type,
    "must-not-have-pci-address": _wrong_type,
    "virtio-disk-address-type": _wrong_type,
    "ccw-needs-s390": _wrong_type,
    "acpi-index-pci": _wrong_type,
    "hostdev-duplicate": _later_ones,
    "zpci-needs-s390": _no_ids,
    "zpci-uid-range": _uid,
    "zpci-unique": _same_id,
}

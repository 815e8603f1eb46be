"""Drives whose place is taken, or whose bus the machine does not have: another target name, unit or bus."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pcisolve.core.change import Change
from pcisolve.problem.drives import Drive, drive_numbered, drive_of, units_of
from pcisolve.problem.lists import disk_name, disk_number
from pcisolve.problem.parts import Part
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedy import Remedies, Remedy, free, put
from pcisolve.rules.rule import Telling

_PREFIX: Final = {"ide": "hd", "sata": "sd", "scsi": "sd", "usb": "sd", "virtio": "vd", "fdc": "fd"}
_MOST_DRIVES: Final = 4_096  # names that are tried


def _taken(bench: Bench, going: list[Part]) -> tuple[set[Drive], set[str]]:
    """The units and the target names that drives have which stay."""
    stay = [part for kind in ("disk", "hostdev") for part in bench.problem.by_kind(kind) if part not in going]
    drives = {drive for part in stay if (drive := drive_of(part.view)) is not None}
    return drives, {name for part in stay if (name := part.view.get("target/dev"))}


def _free_name(bus: str, drives: set[Drive], names: set[str], keep: str = "") -> str | None:
    """A target name whose unit is free on this kind of bus: the one there is, or the first that no disk has."""
    numbers = [disk_number(keep)] if disk_number(keep) >= 0 else []
    for number in (*numbers, *range(_MOST_DRIVES)):
        drive = drive_numbered(bus, number)
        name = keep if number in numbers and number == disk_number(keep) else disk_name(_PREFIX[bus], number)
        if (drive is None or drive not in drives) and name not in names:
            if drive is not None:
                drives.add(drive)
            names.add(name)
            return name
    return None


def _duplicate(bench: Bench, case: tuple[Part, ...], telling: Telling) -> Iterator[Remedy]:
    """The later ones get a free unit: by their target name, or where they have an address, in that."""
    ordered = sorted(case, key=lambda one: one.place_node.number)
    for going, which in ((ordered[1:], ""), (ordered[:1], ", the other")):
        drives, names = _taken(bench, going)
        changes: list[Change] = []
        for part in going:
            changes += _other_unit(part, drives, names)
        if changes:
            yield Remedy(f"free unit{which}", tuple(changes))
    for part in reversed(ordered):
        yield from free(part)


def _other_unit(part: Part, drives: set[Drive], names: set[str]) -> Iterator[Change]:
    drive, target = drive_of(part.view), part.node.first("target") if part.node is not None else None
    if drive is None:
        return
    if part.address_node is not None:
        units = (drive._replace(unit=unit) for unit in range(units_of(drive.bus_type)))
        other = next((one for one in units if one not in drives), None)
        if other is not None:
            drives.add(other)
            yield Change(part.address_node, "unit", str(other.unit))
    elif target is not None:
        name = _free_name(drive.bus_type, drives, names)
        if name is not None:
            yield Change(target, "dev", name)


def _no_ide(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    """IDE disks go to the bus that disks have on this machine; an IDE controller becomes one of that kind."""
    bus = bench.problem.machine.disk_bus
    if not bus:
        return
    disks = [part for part in bench.problem.by_kind("disk") if _is_on(part, case)]
    drives, names = _taken(bench, disks)
    changes: list[Change] = []
    for disk in disks:
        changes += _rebused(disk, bus, drives, names)
    if case.node is not None:
        kinds = [part for part in bench.problem.by_kind("controller") if part.view.get("type") == bus]
        used = {part.view.get("index") for part in kinds if part.node is not None}
        index = next(str(number) for number in range(len(used) + 1) if str(number) not in used)
        changes += [Change(case.node, "type", bus), Change(case.node, "index", index)]
        changes += [Change(case.node, "model", None)] if "model" in case.node.attributes else []
        changes += [one for remedy in free(case) for one in remedy.changes]
    if changes:
        yield Remedy(f"{bus} instead of ide", tuple(changes))


def _is_on(disk: Part, controller: Part) -> bool:
    drive = drive_of(disk.view)
    index = controller.view.get("index") or "0"
    return drive is not None and drive.bus_type == "ide" and str(drive.controller) == index and disk.node is not None


def _rebused(disk: Part, bus: str, drives: set[Drive], names: set[str]) -> Iterator[Change]:
    target = disk.node.first("target") if disk.node is not None else None
    if target is None:
        return
    old = target.attributes.get("dev", "")
    name = _free_name(bus, drives, names, keep=old)
    if name is None:
        return
    for remedy in put(target, "bus", bus, ""):
        yield from remedy.changes
    if name != old:
        yield Change(target, "dev", name)
    for remedy in free(disk):
        yield from remedy.changes


REMEDIES: dict[str, Remedies] = {"drive-duplicate": _duplicate, "ide-single": _no_ide}

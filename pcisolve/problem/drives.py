"""Where a disk or SCSI host device sits on its own bus."""

from __future__ import annotations

import re
from typing import NamedTuple

from pcisolve.core.node import Node
from pcisolve.core.numbers import parse_decimal
from pcisolve.problem.lists import disk_bus, disk_number

# Per kind of bus: drives on a controller, drives on one bus of it (libvirt virDomainDiskDefAssignAddress).
SCSI_UNITS = 7
_DIGITS = 11
_NVME_NAME = re.compile(r"nvme([0-9]{1,9})(?:n[0-9]+)?")
_GEOMETRY = {"scsi": (SCSI_UNITS, SCSI_UNITS), "ide": (4, 2), "sata": (6, 6), "fdc": (2, 2)}


class Drive(NamedTuple):
    """A place on a controller of this kind."""

    bus_type: str
    controller: int
    bus: int
    target: int
    unit: int


def drive_of(node: Node) -> Drive | None:
    """The place an element has by its address, or a disk by its target name; None when it has no such place."""
    if node.tag == "hostdev":
        bus_type = "scsi" if node.get("type") == "scsi" else ""
    else:
        bus_type = disk_bus(node)
    if bus_type not in _GEOMETRY:
        return None
    address = node.first("address")
    if address is not None:
        if address.get("type") != "drive":
            return None
        numbers = [_number(address, name) for name in ("controller", "bus", "target", "unit")]
        return Drive(bus_type, *numbers)
    number = disk_number(node.get("target/dev") or "") if node.tag == "disk" else -1
    return drive_numbered(bus_type, number) if number >= 0 else None


def nvme_controller(disk: Node) -> int:
    """The controller of an NVMe disk, by its target name: nvme1n2 is on controller 1."""
    found = _NVME_NAME.fullmatch(disk.get("target/dev") or "")
    return int(found[1]) if found else 0


def drive_numbered(bus_type: str, number: int) -> Drive | None:
    """The place that a disk's number stands for, 0 for sda; None on a bus without such places."""
    if bus_type not in _GEOMETRY:
        return None
    per_controller, per_bus = _GEOMETRY[bus_type]
    controller, rest = divmod(number, per_controller)
    return Drive(bus_type, controller, rest // per_bus, 0, rest % per_bus)


def units_of(bus_type: str) -> int:
    """How many units one bus of a controller has."""
    return _GEOMETRY[bus_type][1] if bus_type in _GEOMETRY else 0


def _number(address: Node, name: str) -> int:
    """Drive addresses are decimal, unlike those of PCI: 010 is ten (libvirt src/conf/device_conf.c)."""
    text = address.get(name)
    return parse_decimal(text) if text is not None and text.isdecimal() and len(text) < _DIGITS else 0

"""Where the devices of a running QEMU are: by their own properties, and as the guest's firmware numbered them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from pcisolve.verify.commandline import parameters
from pcisolve.verify.qemu import NoSuch, Qemu

_BUS_NAME = re.compile(r"pcie?\.(\d+)(?:\.\d+)?$")
_HIDDEN_BRIDGE = (0x1B36, 0x0001)


class Place(NamedTuple):
    """The bus by the index of the controller that provides it, slot and function."""

    provider: int
    slot: int
    function: int


class Numbered(NamedTuple):
    """A device as the guest sees it; `buses` are a bridge's secondary and subordinate bus, (0, 0) before firmware."""

    bus: int
    slot: int
    function: int
    buses: tuple[int, int] | None


def places(qemu: Qemu, words: list[str]) -> dict[str, Place]:
    """For each PCI device of a command line, by id, where QEMU says that it put it."""
    found: dict[str, Place] = {}
    for option, value in pairwise(words):
        if option == "-device":
            device = parameters(value, "driver")
            if "addr" in device and "id" in device:
                place = _place(qemu, str(device["id"]))
                if place is not None:
                    found[str(device["id"])] = place
    return found


def _place(qemu: Qemu, name: str) -> Place | None:
    spot = spot_of(qemu, name)
    match = None if spot is None else _BUS_NAME.match(spot[0])
    return None if spot is None or match is None else Place(int(match[1]), spot[1], spot[2])


def spot_of(qemu: Qemu, name: str) -> tuple[str, int, int] | None:
    """The bus by its name, slot and function of a PCI device by its id; None where there is none."""
    try:
        address = qemu.ask("qom-get", path=f"/machine/peripheral/{name}", property="addr")
        bus = qemu.ask("qom-get", path=f"/machine/peripheral/{name}", property="parent_bus")
    except NoSuch:
        return None
    bus = str(bus).rpartition("/")[2]
    if isinstance(address, int):
        return bus, address >> 3, address & 7
    slot, _, function = str(address).partition(".")
    return bus, int(slot, 16), int(function or "0", 16)


class Numbers(NamedTuple):
    """What query-pci says.

    Attributes:
        devices: those with an id.
        nameless: bus, slot and function of those of the chipset.
        roots: the numbers of the buses that are below no bridge.
    """

    devices: dict[str, Numbered]
    nameless: frozenset[tuple[int, int, int]]
    roots: frozenset[int]


def numbers(qemu: Qemu) -> Numbers:
    """The numbers that the devices have now."""
    devices: dict[str, Numbered] = {}
    nameless: set[tuple[int, int, int]] = set()
    buses = qemu.ask("query-pci")
    for device, bridge in (found for bus in buses for found in _walk(bus["devices"])):
        name = device.get("qdev_id")
        one = Numbered(device["bus"], device["slot"], device["function"], bridge)
        ids = (device["id"]["vendor"], device["id"]["device"])
        if not name:
            nameless.add(one[:3])
        elif name not in devices or ids != _HIDDEN_BRIDGE:  # the bridge in a pci-expander-bus has the id of that
            devices[name] = one
    return Numbers(devices, frozenset(nameless), frozenset(bus["bus"] for bus in buses))


def _walk(devices: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], tuple[int, int] | None]]:
    stack = list(devices)
    while stack:
        device = stack.pop()
        bridge = device.get("pci_bridge")
        if bridge is None:
            yield device, None
        else:
            yield device, (bridge["bus"]["secondary"], bridge["bus"]["subordinate"])
            stack += bridge.get("devices", [])

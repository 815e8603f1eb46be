"""Where the firmware put the BARs of a running guest, beside where it is predicted to put them.

The sizes are QEMU's own: stand-ins have other BARs than what they stand for, and the windows follow from them.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from pcisolve.catalog.bars import MEM32, MEM64, ROM, Bar
from pcisolve.core.node import Source
from pcisolve.firmware.memory.forecast import Windows, forecast, known_windows
from pcisolve.firmware.memory.guest import Tree, tree_of
from pcisolve.firmware.memory.tree import Function, depth_first
from pcisolve.problem.layout import Layout
from pcisolve.problem.naming import name_of
from pcisolve.verify.machine import Place
from pcisolve.verify.qemu import Qemu
from pcisolve.verify.values import Difference

_UNMAPPED: Final = -1
_NOWHERE: Final = "0x0"
_EDK2: Final = "arm-virt"  # of machines whose firmware is run here, the one with edk2
Key = tuple[Function, int]


class Memory(NamedTuple):
    """How many BARs have an address that could be compared, and those that have another one than predicted."""

    compared: int
    differences: tuple[Difference, ...]

    @property
    def waiting(self) -> bool:
        """Whether a BAR is still at 0, where firmware measures it and puts none: it is not done yet, or gave up."""
        return any(one.found == _NOWHERE for one in self.differences)


def with_memory(layout: Layout, there: dict[str, Place], qemu: Qemu) -> Memory:
    """Compare with that version of the firmware which comes nearest; nothing where none is known.

    A device that the firmware does not switch on has no address that QEMU tells; of these nothing is said. Nor is
    anything where the guest has a function that QEMU does not show, or under edk2 an option ROM, whose place in its
    order is not known.
    """
    windows = known_windows(layout.problem)
    tree = tree_of(layout) if windows else None
    real = None if tree is None else _measured(tree, layout, there, qemu)
    if tree is None or not real or (layout.problem.machine.family == _EDK2 and _has_rom(tree)):
        return Memory(0, ())
    source = layout.problem.source
    found = [_differences(tree, real, one, source) for one in windows]
    return Memory(len(real), min(found, key=len))


def _has_rom(tree: Tree) -> bool:
    return any(bar.number == ROM for one in tree.parts for bar in one.bars)


def _differences(tree: Tree, real: dict[Key, int], windows: Windows, source: Source) -> tuple[Difference, ...]:
    predicted = forecast(tree.tops, windows).addresses
    return tuple(
        _difference(tree, key, predicted.get(key), address, source)
        for key, address in real.items()
        if predicted.get(key) != address
    )


def _difference(tree: Tree, key: Key, predicted: int | None, address: int, source: Source) -> Difference:
    function, number = key
    part = tree.parts[function]
    line = None if part.node is None else source.location(part.node).line
    told = f"BAR {number} at {predicted:#x}" if predicted is not None else f"no address of BAR {number}"
    return Difference(line, name_of(part), told, f"{address:#x}")


def _measured(tree: Tree, layout: Layout, there: dict[str, Place], qemu: Qemu) -> dict[Key, int]:
    """Give each function of the tree QEMU's BARs, and their addresses now; none where one is not there."""
    at = {place: name for name, place in there.items()}
    named, nameless = _devices(qemu)
    found: dict[Key, int] = {}
    for bus in depth_first(tree.tops):
        for one in bus.functions:
            if one not in tree.parts:  # a bridge that QEMU puts behind an expander
                return {}
            place = layout.places[tree.parts[one]]
            name = at.get(Place(place.provider, place.slot, place.function), "")
            device = named.get(name) or nameless.get((place.slot, place.function) if not place.provider else (-1, -1))
            if device is None:
                return {}
            one.bars = tuple(_bar(region) for region in device["regions"] if region["type"] == "memory")
            one.ports = tuple(region["size"] for region in device["regions"] if region["type"] == "io")
            for region in device["regions"]:
                if region["type"] == "memory" and region["address"] != _UNMAPPED and region["bar"] != ROM:
                    found[one, region["bar"]] = region["address"]
    return found


def _bar(region: dict[str, Any]) -> Bar:
    kind = MEM64 if region.get("mem_type_64") else MEM32
    return Bar(region["size"], kind, bool(region.get("prefetch")) and region["bar"] != ROM, region["bar"])


def _devices(qemu: Qemu) -> tuple[dict[str, dict[str, Any]], dict[tuple[int, int], dict[str, Any]]]:
    """QEMU's PCI devices by id, and those of the chipset by slot and function."""
    named: dict[str, dict[str, Any]] = {}
    nameless: dict[tuple[int, int], dict[str, Any]] = {}
    waiting = [one for bus in qemu.ask("query-pci") for one in bus["devices"]]
    while waiting:
        one = waiting.pop()
        waiting += one.get("pci_bridge", {}).get("devices", [])
        if one.get("qdev_id"):
            named[one["qdev_id"]] = one
        elif not one["bus"]:
            nameless[one["slot"], one["function"]] = one
    return named, nameless

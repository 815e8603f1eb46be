"""What is free in a layout: ports and slots by sort and NUMA node."""

from __future__ import annotations

from collections import Counter, defaultdict

from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller
from pcisolve.verdict.room import PCI_SLOT, PCIE_PORT, ROOT_SLOT, SLOT_KINDS, FreeSlots


def free_slots(layout: Layout) -> tuple[FreeSlots, ...]:
    """A row for each sort of slots that the guest has and each NUMA node, also where none of them is free."""
    used = _used(layout)
    free: Counter[tuple[int | None, str]] = Counter()
    hotplug: Counter[tuple[int | None, str]] = Counter()
    for one in layout.controllers:
        kind = _kind(one)
        if one.model is None or kind is None or layout.by_index.get(one.index) is not one:
            continue
        key = (_node(layout, one), kind)
        slots = range(one.model.min_slot, one.model.max_slot + 1)
        count = sum(slot not in used[one.index] for slot in slots)
        free[key] += count
        hotplug[key] += count if one.hotplug else 0
    order = sorted(free, key=lambda key: (-1 if key[0] is None else key[0], SLOT_KINDS.index(key[1])))
    return tuple(FreeSlots(node, kind, free[node, kind], hotplug[node, kind]) for node, kind in order)


def _used(layout: Layout) -> dict[int, set[int]]:
    """The slots that are taken on the bus of each controller, by index."""
    used: dict[int, set[int]] = defaultdict(set)
    used[0].update(place.slot for place in layout.problem.machine.reserved)
    for place in layout.places.values():
        used[place.provider].add(place.slot)
    return used


def _kind(one: Controller) -> str | None:
    """The sort of its slots; None for the inside of a switch, which takes ports of that switch only."""
    if one.model is None:
        return None
    if one.begins_root:
        return ROOT_SLOT
    if not one.model.express:
        return PCI_SLOT
    return PCIE_PORT if one.model.automatic else None


def _node(layout: Layout, one: Controller) -> int | None:
    """The NUMA node of the root or expander that a controller is, or is below."""
    here: Controller | None = one
    for _ in layout.controllers:
        if here is None or here.begins_root:
            break
        here = layout.provider(here)
    node = None if here is None else layout.target(here, "node")
    return node if isinstance(node, int) else None

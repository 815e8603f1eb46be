"""Which bridges take a window of I/O ports: firmware has 64 KiB and gives each at least 4 KiB."""

from __future__ import annotations

from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part


def uses_io(part: Part, bus: Controller) -> bool:
    """Whether a part has I/O ports on that bus: virtio devices only where they are not on PCI Express."""
    variant = part.variant
    if variant is None or isinstance(part, Controller) or bus.model is None:
        return False
    return variant.io or (variant.needs == "virtio" and not bus.model.express)


def is_candidate(controller: Controller) -> bool:
    """Whether a controller could need a window at all; roots have the whole space."""
    return not controller.is_root and controller.model is not None


def always_needs(controller: Controller) -> bool:
    """Whether a controller gets a window even when nothing is behind it."""
    return controller.model is not None and controller.model.io_window


def io_takers(layout: Layout) -> list[Controller]:
    """The controllers whose own devices, or whose being empty, cost a window; those above them cost no further one."""
    direct = {bus for part in layout.places if (bus := layout.provider(part)) is not None and uses_io(part, bus)}
    filled: set[Controller] = set()
    for one in layout.controllers:
        if is_candidate(one) and (one in direct or always_needs(one)):
            above = layout.provider(one)
            while above is not None and above not in filled:
                filled.add(above)
                above = layout.provider(above)
    return [
        one
        for one in layout.controllers
        if is_candidate(one) and (one in direct or (always_needs(one) and one not in filled))
    ]

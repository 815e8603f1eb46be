"""Which bus numbers are there for which bus: each root's and each expander's window of a domain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pcisolve.firmware.guest_view import guest_domain, hidden_buses, limit_of, opens_window
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller


class Window(NamedTuple):
    """The bus numbers `first` to `last` of a domain, for one root or expander and all that is below it.

    `above` is the expander whose bus comes next, which bounds the window; None where the platform's last number does.
    """

    top: Controller
    domain: int
    first: int
    last: int
    above: Controller | None

    @property
    def size(self) -> int:
        """How many numbers there are; not positive where another bus begins at or before the first one."""
        return self.last - self.first + 1


def windows(layout: Layout) -> Iterator[Window]:
    """Every window of a layout, domain by domain and upwards; expanders that lead to no root have none."""
    starts: dict[int, list[tuple[int, Controller]]] = {}
    for controller in layout.controllers:
        if controller.is_root:
            starts.setdefault(guest_domain(layout, controller), []).append((0, controller))
        elif opens_window(controller):
            number, root = layout.target(controller, "busNr"), layout.root_above(controller)
            if isinstance(number, int) and root is not None:
                starts.setdefault(guest_domain(layout, root), []).append((number, controller))
    for domain, tops in starts.items():
        tops.sort(key=lambda one: one[0])
        for (first, top), following in zip(tops, [*tops[1:], None], strict=True):
            if following is None:
                yield Window(top, domain, first, limit_of(layout.problem) - 1, None)
            else:
                yield Window(top, domain, first, following[0] - 1, following[1])


def top_above(layout: Layout, controller: Controller) -> Controller | None:
    """The root or expander in whose window a controller's bus is numbered; None in a circle or without a place."""
    here: Controller | None = controller
    for _ in layout.controllers:
        if here is None or here.is_root or opens_window(here):
            return here
        here = layout.provider(here)
    return None


def own_need(top: Controller) -> int:
    """Bus numbers a root or expander takes for itself: its bus, and the bridge QEMU may hide there."""
    return 1 + hidden_buses(top)


def needs(layout: Layout) -> dict[Controller, int]:
    """How many bus numbers each root and expander needs: its own, and one for each bridge below (rule window-need)."""
    found = layout.bus_needs
    if found:
        return found
    found.update({one: own_need(one) for one in layout.controllers if one.is_root or opens_window(one)})
    for controller in layout.controllers:
        if controller.model is None or controller in found:
            continue
        top = top_above(layout, controller)
        if top is not None and controller in layout.places:
            found[top] = found.get(top, 1) + controller.model.guest_buses
    return found

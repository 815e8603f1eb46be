"""What the guest sees: the bus numbers and addresses its firmware will give every part.

Firmware numbers depth first, bridges by slot and function, on the way down: the root bus (on pseries each host
bridge) from 0, an expander bus from its busNr. Tried with SeaBIOS, SLOF and edk2 below QEMU 7.2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from pcisolve.core.address import Address
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem

BUS_NUMBERS = 256  # a PCI bus number has eight bits


class InGuest(NamedTuple):
    """A part as the guest sees it.

    Attributes:
        address: dddd:bb:ss.f with the guest's own numbers; None for a root, and where there is none.
        secondary: the number of the first bus a controller provides, 0..255; None for devices and where there is none.
        subordinate: the highest bus number below that controller, 0..255.
        visible: whether the guest finds the part.
        reason: why it does not; "" for a part it finds.
    """

    address: str | None
    secondary: int | None
    subordinate: int | None
    visible: bool
    reason: str

    def to_json(self) -> dict[str, Any]:
        """As in `solve --format json`."""
        return {
            "address": self.address,
            "secondary": self.secondary,
            "subordinate": self.subordinate,
            "visible": self.visible,
            "reason": self.reason,
        }


class _Top(NamedTuple):
    """A bus from which numbering starts: a root's, or an expander's."""

    controller: Controller
    domain: int
    first: int


class _Span:
    """The bus numbers a controller takes: its own (`bus`: where its devices sit) and all below it."""

    __slots__ = ("bus", "domain", "first", "last", "parent")

    def __init__(self, domain: int, first: int, hidden: int, parent: Controller | None) -> None:
        self.domain, self.first, self.parent = domain, first, parent
        self.bus = self.last = first + hidden


def guest_view(layout: Layout) -> dict[Part, InGuest]:
    """Every controller and every part with an address, in the layout's order, as the guest will see it.

    Costs time and memory per part. Parts whose address leads to no root are there, and not visible, and so are
    controllers that were given an address which is not one of PCI.
    """
    seen = _zpci_view(layout) if layout.problem.machine.zpci else _View(layout).seen()
    for one in layout.controllers:
        if one not in seen:
            seen[one] = InGuest(None, None, None, False, "it has no place on a PCI bus")
    return seen


def beyond_numbers(layout: Layout) -> dict[Controller, bool]:
    """The controllers whose bus gets no number because they are used up, and whether anything is plugged in there.

    Numbers run out for the last ones, in the order in which the firmware hands them out.
    """
    view = _View(layout)
    for top in view.tops():
        view.number(top)
    busy = {place.provider for place in layout.places.values()}
    return {one: one.index in busy for one, span in view.spans.items() if span.bus >= view.limit}


def opens_window(controller: Controller) -> bool:
    """Whether the controller's bus is numbered by its own option instead of by what comes before it."""
    return controller.model is not None and "busNr" in controller.model.targets


def hidden_buses(controller: Controller) -> int:
    """Buses QEMU puts between a controller and what is plugged into it: 1 below a pci-expander-bus, else 0."""
    return controller.model.guest_buses - 1 if controller.model is not None else 0


def limit_of(problem: Problem) -> int:
    """How many bus numbers a PCI domain of this guest has, at most 256 (rules buses-x86 to buses-phb)."""
    machine = problem.machine
    limit = (machine.with_firmware if problem.firmware.asked else machine.guest_buses) or BUS_NUMBERS
    platform = problem.catalog.platform(problem.options.platform) if problem.options.platform else None
    return limit if platform is None else min(limit, platform.buses_per_domain)


def guest_domain(layout: Layout, root: Controller) -> int:
    """The PCI domain the guest gives a root's buses: on pseries its target index, else that of the scheme."""
    target = layout.target(root, "index")
    if isinstance(target, int):
        return target
    return 0 if layout.problem.flat else root.index


class _View:
    """One numbering of one layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.limit = limit_of(layout.problem)
        self.spans: dict[Controller, _Span] = {}
        self.lost: dict[Part, str] = {}
        self._children: dict[int, list[tuple[int, int, Controller]]] = {}
        self._needs_heads = layout.problem.machine.needs_function_zero
        self._heads = {(0, one.slot) for one in layout.problem.machine.reserved if one.function == 0}
        self._heads |= {place[:2] for place in layout.places.values() if place.function == 0}
        self._sort_children()

    def _sort_children(self) -> None:
        for controller in self.layout.controllers:
            place = self.layout.places.get(controller)
            if place is not None and not controller.is_root:
                below = self._children.setdefault(place.provider, [])
                below.append((place.slot, place.function, controller))
        for below in self._children.values():
            below.sort(key=lambda one: one[:2])

    def seen(self) -> dict[Part, InGuest]:
        """Number everything, then look at each part."""
        for top in self.tops():
            self.number(top)
        self._lose_shared_numbers()
        roots: dict[Part, InGuest] = {
            root: self._controller(root, None) for root in self.layout.controllers if root.is_root
        }
        return {**roots, **{part: self._part(part) for part in self.layout.places}}

    def tops(self) -> Iterator[_Top]:
        """Where numbering starts."""
        for controller in self.layout.controllers:
            if controller.is_root:
                yield _Top(controller, guest_domain(self.layout, controller), 0)
            elif opens_window(controller) and self._is_found(controller):
                number = self.layout.target(controller, "busNr")
                root = self.layout.root_above(controller)
                if isinstance(number, int) and root is not None:
                    yield _Top(controller, guest_domain(self.layout, root), number)

    def number(self, top: _Top) -> None:
        """Hand out numbers below one top, without recursion: a chain of switches may be deep."""
        self.spans[top.controller] = span = _Span(top.domain, top.first, hidden_buses(top.controller), None)
        last = span.last
        trail = [(top.controller, iter(self._bridges(top.controller)))]
        while trail:
            controller, rest = trail[-1]
            bridge = next(rest, None)
            if bridge is None:
                trail.pop()
                self.spans[controller].last = last
            elif bridge not in self.spans:
                self.spans[bridge] = _Span(top.domain, last + 1, hidden_buses(bridge), controller)
                last = self.spans[bridge].last
                trail.append((bridge, iter(self._bridges(bridge))))

    def _bridges(self, controller: Controller) -> list[Controller]:
        below = self._children.get(controller.index, ())
        return [one for _, _, one in below if not opens_window(one) and self._is_found(one)]

    def _is_found(self, part: Part) -> bool:
        """Most look at a slot's other functions only when function 0 is there (rule guest-function0-missing)."""
        place = self.layout.places.get(part)
        if place is None:
            return False
        return place.function == 0 or not self._needs_heads or place[:2] in self._heads

    def _lose_shared_numbers(self) -> None:
        """What is behind a number that does not exist, or that two buses have, is lost (rule window-fit)."""
        users = Counter((span.domain, bus) for span in self.spans.values() for bus in {span.first, span.bus})
        for controller, span in self.spans.items():
            above = span.parent
            if above is not None and above in self.lost:
                self.lost[controller] = self.lost[above]
            elif span.bus >= self.limit:
                self.lost[controller] = f"no bus number is left for controller {controller.index}"
            elif users[span.domain, span.bus] > 1 or users[span.domain, span.first] > 1:
                self.lost[controller] = f"bus number {span.first:02x} is used twice"

    def _part(self, part: Part) -> InGuest:
        above = self.layout.provider(part)
        span = None if above is None else self.spans.get(above)
        if above is None or span is None:
            return InGuest(None, None, None, False, "the bus it is on is not found by the guest")
        if above in self.lost:
            return InGuest(None, None, None, False, self.lost[above])
        place = self.layout.places[part]
        if not self._is_found(part):
            return InGuest(None, None, None, False, f"slot {place.slot:02x} of its bus has nothing at function 0")
        address = str(Address(span.domain, span.bus, place.slot, place.function))
        if isinstance(part, Controller) and part in self.spans:
            return self._controller(part, address)
        return InGuest(address, None, None, True, "")

    def _controller(self, controller: Controller, address: str | None) -> InGuest:
        span = self.spans[controller]
        if span.first >= self.limit:
            return InGuest(address, None, None, True, "")
        return InGuest(address, span.first, min(span.last, self.limit - 1), True, "")


def _zpci_view(layout: Layout) -> dict[Part, InGuest]:
    """On s390 each function is alone in a PCI domain, its uid; bridges are not shown (rule zpci-flat)."""
    hidden = InGuest(None, None, None, False, "the guest sees each function as a PCI domain of its own, and no bridges")
    view: dict[Part, InGuest] = {one: hidden for one in layout.controllers if one.is_root or one in layout.places}
    for part in layout.places:
        ids = layout.zpci.get(part)
        if isinstance(part, Controller):
            continue
        if ids is None or ids.uid is None:
            view[part] = InGuest(None, None, None, False, "it has no zPCI ids")
        else:
            view[part] = InGuest(f"{ids.uid:04x}:00:00.0", None, None, True, "")
    return view

"""A guest as a picture: where everything is, how the guest sees it, and in their places the parts of each finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pcisolve.core.address import Address
from pcisolve.earlier.identity import identity_of
from pcisolve.firmware.guest_view import InGuest, guest_domain, guest_view, limit_of
from pcisolve.firmware.io_windows import io_takers
from pcisolve.firmware.windows import needs, windows
from pcisolve.ops.pictures.marking import marked
from pcisolve.ops.summary import summary
from pcisolve.problem.layout import Layout
from pcisolve.problem.naming import clipped, plain_name
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.start.aliases import bus_name
from pcisolve.problem.start.startup import startup
from pcisolve.render.picture.picture import ARGUMENT, CONTROLLER, DEVICE, LOST, ROOT, Box, Picture, Span, Strip
from pcisolve.render.picture.seats import Seat, seated
from pcisolve.verdict.rows import Row
from pcisolve.verdict.values import Verdict

ON_NO_BUS: Final = "on no bus of this guest"
_SHOWN_TARGETS: Final = ("node", "busNr", "hotplug")


def picture(
    layout: Layout, verdict: Verdict, text: tuple[str, int], rows: Iterable[Row] = (), added: Iterable[int] = ()
) -> Picture:
    """A layout and what was found, whether it holds or not.

    Args:
        verdict: what was found, and how that ends.
        text: the source that lines are those of, and the number of its first line.
        rows: the summary of the layout, with the names of a plan; without it is made.
        added: indexes of controllers that a plan has added.
    """
    problem = layout.problem
    name = problem.root.first("name")
    rows = tuple(rows)
    told, marks = marked(layout, verdict.findings, exact=bool(rows))
    names = {row.root: row.name for row in rows}
    tree = seated(_Seats(layout, marks, {*added}, names).all(), ON_NO_BUS)
    where = {key: at for at, key in enumerate(tree.keys) if key is not None}
    return Picture(
        title=name.text.strip() if name is not None else problem.source.name,
        words=_words(layout, verdict),
        boxes=tree.boxes,
        strips=tuple(_strips(layout, rows or summary(layout), where)),
        told=tuple(one(where) for one in told),
        source=text[0].split("\n"),
        source_name=problem.source.name,
        first_line=text[1],
    )


def _words(layout: Layout, verdict: Verdict) -> tuple[str, ...]:
    """What the guest is, in numbers."""
    problem = layout.problem
    devices = sum(1 for part in layout.places if not isinstance(part, Controller))
    roots, controllers = len(problem.roots), len(layout.controllers)
    counts = [f"{roots:,} root{'s' * (roots != 1)}", f"{controllers:,} controllers", f"{devices:,} devices"]
    return problem.source.name, problem.machine.family, f"{problem.scheme} scheme", *counts, verdict.status


class _Seats:
    """What is plugged in where."""

    def __init__(self, layout: Layout, marks: Mapping[Part, Box], added: set[int], names: Mapping[int, str]) -> None:
        self.layout, self.marks, self.added, self.names = layout, marks, added, names
        self.view = guest_view(layout)

    def all(self) -> Iterator[Seat]:
        """Controllers, devices, and what the command line makes."""
        layout = self.layout
        failed = {one.part for one in layout.choice.failures}
        for one in layout.controllers:
            yield self._seat(one, self._controller(one), None if one.is_root else -1, one.index)
        for part in layout.problem.parts:
            if not isinstance(part, Controller) and (part in layout.places or part in self.marks or part in failed):
                yield self._seat(part, self._device(part), -1, None)
        if layout.problem.command_line is not None:
            yield from self._arguments()

    def _seat(self, part: Part, box: Box, otherwise: int | None, bus: int | None) -> Seat:
        place = self.layout.places.get(part)
        mark = self.marks.get(part)
        if mark is not None:
            box = box._replace(mark=mark.mark, note=mark.note, rules=mark.rules)
        if place is None:
            return Seat(box, otherwise, (part.view.number, 0), bus, part)
        return Seat(box, place.provider, (place.slot, place.function), bus, part)

    def _controller(self, one: Controller) -> Box:
        seen = self.view.get(one)
        index = f"pci{'e' * (one.is_root and one.model is not None and one.model.express)}.{one.index}"
        targets = {name: self.layout.target(one, name) for name in _SHOWN_TARGETS}
        facts = [f"NUMA node {targets['node']}" if targets["node"] is not None else ""]
        facts += [f"busNr {targets['busNr']}" if targets["busNr"] is not None else ""]
        facts += ["no hotplug" if targets["hotplug"] == "off" else ""]
        made = one.added or one.implicit or one.index in self.added
        box = self._box(one, seen)
        return box._replace(
            label=f"{index} {self.names.get(one.index, '')}".rstrip() if one.index >= 0 else "without index",
            kind=ROOT if one.is_root else CONTROLLER,
            what=one.model_name + (" (added)" if made and not one.is_root else ""),
            address=self._domain(one) if one.is_root else box.address,
            bus=_buses(seen),
            line=None if one.index in self.added else self._line(one),
            facts=(*filter(None, facts), *box.facts),
        )

    def _domain(self, root: Controller) -> str:
        """In the flat scheme several roots share domain 0 of the XML, and each has one of its own in the guest."""
        if self.layout.problem.flat and len(self.layout.problem.roots) > 1:
            return f"domain {guest_domain(self.layout, root):04x} in the guest"
        return f"domain {0 if self.layout.problem.flat else root.index:04x}"

    def _device(self, part: Part) -> Box:
        make = identity_of(part).make
        what = f"{make} (implicit)" if part.implicit else make
        return self._box(part, self.view.get(part))._replace(label=plain_name(part), what=what, line=self._line(part))

    def _box(self, part: Part, seen: InGuest | None) -> Box:
        address = self.layout.addresses.get(part)
        lost = seen is not None and not seen.visible and address is not None and not self.layout.problem.machine.zpci
        return Box(
            "",
            DEVICE,
            address="" if address is None else str(address),
            guest="" if seen is None or seen.address is None else seen.address,
            mark=LOST if lost else "",
            note=seen.reason if seen is not None and lost else "",
            facts=(f"asks for {part.asked}",) if address is None and part.pinned is not None else (),
        )

    def _line(self, part: Part) -> int | None:
        """Where it stands in the source that is shown: what a plan does not ask for itself is told as of its start."""
        if part.node is None:
            return None
        where = self.layout.problem.source.location(part.node)
        other = where.file != self.layout.problem.source.name or (where.line, where.column) == (1, 1)
        return None if other else where.line

    def _arguments(self) -> Iterator[Seat]:
        """What the command line makes, where it finds a place."""
        layout, start = self.layout, startup(self.layout)
        buses = {bus_name(layout, one): one.index for one in layout.controllers}
        for device, spot in start.spots.items() if start is not None else ():
            index = buses.get(spot.bus)
            address = "" if index is None else str(Address(0, index, spot.slot, spot.function))
            box = Box(clipped(device.text), ARGUMENT, what=device.driver, address=address)
            box = box._replace(line=layout.problem.source.location(device.node).line)
            yield Seat(box, spot.bus if index is None else index, (spot.slot, spot.function), device.name or None)


def _buses(seen: InGuest | None) -> str:
    if seen is None or seen.secondary is None:
        return ""
    if seen.secondary == seen.subordinate:
        return f"bus {seen.secondary:02x} in the guest"
    return f"buses {seen.secondary:02x} to {seen.subordinate:02x} in the guest"


def _strips(layout: Layout, rows: Iterable[Row], where: Mapping[object, int]) -> Iterator[Strip]:
    """For each root its own window of bus numbers and those of its expanders."""
    if layout.problem.machine.zpci:
        return
    used, limit = needs(layout), limit_of(layout.problem)
    spans: dict[Controller, list[Span]] = {}
    for one in windows(layout):
        root = one.top if one.top.is_root else layout.root_above(one.top)
        if root is not None:
            spans.setdefault(root, []).append(Span(f"controller {one.top.index}", one.first, one.last, used[one.top]))
    free, taken = _free(layout, rows), _taken(layout)
    for root in layout.problem.roots:
        if root in where and root in spans:
            yield Strip(
                where[root], limit, tuple(spans[root]), tuple(_counted(layout, taken.get(root, 0), free.get(root, 0)))
            )


def _counted(layout: Layout, taken: int, free: int) -> Iterator[str]:
    yield f"{taken:,} of {taken + free:,} slots"
    most = layout.problem.machine.io_windows
    if most and len(layout.problem.roots) == 1:
        yield f"{len(io_takers(layout)):,} of {most:,} I/O windows"


def _taken(layout: Layout) -> dict[Controller | None, int]:
    """By root the slots that devices are in."""
    roots: dict[int, Controller | None] = {}
    slots: dict[Controller | None, set[tuple[int, int]]] = {}
    for part, place in layout.places.items():
        if not isinstance(part, Controller):
            if place.provider not in roots:
                bus = layout.by_index.get(place.provider)
                roots[place.provider] = bus if bus is None or bus.is_root else layout.root_above(bus)
            slots.setdefault(roots[place.provider], set()).add((place.provider, place.slot))
    return {root: len(found) for root, found in slots.items()}


def _free(layout: Layout, rows: Iterable[Row]) -> dict[Controller | None, int]:
    """Free slots by root, those below its expanders too."""
    found: dict[Controller | None, int] = {}
    for row in rows:
        one = layout.by_index.get(row.root)
        expander = one is not None and one.begins_root and not one.is_root
        root = layout.root_above(one) if one is not None and expander else one
        found[root] = found.get(root, 0) + row.free_slots
    return found

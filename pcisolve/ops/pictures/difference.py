"""Two layouts as one picture: the new one, with what was added and moved, and where what is gone was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from pcisolve.ops.difference import Laid, LaidPart, compared
from pcisolve.problem.scheme import FLAT
from pcisolve.render.picture import picture as drawn
from pcisolve.render.picture.picture import CONTROLLER, DEVICE, ROOT, Box, Picture
from pcisolve.render.picture.seats import Seat, seated
from pcisolve.verdict.difference import ADDED, CHANGED, KINDS, MOVED, REMOVED, RENUMBERED, Difference, Entry, Side

ON_NO_BUS: Final = "on no bus of the new layout"
_MARK: Final = {ADDED: drawn.ADDED, MOVED: drawn.MOVED, CHANGED: drawn.CHANGED, RENUMBERED: drawn.CHANGED}


class DrawnDifference(NamedTuple):
    """A picture, and the difference that it shows."""

    picture: Picture
    difference: Difference


def draw_difference(before: Laid, after: Laid) -> DrawnDifference:
    """Compare two layouts and draw the new one, with what is different from the old one marked."""
    found = compared(before, after)
    tree = seated(_seats(before, after, found), ON_NO_BUS)
    document = after.document
    counts = [f"{found.count(change):,} {change}" for change in KINDS if found.count(change)]
    picture = Picture(
        title=f"{found.before} \u2192 {found.after}",
        words=tuple(counts) or ("the same places",),
        boxes=tree.boxes,
        source=document.text.split("\n") if document is not None else (),
        source_name=after.name,
        first_line=document.start.line if document is not None else 1,
    )
    return DrawnDifference(picture, found)


def _seats(before: Laid, after: Laid, found: Difference) -> Iterator[Seat]:
    """What is in the new layout, and at its old place whatever is not there any more."""
    new = {id(one.after): one for one in found.entries if one.after is not None}
    old = {id(one.before): one for one in found.entries if one.change in (MOVED, REMOVED)}
    for part in after.parts:
        entry = new.get(id(part.side))
        yield _seat(part, after, _marked(_box(part, after), entry))
    for part in before.parts:
        entry = old.get(id(part.side))
        if entry is None:
            continue
        box = _box(part, before)._replace(line=None)
        if entry.change == REMOVED:
            yield _seat(part, before, box._replace(mark=drawn.REMOVED))
        else:
            note = f"now at {entry.after.address or 'no address'}" if entry.after is not None else ""
            yield _seat(part, before, box._replace(mark=drawn.LEFT, note=note, guest=""))._replace(bus=None)


def _seat(part: LaidPart, laid: Laid, box: Box) -> Seat:
    known = part.known
    if known.address is None:
        return Seat(box, None, (0, 0), known.index)
    on = known.place.provider if known.place is not None else _bus_of(known.address.domain, known.address.bus, laid)
    return Seat(box, on, (known.address.slot, known.address.function), known.index)


def _bus_of(domain: int, bus: int, laid: Laid) -> int:
    return bus if laid.scheme == FLAT else bus or domain


def _box(part: LaidPart, laid: Laid) -> Box:
    known, side = part.known, part.side
    seen = side.guest.address if side.guest is not None else None
    box = Box(side.name, DEVICE, what=known.identity.make, line=side.line, guest=seen or "")
    if known.index is None:
        return box._replace(address=side.address or "")
    if known.address is not None:
        return box._replace(label=f"pci.{known.index}", kind=CONTROLLER, what=known.model, address=side.address or "")
    express = "e" if known.model.startswith("pcie") else ""
    domain = 0 if laid.scheme == FLAT else known.index
    return box._replace(
        label=f"pci{express}.{known.index}", kind=ROOT, what=known.model, address=f"domain {domain:04x}", guest=""
    )


def _marked(box: Box, entry: Entry | None) -> Box:
    """A part of the new layout with what is different about it."""
    if entry is None:
        return box
    options = ", ".join(f"{name} {was or 'none'} \u2192 {now or 'none'}" for name, (was, now) in entry.options.items())
    notes = [
        f"was at {entry.before.address or 'no address'}" if entry.change == MOVED and entry.before else "",
        options,
    ]
    notes += [_notices(entry)]
    return box._replace(mark=_MARK[entry.change], note="; ".join(filter(None, notes)))


def _notices(entry: Entry) -> str:
    """What the guest notices, but for the addresses, which are shown; of a bus its number."""
    if entry.change == RENUMBERED and not entry.notices and entry.before and entry.after:
        return f"bus {_bus(entry.before)} \u2192 {_bus(entry.after)} in the guest"
    seen, _, more = entry.notices.partition("; ")
    return more if entry.change == MOVED and seen.startswith("the guest sees it") else entry.notices


def _bus(side: Side) -> str:
    return "none" if side.guest is None or side.guest.secondary is None else f"{side.guest.secondary:02x}"

"""Two layouts compared, as text: first in numbers, then part by part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pcisolve.render.paint import Paint, plain
from pcisolve.verdict.difference import ADDED, CHANGED, KINDS, MOVED, REMOVED, RENUMBERED, Difference, Entry, Side

MOST: Final = 40  # entries of one group
_HEADS: Final = {
    ADDED: "added",
    REMOVED: "removed",
    MOVED: "moved",
    CHANGED: "changed where they are",
    RENUMBERED: "not moved, and yet elsewhere to the guest",
}


def text(difference: Difference, *, everything: bool = False, paint: Paint = plain) -> str:
    """At most MOST entries of a group, or everything; "" for two layouts that are the same."""
    if difference.is_empty:
        return ""
    return "\n".join(_lines(difference, everything, paint)) + "\n"


def _lines(difference: Difference, everything: bool, paint: Paint) -> Iterator[str]:
    counts = {change: difference.count(change) for change in KINDS}
    said = ", ".join(f"{count} {change}" for change, count in counts.items() if count)
    yield paint("headline", f"{difference.before} -> {difference.after}: {said or 'the same places'}")
    if difference.schemes[0] != difference.schemes[1]:
        yield f"the scheme is {difference.schemes[1]} instead of {difference.schemes[0]}"
    for change in KINDS:
        entries = [one for one in difference.entries if one.change == change]
        if entries:
            yield ""
            yield paint(change, f"{_HEADS[change]}:")
            for one in entries[: None if everything else MOST]:
                first, *rest = _entry(one)
                yield paint(change, first)
                yield from rest
            if len(entries) > MOST and not everything:
                yield f"  and {len(entries) - MOST} more; --all shows them"
    lost, seen = _noticed(difference)
    if lost or seen:
        yield ""
        yield f"the guest notices: {'; '.join(filter(None, (lost, seen)))}"


def _entry(one: Entry) -> Iterator[str]:
    side = one.after or one.before
    if side is None:
        return
    yield f"  {side.name}{_where(one)}{_line(side)}"
    options = [f"{name} {before or 'none'} -> {after or 'none'}" for name, (before, after) in one.options.items()]
    if options:
        yield f"      {', '.join(options)}"
    if one.change == RENUMBERED and not one.notices and one.before and one.after:
        yield f"      its bus is {_bus(one.after)} instead of {_bus(one.before)} in the guest"
    if one.notices:
        yield f"      {one.notices}"
    elif one.change == MOVED and (seen := _unmoved(one)):
        yield f"      the guest sees it where it was, at {seen}"


def _unmoved(one: Entry) -> str | None:
    """Where the guest sees it in both layouts."""
    before, after = (side.guest.address if side and side.guest else None for side in (one.before, one.after))
    return after if before == after else None


def _where(one: Entry) -> str:
    before = one.before.address if one.before else None
    after = one.after.address if one.after else None
    if one.change == MOVED:
        return f": {before or 'no address'} -> {after or 'no address'}"
    address = after or before
    return f" at {address}" if address else ""


def _line(side: Side) -> str:
    return f", line {side.line}" if side.line is not None else ""


def _bus(side: Side) -> str:
    guest = side.guest
    return "none" if guest is None or guest.secondary is None else f"{guest.secondary:02x}"


def _noticed(difference: Difference) -> tuple[str, str]:
    """Devices only: a bus number matters by what is on the bus."""
    devices = [one for one in difference.entries if one.before and one.after and one.notices]
    lost = sum(1 for one in devices if one.after and one.after.guest and not one.after.guest.visible)
    moved = len(devices) - lost
    return (
        f"{lost} that it does not find any more" if lost else "",
        f"{moved} {'device is' if moved == 1 else 'devices are'} at another address" if moved else "",
    )

"""A tree out of things that know what they are plugged into: in the order of their slots, each once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import NamedTuple

from pcisolve.render.picture.picture import GROUP, Box


class Seat(NamedTuple):
    """A box, and where it is plugged in.

    Attributes:
        box: `depth` is filled in.
        on: the bus it is on; None for what is plugged into nothing.
        place: where on that bus, what is lower first: slot and function.
        bus: the bus it provides; None for none.
        key: what the box is of, which finds it again.
    """

    box: Box
    on: Hashable | None
    place: tuple[int, int] = (0, 0)
    bus: Hashable | None = None
    key: Hashable = None


class Seated(NamedTuple):
    """The boxes in order, and the key of each."""

    boxes: tuple[Box, ...]
    keys: tuple[Hashable, ...]


def seated(seats: Iterable[Seat], lost: str) -> Seated:
    """The tree of some seats, each bus once: an input may give several the same name, or plug them in in a circle.

    Args:
        lost: the name of a group for what is on no bus that there is.
    """
    tops, below = list[Seat](), dict[Hashable, list[Seat]]()
    for one in seats:
        if one.on is None:
            tops.append(one)
        else:
            below.setdefault(one.on, []).append(one)
    found: list[tuple[Box, Hashable]] = []
    _grow(tops, below, 0, found)
    if below:
        found.append((Box(lost, GROUP), None))
        while below:
            first = _upmost(below)
            _grow(sorted(below.pop(first), key=lambda one: one.place), below, 1, found)
    return Seated(tuple(box for box, _ in found), tuple(key for _, key in found))


def _upmost(below: dict[Hashable, list[Seat]]) -> Hashable:
    """A bus that nothing left provides; in a circle the first one."""
    provided = {one.bus for seats in below.values() for one in seats}
    return next((bus for bus in below if bus not in provided), next(iter(below)))


def _grow(tops: list[Seat], below: dict[Hashable, list[Seat]], depth: int, found: list[tuple[Box, Hashable]]) -> None:
    """What is on some bus, and all that is below it, without recursion."""
    trail = [iter(tops)]
    while trail:
        one = next(trail[-1], None)
        if one is None:
            trail.pop()
            continue
        found.append((one.box._replace(depth=depth + len(trail) - 1), one.key))
        inner = below.pop(one.bus, None) if one.bus is not None else None
        if inner:
            trail.append(iter(sorted(inner, key=lambda seat: seat.place)))

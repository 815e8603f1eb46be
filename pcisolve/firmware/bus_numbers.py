"""Bus numbers with room: a busNr for each expander that the input leaves one open for."""

from __future__ import annotations

from typing import NamedTuple

_LOWEST, _HIGHEST = 1, 254  # rule target-busnr
_PATIENCE = 20_000  # packings tried; what libvirt's users write needs a handful


class Wanted(NamedTuple):
    """An expander's wish: so many numbers in a row, from `first` if that can be."""

    first: int
    need: int


class TooHard(Exception):
    """Whether the runs fit was not found out within reason."""


def place_runs(taken: list[tuple[int, int]], wanted: list[Wanted], limit: int) -> list[int] | None:
    """The first number of each run, in order; None when they do not fit.

    Each keeps its wish where it can; the others go as high as there is room, as libvirt's own choice does.

    Args:
        taken: runs that are settled, as (first, how many); none overlap.
        wanted: what is still to be placed.
        limit: numbers 0 to limit - 1 exist.

    Raises:
        TooHard: a packing exists or not, but was not found within reason.
    """
    # A run of one cannot begin at the very last number, which busNr does not reach: then without that number.
    return (
        _kindly(taken, wanted, limit)
        or _exactly(taken, wanted, limit)
        or _exactly(taken, wanted, min(limit, _HIGHEST + 1))
    )


def _gaps(taken: list[tuple[int, int]], limit: int) -> list[tuple[int, int]]:
    """Free runs as (first, how many), upwards."""
    gaps, here = [], _LOWEST
    for first, count in [*sorted(taken), (limit, 0)]:
        if first > here:
            gaps.append((here, first - here))
        here = max(here, first + count)
    return gaps


def _kindly(taken: list[tuple[int, int]], wanted: list[Wanted], limit: int) -> list[int] | None:
    """One after the other: its wish if that is free, else the highest free run."""
    found, settled = [], list(taken)
    for one in wanted:
        fitting = [gap for gap in _gaps(settled, limit) if gap[1] >= one.need]
        free = [first for first, count in fitting if first <= one.first and one.first + one.need <= first + count]
        highest = [min(first + count - one.need, _HIGHEST) for first, count in fitting if first <= _HIGHEST]
        if not free and not highest:
            return None
        number = one.first if free else highest[-1]
        found.append(number)
        settled.append((number, one.need))
    return found


def _exactly(taken: list[tuple[int, int]], wanted: list[Wanted], limit: int) -> list[int] | None:
    """The largest first into any gap, with steps back: a packing if there is one."""
    gaps = _gaps(taken, limit)
    room = [count for _, count in gaps]
    if sum(one.need for one in wanted) > sum(room):
        return None
    order = sorted(range(len(wanted)), key=lambda number: -wanted[number].need)
    into = _pack([wanted[number].need for number in order], room)
    if into is None:
        return None
    ends = [first + count for first, count in gaps]
    found = [0] * len(wanted)
    for number, gap in zip(order, into, strict=True):
        ends[gap] -= wanted[number].need
        found[number] = ends[gap]
    return found if all(number <= _HIGHEST for number in found) else None


def _pack(sizes: list[int], room: list[int]) -> list[int] | None:
    """Into which gap each size goes (sizes falling); None when they cannot all go in.

    A walk over partial packings: gaps with equal room left are alike, and what led nowhere is not tried again.
    """
    nowhere: set[tuple[int, ...]] = set()
    chosen: list[int] = []
    next_gap = [len(room) - 1]
    while len(chosen) < len(sizes):
        if len(nowhere) > _PATIENCE:
            raise TooHard
        size, gap = sizes[len(chosen)], next_gap[-1]
        while gap >= 0 and (room[gap] < size or room[gap] in room[gap + 1 :]):
            gap -= 1
        if gap >= 0:
            next_gap[-1] = gap - 1
            room[gap] -= size
            if (len(chosen), *sorted(room)) in nowhere:
                room[gap] += size
                continue
            chosen.append(gap)
            next_gap.append(len(room) - 1)
            continue
        nowhere.add((len(chosen) - 1, *sorted(room)))
        next_gap.pop()
        if not chosen:
            return None
        room[chosen[-1]] += sizes[len(chosen) - 1]
        chosen.pop()
    return chosen

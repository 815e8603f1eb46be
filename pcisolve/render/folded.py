"""Alike neighbors of a tree as one line: the first is drawn, the others are counted, with the ranges they are in."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Final, NamedTuple

from pcisolve.core.address import FUNCTIONS_PER_SLOT

FEWEST: Final = 6  # alike neighbors that are folded: more than a handful
_MOST: Final = 4  # ranges, and kinds of parts below, that are named


class Twig(NamedTuple):
    """One line of a tree, in the order in which they are read, so that depth costs no recursion.

    Attributes:
        depth: 0 for what is below nothing; a twig belongs to the last one before it that is less deep.
        label: what its line says.
        kind, name: what it is called where it is folded away: "disk" and "vda"; for a controller its model and name.
        alike: what it has in common with those that it is folded with; "" for a line that is like no other.
        place: where it is, as libvirt writes it: dddd:bb:ss.f, or "domain dddd" of a root.
        at: (bus, number) of that place; numbers of neighbors differ by 1, or by 8 from one slot to the next.
        style: one of render.paint, or "".
    """

    depth: int
    label: str
    kind: str = ""
    name: str = ""
    alike: Hashable = ""
    place: str = ""
    at: tuple[str, int] = ("", 0)
    style: str = ""


def spot(address: str) -> tuple[str, int]:
    """What `at` is for dddd:bb:ss.f; ("", 0) for ""."""
    bus, _, inside = address.rpartition(":")
    slot, _, function = inside.partition(".")
    return bus, int(slot or "0", 16) * FUNCTIONS_PER_SLOT + int(function or "0", 16)


def ends_of(twigs: Sequence[Twig]) -> list[int]:
    """For each twig the place of the next one that is not below it."""
    found = [len(twigs)] * len(twigs)
    open_: list[int] = []
    for at, one in enumerate(twigs):
        while open_ and twigs[open_[-1]].depth >= one.depth:
            found[open_.pop()] = at
        open_.append(at)
    return found


def folded(twigs: Sequence[Twig]) -> list[Twig]:
    """The twigs, of alike neighbors only the first, with what is below it, and one line for the others."""
    ends = ends_of(twigs)
    shapes = _shapes(twigs, ends)
    found: list[Twig] = []
    open_: list[tuple[int, int, Twig]] = []  # where the first of a run ends, where its last ends, the line for these
    at = 0
    while at < len(twigs) or open_:
        if open_ and at == open_[-1][0]:
            _, at, line = open_.pop()
            found.append(line)
            continue
        run = _run(twigs, ends, shapes, at)
        if len(run) >= FEWEST:
            open_.append((ends[at], ends[run[-1]], _more(twigs, ends, run[1:])))
        found.append(twigs[at])
        at += 1
    return found


def _shapes(twigs: Sequence[Twig], ends: Sequence[int]) -> list[int]:
    """A number for each twig, the same for those that are alike with all that is below them."""
    known: dict[object, int] = {}
    found = [0] * len(twigs)
    for at in range(len(twigs) - 1, -1, -1):
        inner, child = list[int](), at + 1
        while child < ends[at]:
            inner.append(found[child])
            child = ends[child]
        own = (at,) if twigs[at].alike == "" else (twigs[at].alike, tuple(inner))
        found[at] = known.setdefault(own, len(known))
    return found


def _run(twigs: Sequence[Twig], ends: Sequence[int], shapes: Sequence[int], at: int) -> list[int]:
    """The places of a twig and of the neighbors after it that are like it."""
    run, end = [at], ends[at]
    while end < len(twigs) and twigs[end].depth == twigs[at].depth and shapes[end] == shapes[at]:
        run.append(end)
        end = ends[end]
    return run


def _more(twigs: Sequence[Twig], ends: Sequence[int], run: Sequence[int]) -> Twig:
    """The line for the others of a run: how many, where, what they are called, and what is below them."""
    first, last = twigs[run[0]], twigs[run[-1]]
    said = f"{len(run):,} more {first.kind}: {_ranges(twigs[at] for at in run)}"
    said += f", {_span(first.name, last.name)}" if first.name else ""
    below: dict[str, tuple[int, str, str]] = {}  # leaves by kind: how many, the first and the last
    for at in run:
        for inner in range(at + 1, ends[at]):
            one = twigs[inner]
            if ends[inner] == inner + 1:
                count, begin, _ = below.get(one.kind, (0, one.name, ""))
                below[one.kind] = (count + 1, begin, one.name)
    named = [f"{count:,} {kind} {_span(begin, end)}".rstrip() for kind, (count, begin, end) in below.items()]
    if named:
        rest = f" and {len(named) - _MOST} more kinds" if len(named) > _MOST else ""
        said += f"; below them {', '.join(named[:_MOST])}{rest}"
    return Twig(first.depth, said, style="quiet")


def _span(first: str, last: str) -> str:
    """The first and the last name; what is between need not follow from them."""
    return first if first == last else f"{first} ... {last}"


def _ranges(twigs: Iterable[Twig]) -> str:
    """Where the twigs are, without holes: each range is taken from one end to the other."""
    spans: list[list[Twig]] = []
    step = 0
    for one in twigs:
        if spans and one.at[0] == spans[-1][-1].at[0]:
            wide = one.at[1] - spans[-1][-1].at[1]
            if wide in (1, 8) and (len(spans[-1]) == 1 or wide == step):
                step = wide
                spans[-1].append(one)
                continue
        spans.append([one])
    named = [_span(one[0].place, one[-1].place).replace(" ... ", " to ") for one in spans[:_MOST]]
    rest = f" and {len(spans) - _MOST:,} more ranges" if len(spans) > _MOST else ""
    return ", ".join(named) + rest

"""What is drawn of a picture: alike neighbours as one stack with a count, and no more than can be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from pcisolve.render.picture.picture import GROUP, LEFT, LOST, WISH, Box, ends

FEWEST: Final = 3  # neighbours that become a stack
DEEPEST: Final = 12  # levels that are drawn
_SIBLINGS: Final = (48, 24, 12, 6, 3, 2, 1)  # drawn of one bus, when everything is too much
_QUIET: Final = ("", LOST, LEFT)
_NAMED: Final = (GROUP, WISH)  # each of which is something else

Range = tuple[int, int]


class Row(NamedTuple):
    """What is drawn as one.

    Attributes:
        at: the box; of a stack the first one; of "more" the first one that is left out.
        depth: as of a box.
        times: how many boxes it stands for; 1 for a box that is drawn by itself.
        last: the last of them.
        more: what is left out, from box to box; () where this is a box or a stack.
        each: how many parts of a stack there are, each of which has this; 1 outside of stacks.
    """

    at: int
    depth: int
    times: int
    last: int
    more: tuple[Range, ...] = ()
    each: int = 1

    @property
    def own(self) -> int:
        """How many there are in each part of the stack that it is in."""
        return self.times // self.each

    @property
    def is_stack(self) -> bool:
        """Whether it stands for several alike boxes."""
        return self.times > 1 and not self.more


def fold(boxes: Sequence[Box], most: int, *, inside: bool = True) -> list[Row]:
    """The rows of a picture, in order.

    Args:
        most: rows there may be. Beyond that each bus shows the first ones and those that are marked.
        inside: of a stack, also what is plugged into the first one, as stacks; else nothing.
    """
    folder = _Folder(boxes, inside)
    rows = folder.rows(len(boxes) + 1)
    for siblings in _SIBLINGS:
        if len(rows) <= most:
            break
        rows = folder.rows(siblings)
    return rows[:most]


class _Group(NamedTuple):
    """Neighbours drawn as one: `alike` boxes that are `size` apart, the first at `at`."""

    at: int
    alike: int
    size: int


class _Folder:
    def __init__(self, boxes: Sequence[Box], inside: bool) -> None:
        self.boxes, self.inside = boxes, inside
        self.ends = ends(boxes)
        self.shapes = _shapes(boxes, self.ends)
        self.marked = self._marked()

    def _marked(self) -> list[int]:
        """How many boxes before each one are marked."""
        found = [0]
        for box in self.boxes:
            found.append(found[-1] + (box.mark not in _QUIET))
        return found

    def rows(self, siblings: int) -> list[Row]:
        """Every row, with at most so many of one bus, and four times as many that are marked."""
        found: list[Row] = []
        trail = [(0, 1, 0, iter(self._shown(0, len(self.boxes), siblings)))]
        while trail:
            depth, times, step, groups = trail[-1]
            group = next(groups, None)
            if group is None:
                trail.pop()
                continue
            if isinstance(group, tuple) and not isinstance(group, _Group):
                left = sum(1 for first, last in group for at in self._siblings(first, last)) * times
                found.append(Row(group[0][0], depth, left, group[-1][1] - 1, group, times))
                continue
            last = group.at + (group.alike - 1) * group.size + step
            found.append(Row(group.at, depth, group.alike * times, last, (), times))
            if group.alike * times > 1 and not self.inside:
                continue
            inner = group.at + 1, self.ends[group.at]
            if inner[0] < inner[1]:
                below = self._shown(*inner, siblings) if depth + 1 < DEEPEST else iter([(inner,)])
                trail.append((depth + 1, group.alike * times, (last - group.at), below))
        return found

    def _siblings(self, first: int, last: int) -> Iterator[int]:
        while first < last:
            yield first
            first = self.ends[first]

    def _groups(self, first: int, last: int) -> Iterator[_Group]:
        """Neighbours from `first` to before `last`, the alike ones together."""
        at = first
        while at < last:
            size, end, count = self.ends[at] - at, self.ends[at], 1
            while end < last and self.shapes[end] == self.shapes[at]:
                end, count = self.ends[end], count + 1
            if count >= FEWEST:
                yield _Group(at, count, size)
            else:
                yield from (_Group(at + number * size, 1, size) for number in range(count))
            at = end

    def _shown(self, first: int, last: int, siblings: int) -> Iterator[_Group | tuple[Range, ...]]:
        """The groups of one bus that are drawn, then what is left out of it."""
        plain, marked = siblings, 4 * siblings
        left: list[Range] = []
        for one in self._groups(first, last):
            end = one.at + one.alike * one.size
            notable = self.marked[end] > self.marked[one.at]
            if (marked if notable else plain) > 0:
                plain, marked = plain - (not notable), marked - notable
                yield one
            elif left and left[-1][1] == one.at:
                left[-1] = left[-1][0], end
            else:
                left.append((one.at, end))
        if left:
            yield tuple(left)


def _shapes(boxes: Sequence[Box], ends_: Sequence[int]) -> list[int]:
    """A number for each box, the same for boxes that are alike with all that is below them."""
    known: dict[object, int] = {}
    found = [0] * len(boxes)
    for at in range(len(boxes) - 1, -1, -1):
        box, below, child = boxes[at], [], at + 1
        while child < ends_[at]:
            below.append(found[child])
            child = ends_[child]
        name = box.label if box.kind in _NAMED else ""
        own = box.kind, name, box.what, box.mark, box.rules, box.facts, bool(box.address), tuple(below)
        found[at] = known.setdefault(own, len(known))
    return found

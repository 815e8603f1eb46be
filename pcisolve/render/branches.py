"""The branches of a tree in plain text: what every picture of a topology in text is drawn with."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

from pcisolve.render.folded import Twig, ends_of, folded
from pcisolve.render.paint import Paint, plain

T = TypeVar("T")

_NARROWEST: Final = 20  # columns that words are wrapped into; where there are fewer, lines are as long as they are


class View(NamedTuple):
    """How much of a tree is drawn, and how.

    Attributes:
        folds: whether alike neighbors are one line.
        depth: levels below the top that are drawn; None for all.
        width: columns that lines are wrapped at, between words; None for lines of any length.
        paint: in which colors.
        domains: the PCI domains that are drawn; () for all.
    """

    folds: bool = True
    depth: int | None = None
    width: int | None = None
    paint: Paint = plain
    domains: tuple[range, ...] = ()

    def has(self, domain: int) -> bool:
        """Whether a domain is drawn."""
        return not self.domains or any(domain in one for one in self.domains)


WHOLE: Final = View(folds=False)


def grown(top: Iterable[T], below: Callable[[T], Sequence[T]], twig: Callable[[T], Twig]) -> Iterator[Twig]:
    """A twig, at depth 1 or more, for each of `top` and all below, in order. `below` is asked once for each, from the
    top down.

    Without recursion: a hostile input may be deep.
    """
    trail = [iter(top)]
    while trail:
        one = next(trail[-1], None)
        if one is None:
            trail.pop()
            continue
        yield twig(one)._replace(depth=len(trail))
        inner = below(one)
        if inner:
            trail.append(iter(inner))


def drawn(twigs: Iterable[Twig], view: View = WHOLE) -> str:
    """The tree as text; "" without twigs. Those at depth 0 stand at the margin, in front of no branch."""
    shown = list(twigs)
    if view.depth is not None:
        shown = _cut(shown, view.depth)
    if view.folds:
        shown = folded(shown)
    return "".join(f"{line}\n" for line in _lines(shown, view))


def _cut(twigs: list[Twig], depth: int) -> list[Twig]:
    """The twigs that are not too deep; the last of them say how many are below."""
    ends, found = ends_of(twigs), list[Twig]()
    for at, one in enumerate(twigs):
        hidden = ends[at] - at - 1 if one.depth == depth else 0
        if one.depth <= depth:
            label = f"{one.label}, {hidden:,} below" if hidden else one.label
            found.append(one._replace(label=label, alike=(one.alike, hidden) if one.alike != "" else ""))
    return found


def _lines(twigs: Sequence[Twig], view: View) -> Iterator[str]:
    """What each twig's line is, or its lines where it is wrapped."""
    ends = ends_of(twigs)
    bars: list[str] = []  # what stands before the twigs below, by depth from 1
    for at, one in enumerate(twigs):
        mark = bar = ""
        if one.depth:
            del bars[one.depth - 1 :]
            is_last = ends[at] >= len(twigs) or twigs[ends[at]].depth < one.depth
            mark, bar = ("`- ", "   ") if is_last else ("|- ", "|  ")
        else:
            bars.clear()
        before = "".join(bars)
        below = "|  " if ends[at] > at + 1 else "   "
        yield from _wrapped(one, before + mark, before + bar + below, view)
        if one.depth:
            bars.append(bar)


def _wrapped(one: Twig, first: str, then: str, view: View) -> Iterator[str]:
    """The label behind `first`; where it is wrapped, its further lines behind `then`."""
    paint, parts = view.paint, [one.label]
    if view.width is not None and view.width - len(then) >= _NARROWEST and len(first + one.label) > view.width:
        parts = textwrap.wrap(
            one.label,
            view.width,
            initial_indent=" " * len(first),
            subsequent_indent=" " * len(then),
            break_long_words=False,
            break_on_hyphens=False,
        )
        parts = [parts[0][len(first) :], *(part[len(then) :] for part in parts[1:])]
    for number, part in enumerate(parts):
        yield paint("frame", then if number else first) + paint(one.style, part)

"""Where everything is drawn: a panel for each domain, in it a tree that grows to the right, one bus below another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from pcisolve.render.picture.fold import Row
from pcisolve.render.picture.picture import LEFT, Box, Picture
from pcisolve.render.picture.shown import visible, width
from pcisolve.render.picture.words import guest_of, place_of, title_of, what_of

# Pixels.
TITLE: Final = 13.0  # size of letters
SMALL: Final = 11.0
MONO: Final = 0.62  # ems of a letter of a fixed width
EDGE: Final = 24  # around everything
HEAD: Final = 64  # of a panel's title and strip
INDENT: Final = 44  # from a panel's side to its first column
INNER: Final = 16  # below and beside what is in a panel
STRIP: Final = 310  # what a strip of bus numbers is wide
_LINE: Final = 15
_TIGHT: Final = 8
_PLAIN: Final = 26  # a card with nothing but a title
_BEHIND: Final = 6  # what can be seen of the cards below the first one of a stack
_BETWEEN: Final = 40  # columns
_PANELS: Final = 20
_ICON: Final = 24  # what a card's symbol and its room take
_NARROWEST, _WIDEST = 132, 320
_TALLEST: Final = 1500  # of one column of panels, where there are several


class Card(NamedTuple):
    """A row where it is drawn; `parent` is the card it is plugged into, by its place among those of the panel."""

    row: Row
    x: int
    y: int
    width: int
    height: int
    parent: int | None
    lines: tuple[str, ...]


class Panel(NamedTuple):
    """A domain, or whatever else is plugged into nothing, with all that is below it."""

    row: Row
    x: int
    y: int
    width: int
    height: int
    cards: tuple[Card, ...]


class Sheet(NamedTuple):
    """Everything, and how large it is."""

    width: int
    height: int
    panels: tuple[Panel, ...]


def place(picture: Picture, rows: Sequence[Row], top: int) -> Sheet:
    """Where each row is drawn, below `top`."""
    groups: list[list[Row]] = []
    for row in rows:
        if row.depth == 0:
            groups.append([])
        groups[-1].append(row)
    columns = _columns(picture.boxes, rows)
    panels = [_panel(picture, group, columns) for group in groups]
    broad = max((one.width for one in panels), default=0)
    return _spread([one._replace(width=broad) for one in panels], broad, top)


def lines_of(boxes: Sequence[Box], row: Row) -> tuple[str, ...]:
    """What is written on a card below its title: where it is and what it is, then what there is to say of it."""
    box = boxes[row.at]
    if row.more:
        return ()
    seen = guest_of(boxes, row)
    notes = [f"guest {seen}" if seen else "", "; ".join(map(visible, box.facts))]
    if not row.is_stack:
        notes.insert(0, visible(box.note))
    second = place_of(boxes, row) or (visible(box.bus) if not row.is_stack else "")
    return (second, what_of(boxes, row), *filter(None, notes))


def _height(lines: Sequence[str], row: Row) -> int:
    if row.more:
        return 26
    return _PLAIN + _LINE * (len(lines) - 2) + (_LINE if any(lines[:2]) else 0)


def _needed(boxes: Sequence[Box], row: Row) -> float:
    lines = lines_of(boxes, row)
    mark = boxes[row.at].mark
    badge = width(mark, 10) + 20 if mark and mark != LEFT and not row.more else 0
    first = _ICON + width(title_of(boxes, row), TITLE) + badge
    second = len(lines[0]) * SMALL * MONO + 8 + width(lines[1], SMALL) if lines else 0
    return max(first, _ICON + second, *(_ICON + width(one, SMALL) for one in lines[2:]), _NARROWEST) + 12


def _columns(boxes: Sequence[Box], rows: Sequence[Row]) -> list[tuple[int, int]]:
    """Where each level begins, from a panel's side, and how broad it is."""
    broad: dict[int, float] = {}
    for row in rows:
        if row.depth:
            broad[row.depth] = max(broad.get(row.depth, 0), min(_needed(boxes, row), _WIDEST))
    found, x = [(0, 0)], INDENT
    for depth in range(1, max(broad, default=0) + 1):
        wide = math.ceil(broad[depth])
        found.append((x, wide))
        x += wide + _BETWEEN
    return found


def _panel(picture: Picture, group: Sequence[Row], columns: Sequence[tuple[int, int]]) -> Panel:
    """A panel at 0, 0: each card beside the first one that is plugged into it."""
    cards: list[Card] = []
    open_: list[int] = []
    y, bottom, before = HEAD, HEAD - _TIGHT, -1
    for row in group[1:]:
        while open_ and cards[open_[-1]].row.depth >= row.depth:
            open_.pop()
        if before >= row.depth:
            y = bottom + _TIGHT
        lines = lines_of(picture.boxes, row)
        x, wide = columns[row.depth]
        parent = open_[-1] if open_ else None
        cards.append(Card(row, x, y, wide, _height(lines, row), parent, lines))
        bottom = max(bottom, y + cards[-1].height + (_BEHIND if row.is_stack else 0))
        open_.append(len(cards) - 1)
        before = row.depth
    right = max((one.x + one.width for one in cards), default=0)
    bottom = bottom + INNER if cards else HEAD - INNER
    return Panel(group[0], 0, 0, max(right, _head_width(picture, group[0])) + INNER, bottom, tuple(cards))


def _head_width(picture: Picture, row: Row) -> int:
    boxes = picture.boxes
    said = "  \u00b7  ".join(filter(None, (what_of(boxes, row), place_of(boxes, row), *boxes[row.at].facts)))
    title = width(title_of(boxes, row), TITLE + 2) + width(boxes[row.at].mark, 10) + 40
    words = next((strip.words for strip in picture.strips if strip.at == row.at), None)
    return math.ceil(max(title, width(visible(said), SMALL)) + 60 + (0 if words is None else STRIP))


def _spread(panels: list[Panel], broad: int, top: int) -> Sheet:
    """Panels one below the other, in as many columns as make it about as broad as it is high."""
    total = sum(one.height + _PANELS for one in panels)
    count = 1 if total <= _TALLEST else max(1, min(8, len(panels), round(math.sqrt(total / max(broad, 1)))))
    share, placed = total / count, list[Panel]()
    column, y, bottom = 0, top, top
    for one in panels:
        if y > top and column < count - 1 and y - top + one.height / 2 > share:
            column, y = column + 1, top
        x = EDGE + column * (broad + _PANELS)
        cards = tuple(card._replace(x=card.x + x, y=card.y + y) for card in one.cards)
        placed.append(one._replace(x=x, y=y, cards=cards))
        y += one.height + _PANELS
        bottom = max(bottom, y)
    across = (column + 1) * (broad + _PANELS) - _PANELS if panels else 0
    return Sheet(across + 2 * EDGE, bottom - _PANELS + EDGE if panels else top + EDGE, tuple(placed))

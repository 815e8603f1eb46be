"""The rows of a page's tree, and as text what a row stands for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pcisolve.render.picture.fold import Row
from pcisolve.render.picture.marks import css_of, word_of
from pcisolve.render.picture.picture import ROOT, Box, Picture, Strip, ends
from pcisolve.render.picture.shown import in_markup, visible
from pcisolve.render.picture.symbols import LETTER, WORD
from pcisolve.render.picture.words import (
    NAMELESS,
    guest_of,
    hover_of,
    inside_of,
    place_of,
    title_of,
    what_is,
    what_of,
    windows_of,
)

_BAR: Final = 128  # pixels of a strip
_DEEPEST: Final = 15


def rows_of(picture: Picture, rows: Sequence[Row]) -> Iterator[str]:
    """An element for each row; after one that stands for several, those as text: a line each, by tabs."""
    boxes, strips = picture.boxes, {one.at: one for one in picture.strips}
    ends_, places = ends(boxes), _places(rows)
    for number, row in enumerate(rows):
        has_more = number + 1 < len(rows) and rows[number + 1].depth > row.depth
        spans = row.more or ([(row.at, _end(ends_, row))] if row.is_stack else [])
        inside = inside_of(boxes, row, ends_[row.at]) if row.is_stack else ""
        opens = "true" if has_more else "false" if spans else ""
        yield _row(boxes, row, places[number], opens, inside, strips.get(row.at))
        if spans:
            yield _members(boxes, row, spans)


def _end(ends_: Sequence[int], row: Row) -> int:
    return ends_[row.last]


def _places(rows: Sequence[Row]) -> list[tuple[int, int]]:
    """For each row which of how many on its bus it is, from 1."""
    groups: list[list[int]] = []
    open_: list[list[int]] = []
    for number, row in enumerate(rows):
        del open_[row.depth + 1 :]
        if len(open_) <= row.depth:
            open_.append([])
            groups.append(open_[-1])
        open_[row.depth].append(number)
    found = [(1, 1)] * len(rows)
    for group in groups:
        for place, number in enumerate(group, 1):
            found[number] = place, len(group)
    return found


def _row(boxes: Sequence[Box], row: Row, place: tuple[int, int], opens: str, inside: str, strip: Strip | None) -> str:
    box, more = boxes[row.at], bool(row.more)
    style = f"row{' stack' * row.is_stack}{' more' * more} d{min(row.depth, _DEEPEST)}{'' if more else css_of(box)}"
    line = box.line if not row.is_stack and not more else None
    own = f' id="b{row.at}"' + ("" if more else f' title="{in_markup(hover_of(boxes, row))}"')
    state = f' aria-expanded="{opens}"' if opens else ""
    state += f' data-line="{line}"' if line is not None else ""
    return (
        f'<div class="{style}" role="treeitem"{own} aria-level="{row.depth + 1}" aria-posinset="{place[0]}" '
        f'aria-setsize="{place[1]}"{state} tabindex="-1">'
        f'<span class="fold" aria-hidden="true"></span>{"" if more else _icon(box)}'
        f"<b>{in_markup(title_of(boxes, row))}</b>"
        f"{_said(boxes, row, inside)}{_end_of(boxes, row, line, strip)}</div>\n"
    )


def _icon(box: Box) -> str:
    return f'<i class="ic {box.kind}" role="img" aria-label="{WORD[box.kind]}"></i>'


def _said(boxes: Sequence[Box], row: Row, inside: str) -> str:
    box = boxes[row.at]
    if row.more:
        return ""
    words = [what_of(boxes, row), place_of(boxes, row) if box.kind == ROOT else "", *map(visible, box.facts)]
    if row.is_stack:
        words = [f"each with {inside}" if inside else "", *words]
    what = " \u00b7 ".join(filter(None, words))
    parts = [f'<span class="what">{in_markup(what)}</span>' if what else ""]
    parts += [f'<span class="badge">{in_markup(word_of(box.mark))}</span>' if box.mark else ""]
    parts += [f'<span class="note">{in_markup(visible(box.note))}</span>' if box.note and not row.is_stack else ""]
    return "".join(parts)


def _end_of(boxes: Sequence[Box], row: Row, line: int | None, strip: Strip | None) -> str:
    if row.more:
        return ""
    seen = guest_of(boxes, row) if not row.is_stack else ""
    place = place_of(boxes, row) if boxes[row.at].kind != ROOT else ""
    parts = [_strip(strip, each=row.is_stack) if strip is not None else ""]
    parts += [f'<code class="guest">guest {in_markup(seen)}</code>' if seen else ""]
    parts += [f"<code>{in_markup(place)}</code>" if place else ""]
    parts += [f'<span class="line">{f"line {line}" if line is not None else ""}</span>' if strip is None else ""]
    return f'<span class="end">{"".join(parts)}</span>'


def _strip(strip: Strip, *, each: bool) -> str:
    """Bus numbers as a bar, and in words what is used and what is left."""
    scale, used, bars = _BAR / max(strip.limit, 1), 0, []
    for one in strip.spans:
        left, wide = one.first * scale, max(min(one.used, one.last - one.first + 1) * scale, 1)
        used += one.used
        bars.append(f'<rect class="used" x="{left:.1f}" y="1" width="{wide:.1f}" height="8"/>')
        bars.append(f'<path class="bar-edge" d="M{left:.1f} 0v10"/>' if one.first else "")
    said = " \u00b7 ".join([f"{used:,} of {strip.limit:,} buses", *map(visible, strip.words)])
    windows = windows_of(strip)
    return (
        f'<span class="strip"><svg width="{_BAR}" height="10" viewBox="0 0 {_BAR} 10" role="img" '
        f'aria-label="{in_markup("; ".join(windows))}"><title>{in_markup(chr(10).join(windows))}</title>'
        f'<rect class="bar" x=".5" y=".5" width="{_BAR - 1}" height="9" rx="2"/>{"".join(bars)}</svg>'
        f"{'each: ' if each else ''}{in_markup(said)}</span>"
    )


def _members(boxes: Sequence[Box], row: Row, spans: Sequence[tuple[int, int]]) -> str:
    what = "they" if row.more else "all of them"
    text = "".join(_lines(boxes, spans, boxes[row.at].depth))
    style = f"members d{min(row.depth, _DEEPEST)}"
    return f'<details class="{style}"><summary>{what}, line by line</summary>\n<pre>\n{text}</pre></details>\n'


def _lines(boxes: Sequence[Box], spans: Sequence[tuple[int, int]], depth: int) -> Iterator[str]:
    for first, last in spans:
        for box in boxes[first:last]:
            words = [
                LETTER[box.kind],
                visible(box.label).strip() or NAMELESS,
                what_is(box),
                visible(box.address),
                visible(box.guest),
            ]
            words += [str(box.line) if box.line is not None else "", visible(box.note), word_of(box.mark)]
            yield f"{'  ' * (box.depth - depth)}{in_markup(chr(9).join(words))}\n"

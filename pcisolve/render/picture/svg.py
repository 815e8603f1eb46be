"""A picture as SVG: one file that needs nothing else, by day and by night."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pcisolve.render.picture.fold import fold
from pcisolve.render.picture.legend import legend
from pcisolve.render.picture.marks import css_of
from pcisolve.render.picture.picture import LEFT, ROOT, Picture, Strip
from pcisolve.render.picture.place import (
    EDGE,
    HEAD,
    INDENT,
    MONO,
    SMALL,
    STRIP,
    TITLE,
    Card,
    Panel,
    Sheet,
    place,
)
from pcisolve.render.picture.shown import clipped, in_markup, visible, width
from pcisolve.render.picture.style import DRAWING, colours
from pcisolve.render.picture.symbols import symbol
from pcisolve.render.picture.words import hover_of, place_of, title_of, what_of, windows_of

MOST: Final = 1200  # cards; more are neither seen nor opened
_TOP: Final = 88  # of the title and what is said below it
_TOLD: Final = 12  # findings that are written out
_ROUND: Final = 6


def svg(picture: Picture) -> str:
    """The whole file."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{drawing(picture, MOST, inline=False)}'


def drawing(picture: Picture, most: int, *, inline: bool) -> str:
    """The <svg> element with at most so many cards; `inline` in a page that has the colours and styles already."""
    sheet = place(picture, fold(picture.boxes, most), EDGE if inline else _top(picture))
    words, wide = ([], 0) if inline else _head(picture, sheet)
    broad = max(sheet.width, wide)
    size = f'width="{broad}" height="{sheet.height}" viewBox="0 0 {broad} {sheet.height}"'
    style = "" if inline else f"<style>{colours('.pic')}{DRAWING}</style>\n"
    about = f"{visible(picture.title)}: {'; '.join(map(visible, picture.words))}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="pic" {size} role="img" aria-label="{in_markup(about)}">\n'
        f"<title>{in_markup(visible(picture.title))}</title>\n"
        f"<desc>{in_markup(about)}</desc>\n"
        f'{style}<rect class="page" width="{broad}" height="{sheet.height}"/>\n'
        f"{''.join(words)}{''.join(_body(picture, sheet))}</svg>\n"
    )


def _top(picture: Picture) -> int:
    """Where the first panel begins, below the title and the findings."""
    count = len(picture.told)
    return _TOP + 22 * min(count, _TOLD + 1) + (10 if count else 0)


def _head(picture: Picture, sheet: Sheet) -> tuple[list[str], int]:
    """The title, what is said below it, the legend and the findings; and how broad they are."""
    title = visible(picture.title)
    said = " \u00b7 ".join(map(visible, picture.words))
    signs, wide = legend(picture, EDGE, 72)
    rows = [_text(EDGE, 34, title, "title"), _text(EDGE, 53, said, "soft"), signs]
    broad = max(width(title, 20), width(said, SMALL), wide) + 2 * EDGE
    room = max(sheet.width, broad, 900) - 2 * EDGE
    y = 100
    for one in picture.told[:_TOLD]:
        words = clipped(f"{one.severity}[{visible(one.code)}]: {visible(one.message, 400)}", 12, room - 24)
        rows.append(f'<g class="m-{"fault" if one.severity == "error" else "involved"}">')
        rows.append(
            f'<path class="badge" d="M{EDGE} {y + 5}l5-9h1l5 9z"/>{_text(EDGE + 18, y + 4, words, "note")}</g>\n'
        )
        broad = max(broad, width(words, SMALL) + 2 * EDGE + 18)
        y += 22
    if len(picture.told) > _TOLD:
        rows.append(_text(EDGE + 18, y + 4, f"and {len(picture.told) - _TOLD:,} more findings", "soft"))
    return rows, int(broad) + 1


def _body(picture: Picture, sheet: Sheet) -> Iterator[str]:
    strips = {one.at: one for one in picture.strips}
    for panel in sheet.panels:
        yield from _panel(picture, panel, strips.get(panel.row.at))
        yield from _links(panel)
        for card in panel.cards:
            yield from _card(picture, card)
        yield "</g>\n"


def _panel(picture: Picture, panel: Panel, strip: Strip | None) -> Iterator[str]:
    boxes, row = picture.boxes, panel.row
    box, x, y = boxes[row.at], panel.x, panel.y
    yield f'<g class="{box.kind}{css_of(box)}">{_hover(picture, panel)}'
    if row.is_stack:
        yield from (
            f'<rect class="panel" x="{x + by}" y="{y + by}" width="{panel.width}" height="{panel.height}" rx="10"/>'
            for by in (8, 4)
        )
    yield f'<rect class="panel card" x="{x}" y="{y}" width="{panel.width}" height="{panel.height}" rx="10"/>'
    if panel.cards:
        side, across = HEAD - 24, panel.width - 20
        yield f'<path class="head" d="M{x + 1} {y + HEAD - 14}v-{side}a9 9 0 0 1 9-9h{across}a9 9 0 0 1 9 9v{side}z"/>'
    yield symbol(box.kind if not row.more else "", x + 21, y + 20, 6)
    name = title_of(boxes, row)
    yield _text(x + 36, y + 25, name, "head-name")
    if box.mark:
        yield _badge(box.mark, x + 36 + width(name, TITLE + 2) + 6, y + 12)
    yield _text(
        x + 36,
        y + 42,
        "  \u00b7  ".join(filter(None, (what_of(boxes, row), place_of(boxes, row), *map(visible, box.facts)))),
        "soft",
    )
    if strip is not None:
        yield from _strip(strip, x + panel.width - STRIP - 16, y + 13, each=row.is_stack)
    yield "\n"


def _strip(strip: Strip, x: float, y: int, *, each: bool) -> Iterator[str]:
    """Bus numbers as a bar from 0 on the left, windows apart by lines; below it what is counted."""
    scale = STRIP / max(strip.limit, 1)
    yield f"<g><title>{in_markup(chr(10).join(windows_of(strip)))}</title>"
    yield f'<rect class="bar" x="{x:.0f}" y="{y}" width="{STRIP}" height="9" rx="2"/>'
    used = 0
    for one in strip.spans:
        left, long_ = x + one.first * scale, max(min(one.used, one.last - one.first + 1) * scale, 1.5)
        used += one.used
        yield f'<rect class="used" x="{left:.1f}" y="{y + 1}" width="{long_:.1f}" height="7"/>'
        if one.first:
            yield f'<path class="bar-edge" d="M{left:.1f} {y - 2}v13"/>'
    words = [f"{used:,} of {strip.limit:,} buses", *map(visible, strip.words)]
    said = clipped(("each: " if each else "") + " \u00b7 ".join(words), SMALL, STRIP)
    yield f"{_text(round(x), y + 25, said, 'soft')}</g>"


def _links(panel: Panel) -> Iterator[str]:
    """A line from each card to what it is plugged into; those of the root's own bus come down from its symbol."""
    trunk, bottom, found = panel.x + INDENT // 2 - 1, 0, []
    for card in panel.cards:
        middle = card.y + min(20, card.height // 2)
        if card.parent is None:
            bottom = middle
            found.append(f"M{trunk} {middle - _ROUND}q0 {_ROUND} {_ROUND} {_ROUND}H{card.x}")
            continue
        above = panel.cards[card.parent]
        start, begin = above.x + above.width, above.y + min(20, above.height // 2)
        if begin == middle:
            found.append(f"M{start} {begin}H{card.x}")
        elif middle - begin < 2 * _ROUND:
            found.append(f"M{start} {begin}h9l9 {middle - begin}H{card.x}")
        else:
            turn = start + 18
            found.append(f"M{turn} {begin + _ROUND}V{middle - _ROUND}q0 {_ROUND} {_ROUND} {_ROUND}H{card.x}")
            found.append(f"M{start} {begin}h{18 - _ROUND}q{_ROUND} 0 {_ROUND} {_ROUND}")
    if bottom:
        found.insert(0, f"M{trunk} {panel.y + 28}V{bottom - _ROUND}")
    if found:
        yield f'<path class="link" d="{"".join(found)}"/>\n'


def _card(picture: Picture, card: Card) -> Iterator[str]:
    boxes, row = picture.boxes, card.row
    box, x, y = boxes[row.at], card.x, card.y
    if row.more:
        yield f"<g>{_text(x + 4, y + 17, title_of(boxes, row), 'soft')}</g>\n"
        return
    yield f'<g class="{box.kind}{css_of(box)}" data-box="{row.at}">{_hover(picture, card)}'
    size = f'width="{card.width}" height="{card.height}" rx="{7 if box.kind == ROOT else 5}"'
    if row.is_stack:
        yield from (f'<rect class="card" x="{x + by}" y="{y + by}" {size}/>' for by in (6, 3))
    yield f'<rect class="card" x="{x}" y="{y}" {size}/>{symbol(box.kind, x + 13, y + 14, 5)}'
    badge = box.mark if box.mark != LEFT else ""
    taken = width(badge, 10) + 18 if badge else 0
    yield _text(x + 25, y + 18, clipped(title_of(boxes, row), TITLE, card.width - 32 - taken), "name")
    if badge:
        yield _badge(badge, x + card.width - taken + 2, y + 6)
    yield from _lines(card, visible(box.note))
    yield "</g>\n"


def _lines(card: Card, said: str) -> Iterator[str]:
    """Below the title; what is said of the mark looks like it."""
    x, y = card.x + 25, card.y + 34
    if not card.lines:
        return
    place, what, *notes = card.lines
    room = card.width - 32.0
    place = clipped(place, SMALL, room)
    if place:
        yield _text(x, y, place, "mono")
    at = x + len(place) * SMALL * MONO + 8 if place else x
    what = clipped(what, SMALL, card.x + card.width - 7 - at)
    if what not in ("", "\u2026"):
        yield _text(round(at), y, what, "soft")
    for number, note in enumerate(notes, 1 if place or what else 0):
        style = "note" if note == said else "soft"
        yield _text(x, y + 15 * number - 1, clipped(note, SMALL, room), style)


def _badge(mark: str, x: float, y: int) -> str:
    wide = width(mark, 10) + 10
    return (
        f'<rect class="badge" x="{x:.0f}" y="{y}" width="{wide:.0f}" height="15" rx="7"/>'
        f'<text class="badge-text" x="{x + wide / 2:.0f}" y="{y + 11}" text-anchor="middle">{in_markup(mark)}</text>'
    )


def _hover(picture: Picture, one: Card | Panel) -> str:
    return f"<title>{in_markup(hover_of(picture.boxes, one.row))}</title>"


def _text(x: float, y: float, words: str, style: str) -> str:
    return f'<text class="{style}" x="{x}" y="{y}">{in_markup(words)}</text>' if words else ""

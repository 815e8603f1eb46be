"""What the shapes and marks of a picture mean: those that it has."""

from __future__ import annotations

from pcisolve.render.picture.marks import css_of, word_of
from pcisolve.render.picture.picture import KINDS, MARKS, Box, Picture
from pcisolve.render.picture.shown import in_markup, width
from pcisolve.render.picture.symbols import WORD, symbol


def legend(picture: Picture, x: int, y: int) -> tuple[str, int]:
    """As SVG elements in a row from a point on, and where they end."""
    kinds, marks = {one.kind for one in picture.boxes}, {one.mark for one in picture.boxes}
    parts, at = [], float(x)
    for kind in KINDS:
        if kind in kinds:
            word = WORD[kind]
            parts.append(f'<g class="{kind}">{symbol(kind, at + 6, y - 4, 5)}</g>')
            parts.append(f'<text class="soft" x="{at + 17:.0f}" y="{y}">{in_markup(word)}</text>')
            at += 17 + width(word, 11) + 18
    for mark in MARKS:
        if mark in marks:
            word = word_of(mark)
            parts.append(f'<g class="{css_of(Box("", "", mark=mark)).strip()}">')
            parts.append(f'<rect class="card" x="{at:.0f}" y="{y - 10}" width="16" height="12" rx="3"/></g>')
            parts.append(f'<text class="soft" x="{at + 22:.0f}" y="{y}">{in_markup(word)}</text>')
            at += 22 + width(word, 11) + 18
    return "".join(parts) + "\n", int(at)

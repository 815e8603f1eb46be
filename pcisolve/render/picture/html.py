"""A picture as one HTML file: a tree that can be read without JavaScript, and folded, searched and walked with it.

Nothing is fetched and nothing in it runs but the script it names by its hash: text of the input is text everywhere.
The roles and keys are those of https://www.w3.org/WAI/ARIA/apg/patterns/treeview/ (flat, with aria-level).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Final

from pcisolve.render.picture.fold import Row, fold
from pcisolve.render.picture.marks import css_of, word_of
from pcisolve.render.picture.picture import KINDS, MARKS, Box, Picture, Told, ends
from pcisolve.render.picture.rows import rows_of
from pcisolve.render.picture.shown import in_markup, visible
from pcisolve.render.picture.style import DRAWING, MONO, SANS, colours
from pcisolve.render.picture.svg import drawing
from pcisolve.render.picture.symbols import WORD

MOST: Final = 1500  # rows that are elements of the page; the others are text until somebody opens them
_DEPTHS: Final = 16
_SCRIPTS: Final = ("1-tree.js", "2-source.js", "3-find.js", "4-keys.js", "5-view.js")
_SOURCE: Final = 16 * 1024 * 1024  # characters of the source that are put beside it
_TOLD: Final = 200  # findings
_CARDS: Final = 600  # of the drawing


def html(picture: Picture) -> str:
    """The whole file."""
    style, script = _style(), _script()
    policy = (
        "default-src 'none'; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{_shown(picture.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{''.join(_body(picture))}<script>{script}</script>\n</body>\n</html>\n"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _read(name: str) -> str:
    return files("pcisolve.render.picture").joinpath("page", name).read_text("utf-8")


def _script() -> str:
    """All files of the page's script as one, in a scope of its own. Text of the input is only ever set as text."""
    return f'"use strict";\n(() => {{\n{"".join(map(_read, _SCRIPTS))}}})();\n'


def _style() -> str:
    depths = "".join(f".d{depth}{{--d:{depth}}}" for depth in range(_DEPTHS))
    fonts = f":root{{--sans:{SANS};--mono:{MONO};--pick:color-mix(in srgb,var(--controller) 16%,var(--card))}}"
    return f"{colours(':root')}{fonts}{depths}{DRAWING}{_read('page.css')}"


def _shown(text: str, longest: int = 400) -> str:
    return in_markup(visible(text, longest))


def _body(picture: Picture) -> Iterator[str]:
    rows = fold(picture.boxes, MOST, inside=False)
    yield from _header(picture)
    yield '<main>\n<div class="main">\n'
    yield from _findings(picture, _holders(picture.boxes, rows))
    yield '<section class="pane tree-pane" aria-labelledby="tree-name">\n<h2 id="tree-name">Topology</h2>\n'
    yield f'<div class="tree" role="tree" aria-label="PCI topology of {_shown(picture.title)}">\n'
    yield from rows_of(picture, rows)
    yield "</div>\n</section>\n"
    yield '<details class="pane drawing">\n<summary>Drawing</summary>\n'
    yield f"<div>{drawing(picture, _CARDS, inline=True)}</div>\n</details>\n</div>\n"
    yield from _side(picture)
    yield "</main>\n"


def _holders(boxes: Sequence[Box], rows: Sequence[Row]) -> list[int]:
    """For each box the one whose row shows it, or stands for it."""
    found, below = [0] * len(boxes), ends(boxes)
    for row in rows:
        for first, last in row.more or [(row.at, below[row.last] if row.is_stack else row.at + 1)]:
            found[first:last] = [row.at] * (last - first)
    return found


def _header(picture: Picture) -> Iterator[str]:
    yield f"<header>\n<div><h1>{_shown(picture.title)}</h1>\n"
    yield f'<p class="soft">{" · ".join(map(_shown, picture.words))}</p>\n<ul class="legend" aria-label="Legend">'
    kinds, marks = {one.kind for one in picture.boxes}, {one.mark for one in picture.boxes}
    for kind in (one for one in KINDS if one in kinds):
        yield f'<li><i class="ic {kind}"></i>{WORD[kind]}</li>'
    for mark in (one for one in MARKS if one in marks):
        yield f'<li class="{css_of(Box("", "", mark=mark)).strip()}"><span class="badge">{word_of(mark)}</span></li>'
    yield "</ul></div>\n"
    yield (
        '<div class="tools" data-js hidden role="toolbar" aria-label="View">'
        '<span class="status" role="status"></span>'
        '<input type="search" placeholder="Find: name, address, line" aria-label="Find">'
        '<span class="group"><button type="button" data-do="tree">Tree</button>'
        '<button type="button" data-do="drawing">Drawing</button></span>'
        '<span class="group"><button type="button" data-do="fold">Fold all</button>'
        '<button type="button" data-do="unfold">Unfold</button></span>'
        '<span class="group"><button type="button" data-do="smaller" aria-label="Smaller">\u2212</button>'
        '<button type="button" data-do="same" aria-label="Actual size">100%</button>'
        '<button type="button" data-do="larger" aria-label="Larger">+</button></span></div>\n</header>\n'
    )


def _findings(picture: Picture, holders: list[int]) -> Iterator[str]:
    if not picture.told:
        return
    count = len(picture.told)
    yield '<section class="pane told" aria-labelledby="told-name">\n'
    yield f'<h2 id="told-name">{count:,} finding{"s" * (count != 1)}</h2>\n<ol>\n'
    for one in picture.told[:_TOLD]:
        yield _finding(picture, one, holders)
    yield "</ol>\n"
    if count > _TOLD:
        yield f'<p class="soft">and {count - _TOLD:,} more</p>\n'
    yield "</section>\n"


def _finding(picture: Picture, one: Told, holders: list[int]) -> str:
    links = dict.fromkeys((holders[at], visible(picture.boxes[at].label)) for at in one.boxes[:8])
    named = ", ".join(f'<a href="#b{at}">{in_markup(name)}</a>' for at, name in links)
    mark = "m-fault" if one.severity == "error" else "m-involved"
    line = f" \u00b7 line {one.line}" if one.line is not None else ""
    parts = f"<p>{named}{line}</p>" if named or line else ""
    helps = "".join(f"<p>note: {_shown(words)}</p>" for words in one.notes)
    helps += "".join(f"<p>help: {_shown(words)}</p>" for words in one.helps)
    head = f"<b>{in_markup(one.severity)}[{_shown(one.code)}]</b>: {_shown(one.message, 1000)}"
    return f'<li class="{mark}">{head}{parts}{helps}</li>\n'


def _side(picture: Picture) -> Iterator[str]:
    yield '<div class="side">\n<section class="pane facts-pane" data-js hidden aria-labelledby="facts-name">'
    yield '<h2 id="facts-name">Details</h2><dl class="facts"></dl></section>\n'
    if picture.source and sum(len(line) + 1 for line in picture.source) <= _SOURCE:
        name, last = _shown(picture.source_name), picture.first_line + len(picture.source) - 1
        bad = " ".join(str(one.line) for one in picture.told[:_TOLD] if one.line is not None)
        text = "\n".join(in_markup(line if line.isprintable() else _line(line)) for line in picture.source)
        yield (
            f'<details class="pane source" data-first="{picture.first_line}" data-bad="{bad}">'
            f"<summary>{name}, lines {picture.first_line:,} to {last:,}</summary>\n<pre>\n{text}\n</pre></details>\n"
        )
    elif picture.source:
        yield f'<p class="soft">{_shown(picture.source_name)} is too long to be shown here.</p>\n'
    yield "</div>\n"


def _line(line: str) -> str:
    return "\t".join(visible(piece, len(piece) + 1) for piece in line.rstrip("\r").split("\t"))

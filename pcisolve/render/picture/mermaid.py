"""A picture for Mermaid, which GitHub, GitLab and many wikis draw: https://mermaid.js.org/syntax/flowchart.html."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pcisolve.render.picture.fold import fold
from pcisolve.render.picture.picture import ARGUMENT, CONTROLLER, DEVICE, GROUP, LEFT, REMOVED, ROOT, WISH, Picture
from pcisolve.render.picture.place import lines_of
from pcisolve.render.picture.shown import visible
from pcisolve.render.picture.words import title_of

MOST: Final = 300  # nodes: Mermaid refuses more than 500 edges and 50,000 characters
_TEXT: Final = 45_000
_LONGEST: Final = 60  # characters of a line
_SHAPE: Final = {
    ROOT: ("[[", "]]"),
    CONTROLLER: ("[", "]"),
    DEVICE: ("(", ")"),
    ARGUMENT: ("[/", "/]"),
    GROUP: ("[", "]"),
    WISH: (">", "]"),
}
_DASHED: Final = (LEFT, REMOVED)
# What may mean something to Mermaid, Markdown or HTML: all but a few signs, and of those within a word a few more.
_ACTS: Final = re.compile(r"(?!(?<=[A-Za-z0-9])[.-][A-Za-z0-9])[^A-Za-z0-9 ,:/()\u00d7\u2026]")


def mermaid(picture: Picture) -> str:
    """A flowchart from left to right, within what Mermaid takes."""
    most = MOST
    while len(text := "".join(f"{line}\n" for line in _lines(picture, most))) > _TEXT and most > 1:
        most //= 2
    return text


def _lines(picture: Picture, most: int) -> Iterator[str]:
    boxes = picture.boxes
    yield "flowchart LR"
    above: list[int] = []
    marked: dict[str, list[str]] = {}
    for number, row in enumerate(fold(boxes, most)):
        box, lines = boxes[row.at], lines_of(boxes, row)
        words = [title_of(boxes, row), " ".join(filter(None, lines[:2])), *lines[2:]]
        words += [box.mark] if box.mark and not row.more else []
        begin, end = ("[", "]") if row.more else _SHAPE[box.kind]
        label = "<br/>".join(_escaped(visible(one, _LONGEST)) for one in words if one)
        yield f'  n{number}{begin}"{label}"{end}'
        del above[row.depth :]
        if above:
            yield f"  n{above[-1]} --- n{number}"
        above.append(number)
        if box.mark and not row.more:
            marked.setdefault("gone" if box.mark in _DASHED else "marked", []).append(f"n{number}")
    if "gone" in marked:
        yield "  classDef gone stroke-dasharray:5 3"
        yield f"  class {','.join(marked['gone'])} gone"
    if "marked" in marked:
        yield "  classDef marked stroke-width:3px"
        yield f"  class {','.join(marked['marked'])} marked"


def _escaped(text: str) -> str:
    """Everything that could mean something as the code of its character."""
    return _ACTS.sub(lambda found: f"#{ord(found[0])};", text)

"""A picture for Graphviz: https://graphviz.org/doc/info/lang.html."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pcisolve.render.picture.fold import fold
from pcisolve.render.picture.picture import ARGUMENT, CONTROLLER, DEVICE, GROUP, LEFT, REMOVED, ROOT, WISH, Picture
from pcisolve.render.picture.place import lines_of
from pcisolve.render.picture.shown import visible
from pcisolve.render.picture.words import title_of

MOST: Final = 2000  # nodes; layout takes the square of it
_SHAPE: Final = {ROOT: "box3d", CONTROLLER: "box", DEVICE: "box", ARGUMENT: "house", GROUP: "folder", WISH: "note"}
_DASHED: Final = (LEFT, REMOVED)


def dot(picture: Picture) -> str:
    """A digraph, from left to right; what is marked is told in words and by its line."""
    return "".join(f"{line}\n" for line in _lines(picture))


def _lines(picture: Picture) -> Iterator[str]:
    boxes = picture.boxes
    yield "digraph pcisolve {"
    yield f"  graph [rankdir=LR, ranksep=0.5, nodesep=0.12, label={_quoted(visible(picture.title))}, labelloc=t];"
    yield '  node [fontname="sans-serif", fontsize=11, height=0.3, margin="0.12,0.06"];'
    yield "  edge [arrowhead=none];"
    above: list[int] = []
    for number, row in enumerate(fold(boxes, MOST)):
        box = boxes[row.at]
        words = [
            title_of(boxes, row),
            " \u00b7 ".join(filter(None, lines_of(boxes, row)[:2])),
            *lines_of(boxes, row)[2:],
        ]
        words += [box.mark] if box.mark and not row.more else []
        look = {"label": "\n".join(filter(None, words)), "shape": "plaintext" if row.more else _SHAPE[box.kind]}
        if row.is_stack:
            look["peripheries"] = "2"
        style = ["rounded"] if box.kind == DEVICE and not row.more else []
        if box.mark and not row.more:
            style.append("dashed" if box.mark in _DASHED else "bold")
        if style:
            look["style"] = ",".join(style)
        yield f"  n{number} [{', '.join(f'{name}={_quoted(value)}' for name, value in look.items())}];"
        del above[row.depth :]
        if above:
            yield f"  n{above[-1]} -> n{number};"
        above.append(number)
    yield "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'

"""Several pictures as one."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.render.picture.picture import GROUP, Box, Picture, Strip, Told


def joined(pictures: Iterable[Picture], title: str) -> Picture:
    """Each below a box of its own; of one file with its lines, which those of several would not be."""
    boxes, strips, told = list[Box](), list[Strip](), list[Told]()
    lines: dict[int, str] = {}
    names, words = dict[str, None](), list[str]()
    for one in pictures:
        begin = len(boxes) + 1
        boxes.append(Box(one.title, GROUP, facts=tuple(word for word in one.words if word != one.title)))
        boxes += [box._replace(depth=box.depth + 1) for box in one.boxes]
        strips += [strip._replace(at=strip.at + begin) for strip in one.strips]
        told += [finding._replace(boxes=tuple(at + begin for at in finding.boxes)) for finding in one.told]
        names[one.source_name] = None
        for number, line in enumerate(one.source, one.first_line):
            lines.setdefault(number, line)
        words.append(one.title)
    first = min(lines, default=1)
    source = [lines.get(number, "") for number in range(first, max(lines, default=0) + 1)]
    head = (f"{len(words):,} domains",)
    if len(names) > 1:
        return Picture(title, head, tuple(boxes), tuple(strips), tuple(told))
    name = next(iter(names), "")
    return Picture(title, head, tuple(boxes), tuple(strips), tuple(told), source, name, first)

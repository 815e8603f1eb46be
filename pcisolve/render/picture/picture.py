"""What a picture is made of. Plain values, in the order in which they are read, so that depth costs no recursion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

ROOT: Final = "root"
CONTROLLER: Final = "controller"
DEVICE: Final = "device"
ARGUMENT: Final = "argument"  # what an argument of the command line makes
GROUP: Final = "group"  # of what has no place of its own
WISH: Final = "wish"  # what a plan asks for
KINDS: Final = (ROOT, CONTROLLER, DEVICE, ARGUMENT, GROUP, WISH)

ADDED: Final = "added"
REMOVED: Final = "removed"
MOVED: Final = "moved"
LEFT: Final = "left"  # where something was that moved
CHANGED: Final = "changed"
FAULT: Final = "at fault"
WARNED: Final = "warned"
INVOLVED: Final = "involved"
LOST: Final = "not seen"  # by the guest
MARKS: Final = (ADDED, REMOVED, MOVED, LEFT, CHANGED, FAULT, WARNED, INVOLVED, LOST)


class Box(NamedTuple):
    """One thing that is drawn.

    Attributes:
        label: who it is, such as "disk vda".
        kind: one of KINDS.
        depth: 0 for what is plugged into nothing; a box belongs to the last one before it that is less deep.
        what: what it is, such as "pcie-root-port"; boxes that differ in `label` and places only are alike.
        address: as the XML says it, dddd:bb:ss.f; "" for none.
        guest: the same as the guest sees it; "" where that is not known.
        bus: the buses it provides, in words.
        line: where it stands in the picture's source, from 1; None where it does not.
        mark: one of MARKS, or "".
        note: what there is to say of the mark.
        rules: ids of the rules that speak of it.
        facts: what else there is to know, in words.
    """

    label: str
    kind: str
    depth: int = 0
    what: str = ""
    address: str = ""
    guest: str = ""
    bus: str = ""
    line: int | None = None
    mark: str = ""
    note: str = ""
    rules: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()


class Span(NamedTuple):
    """The numbers `first` to `last` that a root or expander has for buses, and how many of them are used."""

    label: str
    first: int
    last: int
    used: int


class Strip(NamedTuple):
    """What a domain has, and what of it is used.

    Attributes:
        at: the box at depth 0 that it belongs to, by its place in Picture.boxes.
        limit: bus numbers there are.
        spans: windows of bus numbers.
        words: what else is counted, each in words: "11 slots free".
    """

    at: int
    limit: int
    spans: tuple[Span, ...]
    words: tuple[str, ...] = ()


class Told(NamedTuple):
    """A finding.

    Attributes:
        severity: "error", "warning" or "note".
        code: id of the rule.
        message: one sentence.
        boxes: the parts it is about, by their place in Picture.boxes, the one at fault first.
        line: where it begins in the picture's source; None where it does not.
        helps: what would mend it.
        notes: the arithmetic.
    """

    severity: str
    code: str
    message: str
    boxes: tuple[int, ...] = ()
    line: int | None = None
    helps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Picture(NamedTuple):
    """All that is drawn.

    Attributes:
        title: whose topology it is.
        words: what is said below the title.
        boxes: each before what is plugged into it.
        source: the lines that the boxes stand in; () where there are none to show.
        source_name: the name of their file.
        first_line: the number of the first of them.
    """

    title: str
    words: tuple[str, ...]
    boxes: tuple[Box, ...]
    strips: tuple[Strip, ...] = ()
    told: tuple[Told, ...] = ()
    source: Sequence[str] = ()
    source_name: str = ""
    first_line: int = 1


def ends(boxes: Sequence[Box]) -> list[int]:
    """For each box where what is plugged into it ends: the place of the next one that is not below it."""
    found = [0] * len(boxes)
    open_: list[int] = []
    for at, box in enumerate(boxes):
        while open_ and boxes[open_[-1]].depth >= box.depth:
            found[open_.pop()] = at
        open_.append(at)
    for at in open_:
        found[at] = len(boxes)
    return found

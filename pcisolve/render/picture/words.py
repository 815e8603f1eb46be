"""What is written on a row of a picture, the same in every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from pcisolve.render.picture.fold import Row
from pcisolve.render.picture.picture import ROOT, Box, Strip
from pcisolve.render.picture.shown import visible

NAMELESS: Final = "(no name)"
_NAMED: Final = 3  # sorts of what is plugged into a stack


def title_of(boxes: Sequence[Box], row: Row) -> str:
    """Who or what it is: "disk vda", "24 \u00d7 pcie-root-port", "each: disk virtio", "and 12 more"."""
    box = boxes[row.at]
    each = "each: " if row.each > 1 else ""
    if row.more:
        return f"{each}and {row.own:,} more"
    if row.is_stack:
        many = f"{row.own:,} \u00d7 " if row.own > 1 else ""
        return f"{each}{many}{visible(box.what or box.kind)}"
    return visible(box.label).strip() or NAMELESS


def what_of(boxes: Sequence[Box], row: Row) -> str:
    """What it is, where the title does not say that; of a stack the first and the last one's names."""
    box = boxes[row.at]
    if row.more:
        return ""
    if row.is_stack:
        return between(visible(box.label), visible(boxes[row.last].label))
    return what_is(box)


def what_is(box: Box) -> str:
    """What a box is, without what its label says already."""
    first, _, rest = box.what.partition(" ")
    return visible(rest if first in box.label.split() else box.what) if box.what != box.label else ""


def place_of(boxes: Sequence[Box], row: Row) -> str:
    """Its address, or from which to which address a stack goes."""
    if row.more:
        return ""
    return between(visible(boxes[row.at].address), visible(boxes[row.last].address), short=True)


def guest_of(boxes: Sequence[Box], row: Row) -> str:
    """The address in the guest, where it is another one."""
    first, last = boxes[row.at], boxes[row.last]
    if row.more or (first.guest, last.guest) == (first.address, last.address):
        return ""
    return between(visible(first.guest), visible(last.guest), short=True)


def between(first: str, last: str, *, short: bool = False) -> str:
    """From one to another; one alone where they are the same.

    Args:
        short: without what both begin with, up to a colon: "0000:09:00.0 \u2026 02.0".
    """
    if first == last or not last:
        return first
    if short:
        same = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), 0)
        last = last[last.rfind(":", 0, same) + 1 :]
    return f"{first} \u2026 {last}"


def inside_of(boxes: Sequence[Box], row: Row, end: int) -> str:
    """What is plugged into each part of a stack: "virtio disk", "4 \u00d7 hostdev"; "" for nothing."""
    counts = Counter(visible(one.what or one.kind) for one in boxes[row.at + 1 : end])
    named = [f"{count:,} \u00d7 {what}" if count > 1 else what for what, count in counts.most_common(_NAMED)]
    more = sum(counts.values()) - sum(count for _, count in counts.most_common(_NAMED))
    return ", ".join(named) + (f" and {more:,} more" if more else "")


def windows_of(strip: Strip) -> list[str]:
    """The windows of bus numbers of a domain, each with what is used of it."""
    return [f"{visible(one.label)}: buses {one.first:02x} to {one.last:02x}, {one.used:,} used" for one in strip.spans]


def hover_of(boxes: Sequence[Box], row: Row) -> str:
    """All that is known of it, a line each."""
    box = boxes[row.at]
    lines = [title_of(boxes, row), what_of(boxes, row)]
    if not row.more:
        place, seen = place_of(boxes, row), between(visible(box.guest), visible(boxes[row.last].guest), short=True)
        lines += [place if box.kind == ROOT else f"address {place}" if place else ""]
        lines += [f"in the guest {seen}" if seen else ""]
        lines += [visible(box.bus) if not row.is_stack else "", *map(visible, box.facts)]
        lines += [f"line {box.line}" if box.line is not None and not row.is_stack else ""]
        lines += [": ".join(filter(None, (box.mark, visible(box.note) if not row.is_stack else "")))]
        lines += [f"rule {', '.join(map(visible, box.rules))}" if box.rules else ""]
    return "\n".join(filter(None, lines))

"""Marks in words and in style sheets."""

from __future__ import annotations

from typing import Final

from pcisolve.render.picture.picture import FAULT, LEFT, LOST, Box

_CLASS: Final = {FAULT: "fault", LOST: "lost"}


def css_of(box: Box) -> str:
    """The classes of a marked box, with a space before them; "" for one without a mark."""
    return f" marked m-{_CLASS.get(box.mark, box.mark)}" if box.mark else ""


def word_of(mark: str) -> str:
    """What is written on a badge."""
    return "was here" if mark == LEFT else mark

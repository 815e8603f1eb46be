"""What the server knows of an open file: its text now, and what was found in it last."""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.lsp.analysis import Analysis
from pcisolve.lsp.lines import Lines, moved
from pcisolve.verdict.survey import BusAt, PartAt, Survey


class Analyzed(NamedTuple):
    """An analysis and the text it is of."""

    text: str
    analysis: Analysis


class View:
    """The text of a file with what is known of it, in offsets of that text.

    Attributes:
        lines: the text as it is now.
        surveyed: the last analysis of a text that could be read; broken text, while someone types, has none.
    """

    def __init__(self, lines: Lines, surveyed: Analyzed | None) -> None:
        self.lines = lines
        self.surveyed = surveyed

    def survey_at(self, offset: int) -> tuple[Survey, int] | None:
        """The guest around a place, and that place in the text the survey is of; None where that is not known."""
        if self.surveyed is None:
            return None
        text, analysis = self.surveyed
        then = moved(offset, self.lines.text, text)
        if then is None:  # in what has just been written: the guest around it is the same
            then = _nearest(offset, self.lines.text, text)
        for survey in analysis.surveys:
            if survey.span.begin <= then <= survey.span.end:
                return survey, then
        return None

    def now(self, begin: int) -> int | None:
        """Where a place of the surveyed text is now."""
        return None if self.surveyed is None else moved(begin, self.surveyed.text, self.lines.text)


def _nearest(offset: int, text: str, old: str) -> int:
    """A place of the old text beside what was written: the last one before it that both have."""
    low, high = 0, min(offset, len(old))
    while low < high:
        middle = (low + high + 1) // 2
        if text[:middle] == old[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def part_at(survey: Survey, offset: int) -> PartAt | None:
    """The innermost device or controller around a place."""
    around = [one for one in survey.parts if one.begin <= offset <= one.end]
    return min(around, key=lambda one: one.end - one.begin, default=None)


def bus_of(survey: Survey, index: int | None) -> BusAt | None:
    """The bus that a controller provides."""
    return next((one for one in survey.buses if one.index == index), None)

"""One text analyzed: everything an editor shows of it, as plain values that go from one process to another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from pcisolve.api.guests import load_all
from pcisolve.api.rule_text import rule_text
from pcisolve.core.errors import InputError
from pcisolve.problem.problem import Options
from pcisolve.verdict.survey import Survey
from pcisolve.verdict.values import UNKNOWN, Finding


class Place(NamedTuple):
    """A line and column of a file, from 1, and how many characters from there on are meant (0: one word)."""

    file: str
    line: int
    column: int
    length: int
    role: str


class Repaired(NamedTuple):
    """A repair: its words, its safety, what it costs the user, and the edits, which are of the analyzed text."""

    effect: str
    safety: str
    losses: tuple[str, ...]
    edits: tuple[tuple[int, int, str], ...]


class Told(NamedTuple):
    """A finding as it is shown.

    Attributes:
        places: where it shows: the fact at fault, and those of cases like it.
        others: what belongs to it elsewhere.
    """

    code: str
    severity: str
    message: str
    places: tuple[Place, ...]
    others: tuple[Place, ...]
    repairs: tuple[Repaired, ...]


class Analysis(NamedTuple):
    """What is known of a text.

    Attributes:
        told: what is wrong, in the order of `check`.
        surveys: one for each domain; empty where the text cannot be read.
        rules: the rules that are named, by id: title, text, stage, source.
        readable: whether the text could be read at all.
    """

    told: tuple[Told, ...] = ()
    surveys: tuple[Survey, ...] = ()
    rules: tuple[tuple[str, str, str, str, str], ...] = ()
    readable: bool = True


def analyze(text: str, name: str, options: Options, models: str | None) -> Analysis:
    """Analyze a text; what cannot be read is told like everything else."""
    mark = "" if text.startswith("\ufeff") else "\ufeff"  # UTF-8 whatever an XML declaration says: this is text already
    try:
        guests = load_all((mark + text).encode("utf-8", "replace"), models=models, name=name)
        found = [guest.survey(options) for guest in guests]
    except InputError as error:
        return Analysis((_unreadable(error, name),), readable=False)
    shift = 0 if mark else 1
    told: list[Told] = []
    for verdict, survey in found:
        told += _findings(verdict.findings, survey, shift)
        if verdict.status == UNKNOWN:
            told.append(not_decided(name, "time limit reached before a decision"))
    codes = sorted({one.code for one in told})
    texts = [one for one in map(rule_text, codes) if one is not None]
    return Analysis(
        tuple(told),
        tuple(_shifted(survey, shift) for _, survey in found),
        tuple((one.id, one.title, one.text, one.stage, one.source) for one in texts),
    )


def unusable(message: str, name: str) -> Analysis:
    """That the text was not judged, for what is said of another file, at its begin."""
    return Analysis((Told("input", "error", message, (Place(name, 1, 1, 0, ""),), (), ()),), readable=False)


def not_decided(name: str, message: str) -> Told:
    """That the time limit came first."""
    return Told("time-limit", "note", message, (Place(name, 1, 1, 0, ""),), (), ())


def _unreadable(error: InputError, name: str) -> Told:
    expected = f" (expected {error.expected})" if error.expected else ""
    where = error.location
    place = Place(name, 1, 1, 0, "") if where is None else Place(where.file, where.line, where.column, 0, "")
    return Told("input", "error", f"{error.message}{expected}", (place,), (), ())


def _findings(findings: Iterable[Finding], survey: Survey, shift: int) -> list[Told]:
    edits: dict[tuple[int, int], tuple[tuple[int, int, str], ...]] = {}
    for fix in survey.fixes:
        edits[fix.finding, fix.repair] = tuple((one.begin + shift, one.end + shift, one.text) for one in fix.edits)
    told = []
    for number, one in enumerate(findings):
        repairs = tuple(
            Repaired(
                way.effect, way.safety, way.removes or tuple(move.name for move in way.moves), edits[number, place]
            )
            for place, way in enumerate(one.repairs)
            if (number, place) in edits
        )
        places, others = _places((*one.facts[:1], *one.alike)), _places((*one.facts[1:], *one.context))
        message = "\n".join((one.message, *(f"note: {note}" for note in one.notes)))
        told.append(Told(one.code, one.severity, message, places, others, repairs))
    return told


def _places(facts: Iterable[Any]) -> tuple[Place, ...]:
    return tuple(Place(one.file, one.line, one.column, len(one.text), one.role) for one in facts)


def _shifted(survey: Survey, shift: int) -> Survey:
    """A survey of a text that begins with a byte order mark, which no offset of ours counts."""
    if not shift:
        return survey
    parts = tuple(one._replace(begin=one.begin + shift, end=one.end + shift) for one in survey.parts)
    buses = tuple(
        one._replace(
            begin=one.begin + shift if one.begin >= 0 else -1,
            taken=tuple(each._replace(begin=each.begin + shift if each.begin >= 0 else -1) for each in one.taken),
        )
        for one in survey.buses
    )
    span = survey.span._replace(begin=survey.span.begin + shift, end=survey.span.end + shift)
    return survey._replace(span=span, parts=parts, buses=buses)


def to_json(analysis: Analysis) -> dict[str, Any]:
    """As it goes from one process to another."""
    return {**analysis._asdict(), "surveys": [one.to_json() for one in analysis.surveys]}


def from_json(value: dict[str, Any]) -> Analysis:
    """An analysis out of what to_json() made, through JSON."""
    told = tuple(
        Told(
            one[0],
            one[1],
            one[2],
            tuple(Place(*each) for each in one[3]),
            tuple(Place(*each) for each in one[4]),
            tuple(Repaired(each[0], each[1], tuple(each[2]), tuple(map(tuple, each[3]))) for each in one[5]),
        )
        for one in value["told"]
    )
    surveys = tuple(Survey.from_json(one) for one in value["surveys"])
    return Analysis(told, surveys, tuple(map(tuple, value["rules"])), value["readable"])

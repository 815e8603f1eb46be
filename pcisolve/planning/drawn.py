"""A plan as a picture: the guest it comes to, or where there is none, what it asks for and what of that cannot be."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from pcisolve.ops.pictures.drawn import Drawn
from pcisolve.ops.pictures.guest import picture
from pcisolve.planning.file.text import Mapping, PlanText, Scalar, Sequence, Value
from pcisolve.planning.steps import PlanAnswer
from pcisolve.render.picture.picture import FAULT, GROUP, WISH, Box, Picture, Told
from pcisolve.verdict.values import FactAt, Verdict

_NAMES: Final = ("name", "kind")
_MOST: Final = 40  # values of one wish that are written out


def drawn(text: PlanText, answer: PlanAnswer) -> Drawn:
    """The picture of a plan that was solved, or that has no layout."""
    verdict = answer.verdict
    if answer.layout is None:
        return Drawn(_wishes(text, verdict), verdict)
    added = [one.index for one in verdict.controllers if one.added]
    return Drawn(picture(answer.layout, verdict, (text.text, 1), answer.rows, added), verdict)


def _wishes(text: PlanText, verdict: Verdict) -> Picture:
    """What the plan asks for, entry by entry; what does not fit is at fault, each with what would."""
    boxes = list(_entries(text.top))
    starts = [one.line or 0 for one in boxes]
    told = []
    for finding in verdict.findings:
        places = []
        for fact in finding.facts:
            at = _at(starts, fact, text.name)
            if at is not None:
                places.append(at)
                note = fact.role or finding.code
                boxes[at] = boxes[at]._replace(mark=FAULT, note=note, rules=(finding.code,))
        line = finding.facts[0].line if finding.facts and finding.facts[0].file == text.name else None
        helps = tuple(one.effect for one in finding.repairs)
        told.append(Told(finding.severity, finding.code, finding.message, tuple(places), line, helps, finding.notes))
    words = (text.name, "plan", verdict.status)
    return Picture(_title(text), words, tuple(boxes), (), tuple(told), text.lines, text.name)


def _title(text: PlanText) -> str:
    named = (value.text for key, value in text.top.entries if key.text == "guest" and isinstance(value, Scalar))
    return next(named, text.name)


def _at(starts: list[int], fact: FactAt, name: str) -> int | None:
    """The last box that begins at the line of a fact, or before."""
    at = bisect_right(starts, fact.line) - 1
    return at if fact.file == name and at >= 0 else None


def _entries(top: Mapping) -> Iterator[Box]:
    """A box for each key, and below it one for each of its entries."""
    for key, value in top.entries:
        if isinstance(value, Scalar):
            yield Box(f"{key.text}: {value.text}", WISH, line=key.at.line)
            continue
        yield Box(key.text, GROUP, line=key.at.line)
        if isinstance(value, Sequence):
            yield from (_wish(one) for one in value.items)
        else:
            for name, inner in value.entries:
                yield Box(f"{name.text}: {_said(inner)}", WISH, 1, line=name.at.line)


def _wish(value: Value) -> Box:
    """An entry of a list: called by its name or kind, and what else it says as facts."""
    if not isinstance(value, Mapping):
        return Box(_said(value), WISH, 1, line=value.at.line)
    entries = [(key.text, _said(one)) for key, one in value.entries[:_MOST]]
    name = next((said for wanted in _NAMES for key, said in entries if key == wanted), "")
    rest = tuple(f"{key}: {said}" for key, said in entries if said != name or key not in _NAMES)
    return Box(name or rest[0], WISH, 1, line=value.at.line, facts=rest if name else rest[1:])


def _said(value: Value) -> str:
    """A value in one line, as far as it is shown; nested ones without recursion deeper than a plan file allows."""
    if isinstance(value, Scalar):
        return value.text
    if isinstance(value, Sequence):
        more = ", ..." if len(value.items) > _MOST else ""
        return f"[{', '.join(map(_said, value.items[:_MOST]))}{more}]"
    return f"{{{', '.join(f'{key.text}: {_said(one)}' for key, one in value.entries[:_MOST])}}}"

"""Diagnostics and quick fixes out of an analysis."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lsprotocol.types import (
    CodeAction,
    CodeActionKind,
    Diagnostic,
    DiagnosticRelatedInformation,
    DiagnosticSeverity,
    Location,
    OptionalVersionedTextDocumentIdentifier,
    Position,
    Range,
    TextDocumentEdit,
    TextEdit,
    WorkspaceEdit,
)
from pygls.uris import from_fs_path

from pcisolve.lsp.analysis import Analysis, Place, Repaired, Told
from pcisolve.lsp.lines import Lines
from pcisolve.verdict.values import MOVES, SAFE

_SEVERITIES: Final = {
    "error": DiagnosticSeverity.Error,
    "warning": DiagnosticSeverity.Warning,
    "note": DiagnosticSeverity.Information,
}
_MOST: Final = 1_000  # diagnostics of a file: more than anyone reads
_MOST_RELATED: Final = 20
_WORD: Final = re.compile(r"</?[\w:.-]*|[\w:.-]+")


def span_of(lines: Lines, place: Place) -> tuple[int, int]:
    """What of the text a place covers: never more than its line."""
    begin = lines.at(place.line, place.column)
    text = lines.text
    if place.length:
        ends = [end for end in (text.find("\n", begin), text.find("\r", begin)) if end >= 0]
        return begin, min(begin + place.length, *ends) if ends else min(begin + place.length, len(text))
    word = _WORD.match(text, begin)
    return begin, word.end() if word is not None else begin


def diagnostics(lines: Lines, analysis: Analysis, name: str, uri: str) -> list[Diagnostic]:
    """What is wrong in a file, in the order of `check`; what is wrong in another file shows at the file's begin."""
    found: list[Diagnostic] = []
    for told in analysis.told:
        others = list(_related(lines, told, name, uri))
        here = [one for one in told.places if one.file == name] or [Place(name, 1, 1, 0, "")]
        found += [_diagnostic(lines, told, one, others) for one in here]
    return found[:_MOST]


def _diagnostic(lines: Lines, told: Told, place: Place, related: list[DiagnosticRelatedInformation]) -> Diagnostic:
    return Diagnostic(
        range=lines.range(*span_of(lines, place)),
        message=told.message,
        severity=_SEVERITIES.get(told.severity, DiagnosticSeverity.Error),
        code=told.code,
        source="pcisolve",
        related_information=related or None,
    )


def _related(lines: Lines, told: Told, name: str, uri: str) -> Iterator[DiagnosticRelatedInformation]:
    elsewhere = [one for one in told.places if one.file != name]
    for one in (*elsewhere, *told.others)[:_MOST_RELATED]:
        if one.file == name:
            where = Location(uri, lines.range(*span_of(lines, one)))
        else:
            at = Position(one.line - 1, one.column - 1)
            where = Location(from_fs_path(one.file) or uri, Range(at, at))
        yield DiagnosticRelatedInformation(where, one.role or "belongs to it")


def actions(
    lines: Lines, analysis: Analysis, name: str, target: OptionalVersionedTextDocumentIdentifier, asked: Range
) -> list[CodeAction]:
    """The repairs of what is wrong in a range, the safest first; the first safe one of each is preferred."""
    begin, end = lines.offset(asked.start), lines.offset(asked.end)
    found: list[CodeAction] = []
    for told in analysis.told:
        spans = [(place, span_of(lines, place)) for place in told.places if place.file == name]
        touched = [place for place, (first, last) in spans if first <= end and begin <= last]
        if touched:
            shown = _diagnostic(lines, told, touched[0], [])
            found += [
                _action(lines, way, target, shown, preferred=number == 0) for number, way in enumerate(told.repairs)
            ]
    return found


def _action(
    lines: Lines,
    way: Repaired,
    target: OptionalVersionedTextDocumentIdentifier,
    shown: Diagnostic,
    *,
    preferred: bool,
) -> CodeAction:
    edits = [TextEdit(lines.range(begin, end), text) for begin, end, text in way.edits]
    if target.version is None:
        edit = WorkspaceEdit(changes={target.uri: edits})
    else:
        edit = WorkspaceEdit(document_changes=[TextDocumentEdit(target, list(edits))])
    return CodeAction(
        title=f"{way.effect}{_price(way)}",
        kind=CodeActionKind.QuickFix,
        diagnostics=[shown],
        is_preferred=preferred and way.safety == SAFE,
        edit=edit,
    )


def _price(way: Repaired) -> str:
    """What a repair costs beyond what it mends."""
    if way.safety == SAFE:
        return ""
    names = ", ".join(way.losses[:2]) + (f" and {len(way.losses) - 2} more" if len(way.losses) > 2 else "")
    if way.safety == MOVES:
        return f" (moves {names})" if names else " (leaves its NUMA node, root or domain)"
    return f" (unsafe: loses {names})" if names else " (unsafe)"

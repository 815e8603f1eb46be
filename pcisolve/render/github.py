"""Findings as workflow commands, which GitHub shows beside the lines of a change."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.verdict.values import Finding


def github(findings: Iterable[Finding]) -> str:
    """One command per finding, and one per alike fact, so that each line is marked: `::error`, `::warning`, `::notice`.

    Source of the form: GitHub Actions documentation, workflow commands, "Setting an error message".
    """
    return "".join(line for finding in findings for line in _commands(finding))


def _commands(finding: Finding) -> Iterable[str]:
    message = finding.message
    if finding.repairs:
        message += f"\nhelp: {finding.repairs[0].effect}"
    title = _property(f"pcisolve {finding.code}")
    word = {"note": "notice"}.get(finding.severity, finding.severity)
    places = [fact for fact in (finding.facts[:1] + finding.alike) if fact]
    if not places:
        yield f"::{word} title={title}::{_data(message)}\n"
    for fact in places:
        where = f"file={_property(fact.file)},line={fact.line},col={fact.column}"
        yield f"::{word} {where},title={title}::{_data(message)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

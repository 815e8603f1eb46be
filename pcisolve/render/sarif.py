"""Findings as SARIF 2.1.0, the OASIS standard for results of static analysis."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote_from_bytes

from pcisolve.core.version import HOME, VERSION
from pcisolve.render.fingerprint import Fingerprints
from pcisolve.rules.registry import BY_ID
from pcisolve.verdict.values import FactAt, Finding, Repair

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


_FINGERPRINT: Final = "pcisolve/v1"
_NO_RULES: Final = {
    "input": "The file can be used",
    "time-limit": "The file was judged within the time limit",
}


def sarif(findings: Iterable[Finding], home: str = HOME) -> dict[str, Any]:
    """One run with the rules that are named, and a result per finding; alike cases are results of their own.

    Args:
        home: where the project is published, to which rules have links; "" for none.
    """
    findings = list(findings)
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "pcisolve",
        "semanticVersion": VERSION,
        **({"informationUri": home} if home else {}),
        "rules": [_rule(code, home) for code in codes],
    }
    fingerprints = Fingerprints()
    results = [
        _result(finding, codes.index(finding.code), fact, fingerprints.of(finding, fact))
        for finding in findings
        for fact in ((*finding.facts[:1], *finding.alike) or (None,))
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, home: str) -> dict[str, Any]:
    rule = BY_ID.get(code)
    told: dict[str, Any] = {"id": code}
    if code in _NO_RULES:
        told["shortDescription"] = {"text": _NO_RULES[code]}
    if rule is not None:
        told["shortDescription"] = {"text": rule.title}
        told["fullDescription"] = {"text": " ".join(rule.text.split())}
        told["help"] = {"text": f"pcisolve rule {code}"}
        if home:
            told["helpUri"] = f"{home.rstrip('/')}/docs/rules.md#{code}"
        told["defaultConfiguration"] = {"level": rule.severity}
        told["properties"] = {"stage": rule.stage, "source": rule.source}
    return told


def _result(finding: Finding, index: int, fact: FactAt | None, fingerprint: str) -> dict[str, Any]:
    text = "\n".join((finding.message, *finding.notes, *(f"help: {one.effect}" for one in finding.repairs)))
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": text},
    }
    if fact is not None:
        result["locations"] = [_location(fact)]
    others = finding.facts[1:] + finding.context
    if others:
        result["relatedLocations"] = [{"id": number, **_location(one)} for number, one in enumerate(others, 1)]
    result["partialFingerprints"] = {_FINGERPRINT: fingerprint}
    fixes = [_fix(one) for one in finding.repairs if one.edits] if fact in finding.facts[:1] else []
    if fixes:
        result["fixes"] = fixes
    result["properties"] = {"minimal": finding.minimal, "stage": finding.stage}
    return result


def _fix(repair: Repair) -> dict[str, Any]:
    """A repair as what it replaces in the text, all in one file."""
    replacements = [
        {
            "deletedRegion": {
                "startLine": one.line,
                "startColumn": one.column,
                "endLine": one.end_line,
                "endColumn": one.end_column,
            },
            "insertedContent": {"text": one.text},
        }
        for one in repair.edits
    ]
    change = {"artifactLocation": _artifact(repair.edits[0].file), "replacements": replacements}
    return {"description": {"text": repair.effect}, "artifactChanges": [change]}


def _artifact(file: str) -> dict[str, Any]:
    return {"uri": quote_from_bytes(os.fsencode(file))}


def _location(fact: FactAt) -> dict[str, Any]:
    snippet = {"snippet": {"text": fact.text}} if fact.text else {}
    region = {"startLine": fact.line, "startColumn": fact.column, **snippet}
    place = {"physicalLocation": {"artifactLocation": _artifact(fact.file), "region": region}}
    return {**place, "message": {"text": fact.role}} if fact.role else place

"""Findings as SARIF 2.1.0, the OASIS standard for results of static analysis."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from pcisolve.core.version import VERSION
from pcisolve.rules.registry import BY_ID
from pcisolve.verdict.values import FactAt, Finding

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def sarif(findings: Iterable[Finding]) -> dict[str, Any]:
    """One run with the rules that are named, and a result per finding; alike cases are results of their own."""
    findings = list(findings)
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "pcisolve",
        "semanticVersion": VERSION,
        "rules": [_rule(code) for code in codes],
    }
    results = [
        _result(finding, codes.index(finding.code), fact)
        for finding in findings
        for fact in ((*finding.facts[:1], *finding.alike) or (None,))
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    rule = BY_ID.get(code)
    told: dict[str, Any] = {"id": code}
    if rule is not None:
        told["shortDescription"] = {"text": rule.title}
        told["fullDescription"] = {"text": " ".join(rule.text.split())}
        told["properties"] = {"stage": rule.stage, "source": rule.source}
    return told


def _result(finding: Finding, index: int, fact: FactAt | None) -> dict[str, Any]:
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
    result["properties"] = {"minimal": finding.minimal, "stage": finding.stage}
    return result


def _location(fact: FactAt) -> dict[str, Any]:
    region = {"startLine": fact.line, "startColumn": fact.column, "snippet": {"text": fact.text}}
    place = {"physicalLocation": {"artifactLocation": {"uri": quote(fact.file)}, "region": region}}
    return {**place, "message": {"text": fact.role}} if fact.role else place

"""Findings as a Code Quality report, which GitLab shows in merge requests."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Any, Final

from pcisolve.render.fingerprint import Fingerprints
from pcisolve.verdict.values import FactAt, Finding

_SEVERITY: Final = {"error": "major", "warning": "minor", "note": "info"}


def gitlab(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """One entry per finding, and one per alike fact.

    Source of the form: GitLab documentation, Code Quality, "Code Quality report format".
    """
    fingerprints = Fingerprints()
    return [
        _entry(finding, fact, fingerprints.of(finding, fact))
        for finding in findings
        for fact in (*finding.facts[:1], *finding.alike) or (FactAt("", "", 1, 1, ""),)
    ]


def _entry(finding: Finding, fact: FactAt, fingerprint: str) -> dict[str, Any]:
    return {
        "description": finding.message,
        "check_name": finding.code,
        "fingerprint": fingerprint,
        "severity": _SEVERITY[finding.severity],
        "location": {"path": posixpath.normpath(fact.file), "lines": {"begin": fact.line}},
    }

"""What was found in all files, in the formats that machines read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pcisolve.core.version import JSON_VERSION
from pcisolve.verdict.values import Finding

_VERSION = {"version": JSON_VERSION}


def report(by_file: Mapping[str, Sequence[Finding]], style: str) -> str:
    """Findings by file as github, gitlab, junit, sarif, json or jsonl."""
    findings = [one for several in by_file.values() for one in several]
    if style == "github":
        from pcisolve.render.github import github

        return github(findings)
    if style == "junit":
        from pcisolve.render.junit import junit

        return junit(by_file)
    if style == "gitlab":
        from pcisolve.render.gitlab import gitlab

        return _pretty(gitlab(findings))
    if style == "sarif":
        from pcisolve.render.sarif import sarif

        return _pretty(sarif(findings))
    return _rows([{**_VERSION, **one.to_json()} for one in findings], style)


def repairs(rows: Sequence[dict[str, Any]], style: str) -> str:
    """What was repaired, as json or jsonl."""
    return _rows(rows, style)


def statistics(codes: Mapping[tuple[str, str], int], style: str) -> str:
    """How many findings each rule has, as json or jsonl."""
    from pcisolve.render.total import rows

    found = [{"code": code, "severity": severity, "count": count} for count, code, severity in rows(codes)]
    return _rows([{**_VERSION, **one} for one in found], style)


def _rows(rows: Sequence[dict[str, Any]], style: str) -> str:
    return _pretty(rows) if style == "json" else "".join(json.dumps(one) + "\n" for one in rows)


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"

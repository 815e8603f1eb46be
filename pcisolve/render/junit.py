"""Findings as JUnit XML, which most services of continuous integration read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from pcisolve.verdict.values import Finding

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2


def junit(by_file: Mapping[str, Sequence[Finding]]) -> str:
    """A suite for each file; in it a case for each finding, or one that passes. Only errors are failures."""
    suites = [line for file, findings in by_file.items() for line in _suite(file, findings)]
    tests = sum(max(len(findings), 1) for findings in by_file.values())
    failures = sum(_failures(findings) for findings in by_file.values())
    head = f'<testsuites name="pcisolve" tests="{tests}" failures="{failures}" errors="0">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>"]) + "\n"


def _failures(findings: Sequence[Finding]) -> int:
    return sum(one.severity == "error" for one in findings)


def _suite(file: str, findings: Sequence[Finding]) -> Iterator[str]:
    name, counts = _attribute(file), f'tests="{max(len(findings), 1)}" failures="{_failures(findings)}"'
    yield f'  <testsuite name={name} {counts} errors="0" skipped="0">'
    if not findings:
        yield f'    <testcase classname="pcisolve" name={name} file={name}/>'
    for one in findings:
        line = one.facts[0].line if one.facts else 1
        case = _attribute(f"{one.code} line {line}")
        yield f'    <testcase classname={name} name={case} file={name} line="{line}">'
        text = "\n".join((one.message, *one.notes, *(f"help: {repair.effect}" for repair in one.repairs)))
        if one.severity == "error":
            named = f"type={_attribute(one.code)} message={_attribute(one.message)}"
            yield f"      <failure {named}>{_text(text)}</failure>"
        else:
            yield f"      <system-out>{_text(f'{one.severity}: {text}')}</system-out>"
        yield "    </testcase>"
    yield "  </testsuite>"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("?", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("?", text))

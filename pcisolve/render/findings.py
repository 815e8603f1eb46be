"""Findings as text: full (several lines, with the source) or concise (one line each)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pcisolve.verdict.values import FactAt, Finding

SourceLine = Callable[[FactAt], str]


def concise(findings: Iterable[Finding]) -> str:
    """One line per finding: file:line:column: code: message."""
    return "".join(f"{_where(one)}{one.code}: {one.message}\n" for one in findings)


def _where(finding: Finding) -> str:
    if not finding.facts:
        return ""
    fact = finding.facts[0]
    return f"{fact.file}:{fact.line}:{fact.column}: "


def full(findings: Iterable[Finding], source_line: SourceLine) -> str:
    """Each finding with the lines it speaks about, in the manner of a compiler."""
    return "\n".join(_one(finding, source_line) for finding in findings)


def _one(finding: Finding, source_line: SourceLine) -> str:
    lines = [f"error[{finding.code}]: {finding.message}"]
    width = max((len(str(fact.line)) for fact in finding.facts), default=1)
    for number, fact in enumerate(finding.facts):
        arrow = "-->" if number == 0 else ":::"
        lines.append(f"{' ' * width}{arrow} {fact.file}:{fact.line}:{fact.column}")
        text, start = _excerpt(source_line(fact), fact.column)
        lines.append(f"{fact.line:>{width}} | {text}")
        mark = "^" * max(1, min(len(fact.text), len(text) - start))
        lines.append(f"{' ' * width} | {' ' * start}{mark}{' ' + fact.role if fact.role else ''}")
    lines.append(f"{' ' * width} = more: pcisolve rule {finding.code}")
    return "\n".join(lines) + "\n"


def _excerpt(line: str, column: int, width: int = 100) -> tuple[str, int]:
    """The part of a long line around a column, and where the column is in it."""
    line = line.replace("\t", " ").rstrip("\r\n")
    at = min(column - 1, len(line))
    if len(line) <= width:
        return line, at
    begin = max(0, at - width // 3)
    piece = line[begin : begin + width]
    before = "..." if begin else ""
    after = "..." if begin + width < len(line) else ""
    return before + piece + after, at - begin + len(before)

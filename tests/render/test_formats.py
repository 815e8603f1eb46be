"""Findings for other programs: GitHub's workflow commands and SARIF; and in colour for people."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import pcisolve
from pcisolve.render.findings import concise, full
from pcisolve.render.github import github
from pcisolve.render.paint import coloured
from pcisolve.render.sarif import sarif
from pcisolve.verdict.values import FactAt, Finding
from tests.support import controller, domain, rng

EXPANDER = domain("q35", "\n    ".join((controller(1, "pcie-expander-bus"), rng("0:1:0.0"), rng("0:1:1.0"))))


@pytest.fixture
def findings(tmp_path: Path) -> tuple[Finding, ...]:
    """One finding with an alike case and repairs, in a file of an awkward name."""
    path = tmp_path / "a, b%.xml"
    path.write_bytes(EXPANDER)
    return pcisolve.load(path).explain()


def test_concise_is_one_line_per_finding(findings: tuple[Finding, ...]) -> None:
    lines = concise(findings).splitlines()
    assert len(lines) == len(findings) == 1
    assert re.fullmatch(r".*a, b%\.xml:7:\d+: error\[addr-kind-match\]: rng is .* \(and 1 similar\)", lines[0])


def test_github_marks_every_line_and_escapes_what_it_must(findings: tuple[Finding, ...]) -> None:
    lines = github(findings).splitlines()
    assert [re.search(r",line=(\d+),", line).group(1) for line in lines] == ["7", "8"]  # type: ignore[union-attr]
    for line in lines:
        assert line.startswith("::error file=")
        assert "a%2C b%25.xml" in line
        assert "title=pcisolve addr-kind-match::rng is" in line
        assert "%0Ahelp: " in line


def test_sarif_is_what_the_standard_asks_for(findings: tuple[Finding, ...]) -> None:
    """The properties that SARIF 2.1.0 requires, and references that hold."""
    log: dict[str, Any] = json.loads(json.dumps(sarif(findings)))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "pcisolve"
    assert re.fullmatch(r"\d+\.\d+\.\d+", driver["semanticVersion"])
    assert [rule["id"] for rule in driver["rules"]] == ["addr-kind-match"]
    assert len(run["results"]) == 2
    for result, line in zip(run["results"], (7, 8), strict=True):
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert re.fullmatch(r"[A-Za-z0-9/._~%-]+", place["artifactLocation"]["uri"])
        assert place["region"]["startLine"] == line
        assert place["region"]["startColumn"] >= 1


def test_sarif_of_nothing_is_a_run_without_results() -> None:
    (run,) = sarif(())["runs"]
    assert run["results"] == []


def test_colours_add_nothing_but_colours(findings: tuple[Finding, ...]) -> None:
    def line(fact: FactAt) -> str:
        return EXPANDER.decode().splitlines()[fact.line - 1]

    painted = full(findings, line, coloured)
    assert "\x1b[1;31m" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == full(findings, line)

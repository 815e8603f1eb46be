"""Every rule and fact that code, models and docs cite is one that `pcisolve rule` tells, and each fact is cited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from pcisolve.catalog.facts import facts
from pcisolve.cli.rule import command
from pcisolve.planning.file.laws import LAWS
from pcisolve.rules.registry import ALL, BY_ID

ROOT = Path(__file__).resolve().parents[2]
ID = r"[a-z0-9]+(?:-[a-z0-9]+)+"
CITED = re.compile(rf"\b(?:rules?|facts?):? +((?:{ID})(?:(?:, | and )(?:{ID}))*)")


def texts() -> Iterator[tuple[Path, str]]:
    for pattern in ("pcisolve/**/*.py", "models/**/*.toml", "docs/**/*.md", "README.md"):
        for path in sorted(ROOT.glob(pattern)):
            if path.name != "facts.toml":
                yield path, path.read_text("utf-8")


def cited(text: str) -> set[str]:
    return {name for group in CITED.findall(text) for name in re.findall(ID, group)}


def test_each_cited_id_is_told() -> None:
    known = {*BY_ID, *LAWS, *facts()}
    unknown = {(path.name, name) for path, text in texts() for name in cited(text) - known}
    assert unknown == set()


def test_each_fact_is_cited() -> None:
    everything = "\n".join(text for _, text in texts())
    assert [name for name in facts() if not re.search(rf"(?<![\w-]){name}(?![\w-])", everything)] == []


def test_a_fact_is_no_rule() -> None:
    assert not set(facts()) & {*BY_ID, *LAWS}


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_each_source_is_told(rule: object) -> None:
    assert len(getattr(rule, "source", "")) > 10


def test_the_command_tells_a_fact() -> None:
    answer = CliRunner().invoke(command, ["xml-bus-is-index"])
    assert answer.exit_code == 0
    assert "index of the PCI controller" in answer.output
    assert "S: read in the source" in answer.output


def test_the_command_knows_what_was_meant() -> None:
    answer = CliRunner().invoke(command, ["xml-bus-is-indx"])
    assert answer.exit_code == 2
    assert 'did you mean "xml-bus-is-index"?' in answer.output

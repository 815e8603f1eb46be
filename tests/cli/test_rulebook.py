"""docs/rules.md says what the rules say."""

from __future__ import annotations

from pathlib import Path

from pcisolve.cli.rulebook import rulebook
from pcisolve.planning.file.laws import LAWS
from pcisolve.rules.registry import ALL

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rules.md"


def test_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == rulebook(), "run: make docs"


def test_every_rule_has_one_entry() -> None:
    headings = [line[4:] for line in rulebook().splitlines() if line.startswith("### ")]
    assert headings == [*(rule.id for rule in ALL), *LAWS]

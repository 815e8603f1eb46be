"""The rule that an error of libvirt or QEMU is about."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pcisolve.catalog.error_texts import LONGEST, error_texts, rules_of_error
from pcisolve.rules.registry import BY_ID
from tests.cli.running import run

CASES = [(name, text) for name, texts in error_texts().items() for text in texts]


@pytest.mark.parametrize(("name", "text"), CASES)
def test_each_text_finds_its_rule_alone_whatever_the_values(name: str, text: str) -> None:
    assert name in BY_ID
    said = f"error: Failed to define domain\nerror: XML error: {text.replace('*', '0000:0b:1f.7')}12"
    assert rules_of_error(said) == rules_of_error(said.replace(" ", "\n  ")) == [name]


def test_the_command_tells_the_rule() -> None:
    ended = run("rule", "error: XML error: Attempted double use of PCI Address 0000:00:05.0")
    assert (ended.code, ended.out) == (0, run("rule", "addr-duplicate").out)


def test_an_error_that_no_rule_is_about_is_said() -> None:
    ended = run("rule", "unsupported configuration: the moon is full")
    assert (ended.code, ended.out) == (2, b"")
    assert ended.error == "pcisolve: no rule is known for this error; pcisolve rule lists them\n"


def test_a_very_long_text_is_not_read_to_its_end() -> None:
    assert rules_of_error("x " * LONGEST + CASES[0][1]) == []


@pytest.mark.corpus
def test_recorded_errors_find_a_rule_that_the_check_reports(shared: Path) -> None:
    """Of guests that break one rule only, as check says, libvirt's own word finds that rule."""
    import pcisolve

    options = pcisolve.make_options(libvirt="9.0.0", stage="libvirt")._replace(repairs=False)
    right = wrong = 0
    with gzip.open(shared / "corpus/random/cases.jsonl.gz", "rt") as lines:
        for line in list(lines)[:600]:
            case = json.loads(line)
            named = rules_of_error(case.get("error", ""))
            if not named or "<domain" not in str(case["input"]):
                continue
            found = pcisolve.load(case["input"].encode()).check(options, layout=False).findings
            codes = {rule for one in found for rule in one.rules}
            right, wrong = right + bool(codes & {*named}), wrong + (not codes & {*named})
    assert right > 20
    assert wrong <= right // 10, (right, wrong)

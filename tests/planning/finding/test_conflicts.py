"""The conflicts of plans: one of the smallest, or all, against trying every set of a plan's lines."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from pcisolve.core.shortage import Shortage
from pcisolve.problem.problem import ALL, Options
from pcisolve.verdict.values import INFEASIBLE, SOLVED, Finding
from tests.planning.plans import solve

TWO = """
machine: {arch: x86_64, type: q35}
scheme: multi-domain
domains:
  - {name: io, index: 0}
  - {name: gp, index: 1}
devices:
  - {name: gpu, kind: hostdev-pcie, count: 5, domain: io}
  - {name: disk, kind: virtio-disk, count: 3, domain: gp}
  - {name: nic, kind: virtio-net, count: 2, domain: gp}
relations:
  - {apart: [gpu], on: root, at-most: 2}
  - {apart: [disk], on: domain}
  - {apart: [disk, nic], on: domain, at-most: 4}
"""


def told(text: str, conflicts: str) -> tuple[Finding, ...]:
    """The findings of a plan without a layout."""
    verdict = solve(text, options=Options(conflicts=conflicts)).verdict
    assert verdict.status == INFEASIBLE
    return verdict.findings


def lines(finding: Finding) -> frozenset[int]:
    """The lines that a conflict consists of, as few as are shown in full."""
    return frozenset(one.line for one in finding.facts)


def every_by_trying(text: str) -> set[frozenset[int]]:
    """The minimal sets of devices and relations that have no layout, each by the lines of its entries."""
    rows = text.splitlines()
    entries = [number for number, row in enumerate(rows) if "kind:" in row or "apart:" in row]
    found: list[set[int]] = []
    for size in range(len(entries) + 1):
        for chosen in combinations(entries, size):
            if any(known <= set(chosen) for known in found):
                continue
            names = [match[1] for one in chosen if (match := re.search("name: ([a-z]+), kind", rows[one]))]
            if not names:
                continue  # nothing is asked for
            kept = [_of(row, names) for number, row in enumerate(rows) if number not in entries or number in chosen]
            verdict = solve("\n".join(row for row in kept if row != "relations:" or "apart:" in "".join(kept))).verdict
            assert verdict.status in (SOLVED, INFEASIBLE), verdict.findings
            if verdict.status == INFEASIBLE:
                found.append(set(chosen))
    return {frozenset(number + 1 for number in one) for one in found}


def _of(row: str, names: list[str]) -> str:
    """A relation of those groups alone that are there; "" where none of them is."""
    groups = re.search(r"apart: \[([a-z, ]+)\]", row)
    if groups is None:
        return row
    left = [name for name in groups[1].split(", ") if name in names]
    return row.replace(groups[1], ", ".join(left)) if left else ""


def test_all_are_those_that_trying_every_set_of_lines_finds() -> None:
    assert {lines(one) for one in told(TWO, ALL)} == every_by_trying(TWO)


def test_those_of_the_fewest_lines_come_first_and_one_alone_is_one_of_them() -> None:
    sizes = [len(lines(one)) for one in told(TWO, ALL)]
    (only,) = told(TWO, "one")
    assert sizes == sorted(sizes) and len(lines(only)) == sizes[0]


def test_what_is_missing_is_told_in_numbers() -> None:
    first = told(TWO, ALL)[0]
    assert first.shortages == (Shortage("gpu", 5, 2), Shortage("gpu in one root", 5, 2))
    assert [one.role for one in first.facts] == ["2 is the most that fits", "5 fit"]


def test_a_domain_that_a_group_may_not_be_in_is_not_counted_for_it() -> None:
    text = TWO.replace("index: 0", "count: 2").replace(", index: 1", "")
    notes = [note for one in told(text, ALL) for note in one.notes]
    assert "one domain takes at most 2: 2 x 2 = 4" in notes


@pytest.mark.parametrize("wrong", ["some", ""])
def test_another_word_is_refused(wrong: str) -> None:
    from pcisolve.api.options import make_options

    with pytest.raises(ValueError, match="is not one of one, all"):
        make_options(conflicts=wrong)


@pytest.mark.parametrize(("prove", "notes"), [(True, 1), (False, 0)])
def test_impossible_is_checked_again_where_that_is_asked_for(prove: bool, notes: int) -> None:
    verdict = solve(TWO, options=Options(prove=prove)).verdict
    said = [one.message for one in verdict.notes if one.message.startswith("impossible, checked again without")]
    assert len(said) == notes and ("proof" in verdict.stats) == prove
    if prove:
        assert verdict.stats["proof"]["by"] == "arithmetic" and verdict.stats["proof"]["constraints"] > 1

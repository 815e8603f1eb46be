"""Entries that stand for several."""

from __future__ import annotations

import pytest

from pcisolve.core.errors import InputError
from pcisolve.planning.file.read import read_plan
from pcisolve.planning.file.text import read_text
from tests.planning.plans import solve

HEAD = "guest: g\nmachine: {arch: ppc64, type: pseries}\ndomains: [{name: boot, index: 0}, {name: phb, count: 5}]\n"


def _read(text: str) -> tuple[list[str], list[str]]:
    plan, problems = read_plan(read_text(text.encode(), "plan.yaml"))
    return [one.name for one in plan.devices], [f"{one.at.line}: {one.code}: {one.message}" for one in problems]


def test_one_entry_for_five_isolation_groups() -> None:
    text = HEAD + (
        'devices:\n  - {for-each: {n: 1-5}, name: "g{n}", kind: hostdev-pcie, count: 2, domain: phb, '
        'isolation: "grp{n}"}\n'
    )
    assert _read(text) == ([f"g{number}" for number in range(1, 6)], [])
    answer = solve(text)
    assert answer.layout is not None
    by_root = {address.domain: set[str]() for address in answer.places.values()}
    for (name, _), address in answer.places.items():
        by_root[address.domain].add(name)
    assert sorted(map(sorted, by_root.values())) == [[f"g{number}"] for number in range(1, 6)]


def test_words_go_together_and_reach_into_lists() -> None:
    text = HEAD + (
        "devices:\n"
        '  - {for-each: {n: [a, b], h: ["3", "4"]}, name: "{n}", kind: hostdev-pcie, host: ["0000:{h}1:00.0"]}\n'
        'relations: [{for-each: {n: [a, b]}, apart: ["{n}"], on: root}]\n'
    )
    plan, problems = read_plan(read_text(text.encode(), "plan.yaml"))
    assert not problems
    assert [str(one.host[0]) for one in plan.devices] == ["0000:31:00.0", "0000:41:00.0"]
    assert [one.groups for one in plan.relations] == [("a",), ("b",)]


@pytest.mark.parametrize(
    ("each", "error"),
    [
        (
            "3",
            'plan-type: "for-each" is not a mapping of words to lists or ranges, such as {n: 0-7, side: [a, b, ...]}',
        ),
        ("{n: x}", 'plan-type: "n" is "x"; expected a list of words, or a range such as 0-7'),
        ("{n: 7-0}", 'plan-type: "n" is "7-0"; expected a list of words, or a range such as 0-7'),
        ("{n: 0-1, m: [a]}", 'plan-count: the lists of "for-each" are of one length: n 2, m 1'),
        ("{N: 0-1}", 'plan-key: "N" is no word of its own; expected lower-case letters, each word once'),
    ],
)
def test_what_is_refused(each: str, error: str) -> None:
    _, problems = _read(HEAD + f'devices:\n  - {{for-each: {each}, name: "d{{n}}", kind: virtio-disk}}\n')
    assert any(one.startswith(f"5: {error}") for one in problems)


def test_very_many_are_refused_before_they_are_made() -> None:
    entry = '  - {for-each: {n: 0-99999}, name: "d{n}", kind: virtio-disk}\n'
    with pytest.raises(InputError, match="comes to more than 200,000 values"):
        _read(HEAD + "devices:\n" + entry)


def test_the_same_name_again_is_told() -> None:
    _, problems = _read(HEAD + "devices:\n  - {for-each: {n: 0-1}, name: d, kind: virtio-disk}\n")
    assert problems == ['5: plan-name: a second device group "d"; the first is in line 5']

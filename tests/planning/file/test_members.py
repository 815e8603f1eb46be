"""Single devices of a group, by their numbers."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcisolve.planning.file.members import with_members
from pcisolve.planning.file.read import read_plan
from pcisolve.planning.file.text import read_text
from pcisolve.planning.file.values import Plan, Together
from tests.planning.plans import solve

HEAD = """guest: g
machine: {arch: x86_64, type: q35}
roots: [{name: rc, count: 2, numa: [0, 1]}]
devices:
  - {name: gpu, kind: hostdev-pcie, count: 8}
  - {name: nic, kind: virtio-net, count: 4, mac: ["52:54:00:00:00:00", "52:54:00:00:00:01", "52:54:00:00:00:02",
     "52:54:00:00:00:03"]}
"""


def _split(text: str) -> Plan:
    read = read_plan(read_text(text.encode(), "plan.yaml"))
    problems: list[object] = list(read.problems)
    plan = with_members(read.plan, problems)  # type: ignore[arg-type]
    assert not problems
    return plan


def _errors(text: str) -> list[str]:
    return [f"{one.code}: {one.message}" for one in solve(text).verdict.findings]


def test_what_is_named_together_stays_one_group() -> None:
    plan = _split(HEAD + 'relations: [{together: ["gpu[0-1]", "nic[0]"], on: switch}]\n')
    assert [(one.name, one.copies) for one in plan.devices] == [
        ("gpu[0-1]", 2),
        ("gpu[2-7]", 6),
        ("nic[0]", 1),
        ("nic[1-3]", 3),
    ]
    assert plan.relations[0].groups == ("gpu[0-1]", "nic[0]")
    assert plan.devices[3].own["mac"] == ("52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:03")


def test_a_pin_is_where_the_device_is() -> None:
    text = HEAD + 'pins: [{device: "gpu[3]", root: rc-2}, {device: "nic[2]", address: "0000:00:04.0"}]\n'
    answer = solve(text)
    assert answer.layout is not None
    names = {one.name: str(one.address) for one in answer.verdict.devices}
    assert names["nic[2] 52:54:00:00:00:02"] == "0000:00:04.0"
    rows = {one.name: one.devices for one in answer.rows}
    assert rows["rc-2"] == 1


def test_what_is_left_out_keeps_the_others_numbers() -> None:
    text = HEAD.replace("count: 8}", "count: 8, without: [3, 0]}")
    answer = solve(text)
    names = sorted(one.name for one in answer.verdict.devices if one.name.startswith("gpu"))
    assert names == [f"gpu[{number}]" for number in (1, 2, 4, 5, 6, 7)]


def test_pairs_stay_pairs() -> None:
    text = (
        HEAD + 'pins: [{device: "nic[1]", root: rc-2}]\n'
        'relations: [{together: ["gpu[4-7]", nic], on: root, pairwise: true}]\n'
    )
    answer = solve(text)
    assert answer.layout is not None
    where = {name: address for (name, _), address in answer.places.items() if name.endswith("]")}
    assert {"nic[1]", "gpu[5]"} <= set(where)
    rows = {one.name: one.devices for one in answer.rows}
    assert rows["rc-2"] == 2


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ('relations: [{apart: "gpu[8]", on: root}]', 'plan-name: no gpu[8]; "gpu" has the numbers 0 to 7'),
        ('relations: [{apart: "gpu[0-9]", on: root}]', 'plan-name: no gpu[0-9]; "gpu" has the numbers 0 to 7'),
        ('relations: [{apart: ["gpu[1]", gpu], on: root}]', "plan-name: gpu[1] is named twice here"),
        ('relations: [{apart: "gpq[1]", on: root}]', 'plan-name: no device group "gpq"; did you mean "gpu"?'),
        (
            'relations: [{apart: "gpu[1", on: root}]',
            'plan-type: "apart" is "gpu[1"; expected a group\'s name, or devices of it such as gpu[3] or gpu[0-1]',
        ),
        (
            'relations: [{together: ["gpu[0-2]", nic], on: root, pairwise: true}]',
            "plan-count: pairwise needs groups of one size: gpu[0-2] 3, nic 4",
        ),
        (
            'pins: [{device: "gpu[0-1]", address: "0000:00:04.0"}]',
            'plan-count: "address" is for one device; these are 2',
        ),
        (
            'pins: [{device: "gpu[0-1]", root: rc-1}, {device: "gpu[1]", root: rc-2}]',
            "plan-name: gpu[1] is pinned in line 8 already",
        ),
        ('pins: [{device: "gpu[0]", root: rc-3}]', 'plan-name: no root "rc-3"; did you mean "rc-2"?'),
    ],
)
def test_what_is_refused(more: str, error: str) -> None:
    assert any(one.startswith(error) for one in _errors(HEAD + more + "\n")), _errors(HEAD + more + "\n")


_SPANS = st.tuples(st.sampled_from(["gpu", "nic"]), st.integers(0, 3), st.integers(0, 3)).map(
    lambda one: f"{one[0]}[{min(one[1:])}-{max(one[1:])}]"
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(_SPANS, st.booleans()), min_size=1, max_size=4))
def test_every_device_is_in_one_group_and_every_relation_names_what_it_did(spans: list[tuple[str, bool]]) -> None:
    lines = []
    for span, paired in spans:
        other = ("nic" if span.startswith("gpu") else "gpu") + span[3:]
        names = f'["{span}", "{other}"]' if paired else f'"{span}"'
        lines.append(f"  - {{together: {names}, on: root, pairwise: {str(paired).lower()}}}\n")
    plan = _split(HEAD + "relations:\n" + "".join(lines))
    members: dict[str, list[int]] = defaultdict(list)
    for one in plan.devices:
        members[one.family or one.name] += [one.number(rank) for rank in range(one.copies)]
    assert {name: sorted(numbers) for name, numbers in members.items()} == {"gpu": [*range(8)], "nic": [*range(4)]}
    by_name = {one.name: one for one in plan.devices}
    for relation in plan.relations:
        sizes = {by_name[name].copies for name in relation.groups}
        assert isinstance(relation, Together)
        assert not relation.pairwise or len(sizes) == 1
    for position, (span, paired) in enumerate(spans):
        here = [one for one in plan.relations if one.at.line == 9 + position]
        named = {
            (by_name[name].family or name, by_name[name].number(rank))
            for one in here
            for name in one.groups
            for rank in range(by_name[name].copies)
        }
        first, last = span[4:-1].split("-")
        kinds = ("gpu", "nic") if paired else (span[:3],)
        assert named == {(kind, number) for kind in kinds for number in range(int(first), int(last) + 1)}


def test_naming_very_many_one_by_one_is_refused_at_once() -> None:
    text = (
        "machine: {arch: x86_64, type: q35}\ndevices: [{name: d, kind: virtio-disk, count: 100000}]\n"
        'relations: [{for-each: {n: 0-999}, apart: "d[{n}]", on: root}]\n'
    )
    assert _errors(text) == [
        "plan-range: where single devices are named, relations and pins may look at 500,000 devices in all"
    ]

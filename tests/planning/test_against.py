"""Plans solved against the layout they had before."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

import pcisolve
from pcisolve.api.plan import PlannedResult
from tests.cli.running import run
from tests.planning.test_properties import plans

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "plans"
PSERIES = "machine: {arch: ppc64, type: pseries}\nscheme: multi-domain\n"
PAIRS = """\
domains: [{name: boot, index: 0}, {name: io, count: 3}]
devices:
  - {name: gpu, kind: hostdev-pcie, count: 6, domain: io}
  - {name: nic, kind: virtio-net, count: 6}
  - {name: disk, kind: virtio-disk, count: 40}
relations:
  - {together: [gpu, nic], on: domain, pairwise: true}
  - {apart: [disk], on: domain, at-most: 15}
"""
DISKS = """\
domains: [{name: a, index: 0}, {name: b, index: 1}]
devices: [{name: d, kind: virtio-disk, count: 9%s}]
"""


def solved(text: str, against: bytes | None = None) -> PlannedResult:
    """A plan that has a layout."""
    result = pcisolve.load(text.encode(), name="plan.yaml").solve(against=against)
    assert isinstance(result, PlannedResult)
    assert result.verdict.status == "solved", result.verdict.findings
    return result


def xml(text: str) -> bytes:
    return solved(text).xml or b""


@pytest.mark.parametrize("name", ["gpu-node", "numa-pairs", "pseries-disks"])
def test_an_example_against_itself_moves_nothing(name: str) -> None:
    guest = pcisolve.load(EXAMPLES / f"{name}.yaml")
    old = guest.solve().xml or b""
    new = guest.solve(against=old)
    assert new.verdict.stats["moved"] == 0
    assert pcisolve.diff(old, new.xml or b"").is_empty


@settings(max_examples=10)
@given(plans())
def test_any_plan_against_itself_moves_nothing_that_can_be_kept_alone(text: str) -> None:
    old = pcisolve.load(text.encode()).solve(pcisolve.make_options(time_limit=600.0))
    if old.verdict.status != "solved" or old.xml is None:
        return
    new = pcisolve.load(text.encode()).solve(against=old.xml)
    assert new.verdict.status in ("solved", "unknown")
    if new.verdict.status == "solved" and "switch" not in text and "slot" not in text:
        assert new.verdict.stats["moved"] == 0, text
        scheme = pcisolve.make_options(scheme=new.verdict.scheme)
        assert pcisolve.load(new.xml or b"").check(scheme).status == "solved"


def test_what_comes_and_goes_leaves_the_others_where_they_are() -> None:
    old = xml(PSERIES + PAIRS)
    changed = PAIRS.replace("count: 6", "count: 8").replace("count: 40", "count: 33")
    new = solved(PSERIES + changed, old)
    assert (new.verdict.stats["moved"], new.verdict.stats["kept"]) == (0, 6 + 6 + 33)
    moved = [one for one in pcisolve.diff(old, new.xml or b"").entries if one.change == "moved"]
    assert moved == []
    assert pcisolve.diff(old, xml(PSERIES + changed)).count("moved") > 10


def test_a_bridge_that_is_full_carries_no_further_one() -> None:
    # Found on this plan: the count model once hung a new bridge on itself where the earlier one had no slot left.
    plan = (EXAMPLES / "gpu-node.yaml").read_text()
    old = xml(plan)
    changed = plan.replace("hostdev-pcie, count: 8", "hostdev-pcie, count: 10").replace("count: 300", "count: 296")
    found = pcisolve.diff(old, solved(changed, old).xml or b"")
    assert [found.count(one) for one in ("added", "removed", "moved")] == [2, 4, 0]


def test_domains_whose_numbers_leave_a_gap_may_all_be_empty_but_the_first() -> None:
    plan = (
        "machine: {arch: x86_64, type: q35}\nscheme: multi-domain\ndomains: [{name: a}, {name: b, index: 3}]\n"
        "devices: [{name: w, kind: virtio-net, domain: a}]\n"
    )
    old = xml(plan)
    new = solved(plan, old)
    assert (new.verdict.stats["kept"], new.verdict.stats["moved"]) == (1, 0)
    assert [one.index for one in new.verdict.controllers] == [0, 1, 3]


def test_json_says_as_much_as_xml() -> None:
    import json

    old = solved(PSERIES + PAIRS)
    recorded = json.dumps(old.to_json()).encode()
    changed = PSERIES + PAIRS.replace("count: 40", "count: 38")
    assert solved(changed, recorded).xml == solved(changed, old.xml).xml


def test_as_few_moves_as_a_wish_forces_and_each_is_told() -> None:
    old = xml(PSERIES + DISKS % ", domain: a")
    new = solved(PSERIES + DISKS % "" + "relations: [{apart: [d], on: domain, at-most: 5}]\n", old)
    assert (new.verdict.stats["moved"], new.verdict.stats["kept"]) == (4, 5)
    assert len(new.verdict.notes) == new.verdict.stats["moved"]
    for note in new.verdict.notes:
        assert note.code == "plan-conflict"
        assert note.message.endswith("with what else the plan asks it cannot stay")


def test_a_domain_that_is_gone_takes_its_devices_along() -> None:
    three = PSERIES + PAIRS
    old = xml(three)
    two = three.replace("count: 3}", "count: 2}").replace("at-most: 15", "at-most: 20")
    new = solved(two, old)
    gone = [note for note in new.verdict.notes if "its bus is below a root that the plan has no more" in note.message]
    assert len(gone) == new.verdict.stats["moved"] > 0


def test_of_another_machine_nothing_is_kept() -> None:
    q35 = "machine: {arch: x86_64, type: q35}\ndevices: [{name: d, kind: virtio-disk, count: 3}]\n"
    old = xml("machine: {arch: x86_64, type: pc}\ndevices: [{name: d, kind: virtio-disk, count: 3}]\n")
    new = solved(q35, old)
    assert new.xml == xml(q35)
    assert [note.code for note in new.verdict.notes] == ["alg-find"]


def test_what_cannot_be_an_earlier_layout_of_a_plan(tmp_path: Path) -> None:
    (tmp_path / "old.xml").write_bytes(xml(PSERIES + PAIRS))
    flat = tmp_path / "flat.yaml"
    flat.write_text("machine: {arch: ppc64, type: pseries}\nscheme: flat\ndevices: [{name: d, kind: virtio-disk}]\n")
    ended = run("solve", str(flat), "--against", str(tmp_path / "old.xml"))
    assert ended.code == 2
    assert (
        "old.xml uses the multi-domain scheme and the plan the flat one (expected scheme: multi-domain)" in ended.error
    )
    based = tmp_path / "based.yaml"
    based.write_text("base: old.xml\ndevices: [{name: d, kind: virtio-disk}]\n")
    ended = run("solve", str(based), "--against", str(tmp_path / "old.xml"))
    assert ended.code == 2
    assert "based.yaml:1:7: a plan keeps what its base has (expected --against, or a base)" in ended.error

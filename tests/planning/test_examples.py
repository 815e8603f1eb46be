"""The shipped plans: what they promise holds, by the check alone, and the infeasible ones are explained shortly."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

import pcisolve
from pcisolve.api.guests import load
from pcisolve.api.plan import PlannedResult
from pcisolve.render.findings import full

PLANS = Path(__file__).resolve().parents[2] / "examples" / "plans"
SMALL = sorted(one for one in PLANS.glob("*.yaml") if one.stem != "many-domains")
IMPOSSIBLE = sorted(PLANS.glob("impossible/*.yaml"))


def solved(path: Path) -> PlannedResult:
    result = load(path).solve()
    assert isinstance(result, PlannedResult)
    assert result.verdict.status == "solved", result.verdict.findings
    assert result.verdict.proven != path.stem.startswith(("mirror", "nested")), "a given tree is not searched for"
    return result


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_the_answer_is_a_guest_that_solve_and_check_leave_alone(path: Path) -> None:
    xml = solved(path).xml
    assert xml is not None
    again = pcisolve.load(xml)
    assert again.check().status == "solved"
    assert again.solve().xml == xml


@pytest.mark.parametrize("path", SMALL, ids=lambda path: path.stem)
def test_the_same_plan_gives_the_same_bytes(path: Path) -> None:
    assert solved(path).xml == solved(path).xml


def test_pairs_are_below_one_expander_of_each_node() -> None:
    result = solved(PLANS / "numa-pairs.yaml")
    rows = [one for one in result.rows if one.name]
    assert [(one.name, one.node, one.devices, one.spare) for one in rows] == [
        (f"cell-{node + 1}", node, 8, 2) for node in range(4)
    ]
    windows = sorted((one.first_bus, one.last_bus, one.buses) for one in result.rows)
    for (first, last, buses), after in pairwise(windows):
        assert first is not None and last is not None and after[0] == last + 1 and buses <= last - first + 1
    root_of = {one.index: one.parent for one in result.verdict.controllers}
    kinds = {"hostdev": [], "interface": []}  # type: ignore[var-annotated]
    for device in result.verdict.devices:
        if device.kind in kinds:
            kinds[device.kind].append(root_of[int(device.address.split(":")[1], 16)])
    assert len(kinds["hostdev"]) == 16 and kinds["hostdev"] == kinds["interface"]


def test_every_host_bridge_of_pseries_is_used_evenly() -> None:
    rows = solved(PLANS / "pseries-disks.yaml").rows
    assert len(rows) == 31 and max(one.devices for one in rows) == 30  # 900 / 31 is more than 29
    assert all(one.controllers == 1 for one in rows)


@pytest.mark.slow
def test_thousands_of_devices_on_no_platform_in_particular() -> None:
    rows = solved(PLANS / "many-domains.yaml").rows
    assert len(rows) == 64 and all(300 <= one.devices <= 301 for one in rows)  # with the SATA controller of domain 0


def test_a_plan_on_top_of_a_guest_moves_nothing() -> None:
    base = pcisolve.load(PLANS.parent / "q35.xml").solve()
    result = solved(PLANS / "on-top.yaml")
    before = {one.path: one.address for one in base.verdict.devices if one.path is not None}
    after = {one.path: one.address for one in result.verdict.devices}
    assert before and base.xml is not None and result.xml is not None
    lines = iter(result.xml.splitlines())
    # Every line of the base is there, in its order; a function that joins a slot may set its multifunction bit.
    missing = [line for line in base.xml.splitlines() if not any(line == other for other in lines)]
    assert not missing, missing
    assert set(before.values()) <= set(after.values())


@pytest.mark.parametrize("path", IMPOSSIBLE, ids=lambda path: path.stem)
def test_what_cannot_be_is_explained_in_twelve_lines(path: Path) -> None:
    guest = load(path)
    verdict = guest.solve().verdict
    assert verdict.exit_code in (1, 2) and len(verdict.findings) == 1
    text = full(verdict.findings, guest.line)
    assert len(text.splitlines()) <= 12, text
    expected = path.with_suffix(".txt").read_text()
    assert text.replace(f"{path.parent}/", "") == expected


@pytest.mark.slow
@pytest.mark.parametrize("path", [one for one in IMPOSSIBLE if "clash" not in one.stem], ids=lambda path: path.stem)
def test_a_number_that_would_do_does(path: Path, tmp_path: Path) -> None:
    """Each number beside a wish, put in its place, makes the plan possible, if the whole plan has no other conflict."""
    verdict = load(path).solve().verdict
    assert verdict.status == "infeasible"
    for fact in verdict.findings[0].facts:
        number = next((word.replace(",", "") for word in fact.role.split() if word[0].isdigit()), None)
        if number is None:
            continue
        lines = path.read_text().splitlines()
        line = lines[fact.line - 1]
        begin = line[: fact.column - 1]
        rest = line[fact.column - 1 :]
        old = next(piece for piece in ("at-most: ", "count: ", "") if piece in rest)
        at = rest.index(old) + len(old)
        end = at + len(rest[at:]) - len(rest[at:].lstrip("0123456789"))
        lines[fact.line - 1] = begin + rest[:at] + number + rest[end:]
        changed = tmp_path / path.name
        changed.write_text("\n".join(lines) + "\n")
        after = load(changed).solve().verdict
        lines[fact.line - 1] = line
        assert after.status == "solved" or _other_conflict(verdict, after), lines


def _other_conflict(before: object, after: object) -> bool:
    """Wishes outside the conflict may clash with the changed number; then the new finding names one of them."""
    old = {fact.text for fact in before.findings[0].facts}  # type: ignore[attr-defined]
    return any(fact.text not in old for fact in after.findings[0].facts)  # type: ignore[attr-defined]

"""Switches that a plan declares, below a root or another switch."""

from __future__ import annotations

import pytest

from pcisolve.core.address import Address
from pcisolve.core.errors import InputError
from pcisolve.planning.against import solve_plan_against
from pcisolve.planning.check.wishes import Outcome, broken_wishes
from pcisolve.planning.file.text import read_text
from pcisolve.planning.steps import PlanAnswer, plan_of
from pcisolve.problem.parts import Controller
from pcisolve.problem.problem import Options
from tests.planning.plans import solve

PLAN = """guest: g
machine: {arch: x86_64, type: q35}
roots: [{name: rc, count: 2, numa: [0, 1]}]
switches:
  - {for-each: {r: 1-2}, name: "top-{r}", parent: "rc-{r}"}
  - {for-each: {r: [1, 1, 2, 2], s: 1-4}, name: "low-{s}", parent: "top-{r}"}
  - {name: bare}
devices:
  - {name: gpu, kind: hostdev-pcie, count: 8}
  - {name: up, kind: hostdev-pcie, switch: top-1}
  - {name: near, kind: virtio-disk, count: 2, switch: bare}
  - {name: disk, kind: virtio-disk, count: 2}
pins:
  - {for-each: {s: 1-4, g: [0-1, 2-3, 4-5, 6-7]}, device: "gpu[{g}]", switch: "low-{s}"}
"""


def _chains(answer: PlanAnswer) -> dict[str, list[int]]:
    """The upstream ports above each device, and the index of its root, by walking up the addresses alone."""
    layout = answer.layout
    assert layout is not None, answer.verdict.findings
    at = {part.index: place.provider for part, place in layout.places.items() if isinstance(part, Controller)}
    models = {one.index: one.model_name for one in layout.controllers}
    found = {}
    for (name, rank), address in answer.places.items():
        here, chain = address.bus, []
        while here in at and "expander" not in models[here]:
            chain += [here] if "upstream" in models[here] else []
            here = at[here]
        found[f"{name} {rank}"] = [*chain, here]
    return found


def test_every_device_is_on_its_switch_and_every_switch_where_it_is_declared() -> None:
    answer = solve(PLAN)
    chains = _chains(answer)
    low = [chains[f"gpu[{2 * at}-{2 * at + 1}] 0"] for at in range(4)]
    assert [chains[f"gpu[{2 * at}-{2 * at + 1}] 1"] for at in range(4)] == low
    assert len({one[0] for one in low}) == 4
    assert low[0][1:] == low[1][1:] == chains["up 0"]
    assert low[2][1:] == low[3][1:]
    assert low[0][2] != low[2][2]
    assert chains["near 0"] == chains["near 1"] == [chains["near 0"][0], 0]
    assert chains["disk 0"] == [0]
    rows = {one.name: one.node for one in answer.rows}
    assert rows == {"": None, "rc-1": 0, "rc-2": 1}
    assert not answer.verdict.proven, "the tree is as declared, and nothing else is tried"


def test_what_is_not_declared_finds_room_below_the_same_roots() -> None:
    more = PLAN.replace(
        "  - {name: disk,", "  - {name: nic, kind: virtio-net, count: 30, root: rc-2}\n  - {name: disk,"
    )
    rows = {one.name: one for one in solve(more).rows}
    assert rows["rc-2"].devices == 34


def test_the_check_sees_a_device_on_another_switch() -> None:
    text = read_text(PLAN.encode(), "plan.yaml")
    plan = plan_of(text, Options())
    answer = solve(PLAN)
    layout = answer.layout
    assert layout is not None
    parts = {address: part for part, address in layout.addresses.items()}
    devices = {one.name: [parts[answer.places[one.name, rank]] for rank in range(one.copies)] for one in plan.devices}
    roots = {0: set[str](), 1: {"rc", "rc-1"}, 2: {"rc", "rc-2"}}

    def broken(parents: dict[str, str]) -> list[str]:
        changed = tuple(one._replace(parent=parents.get(one.name, one.parent)) for one in plan.switches)
        return broken_wishes(Outcome(plan._replace(switches=changed), layout, devices, roots, {}, 256))

    assert broken({}) == []
    assert broken({"low-1": "rc-1"}), "another depth"
    assert broken({"low-1": "top-2"}), "another parent"
    assert broken({"top-1": "rc-2"}), "another root"
    assert broken({"bare": "rc-1"}), "not bus 0"


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        (
            'parent: "rc-{r}"',
            'parent: "rd-{r}"',
            'plan-name: no single root, and no switch before this one, is called "rd-1"; did you mean "rc-1"?',
        ),
        (
            'parent: "rc-{r}"',
            "parent: rc",
            'plan-name: no single root, and no switch before this one, is called "rc"; did you mean "rc-2"?',
        ),
        ("name: bare", "name: rc-1", 'plan-name: there is a root or switch "rc-1" already'),
        ("switch: bare", "switch: bear", 'plan-name: no switch "bear"; did you mean "bare"?'),
        (
            "count: 2, switch: bare",
            "count: 33, switch: bare",
            'plan-switch: switch "bare" needs 33 downstream ports and has 32',
        ),
        (
            "guest: g\n",
            "base: a.xml\n",
            'plan-key: "switches" are built before the rest, so "base" cannot be there',
        ),
        (
            "machine: {arch: x86_64, type: q35}",
            "machine: {arch: x86_64, type: pc}",
            "plan-switch: declared switches need PCI Express in one domain, as q35 and arm virt have it; "
            "this is i440fx",
        ),
        (
            "switch: bare}",
            "switch: bare, root: rc-1}",
            'plan-address: 0000:1a:00.0 is at pcie-root 0, where "near[0]" may not be',
        ),
    ],
)
def test_what_is_refused(old: str, new: str, error: str) -> None:
    said = [f"{one.code}: {one.message}" for one in solve(PLAN.replace(old, new, 1)).verdict.findings]
    assert error in said, said


def test_more_bus_numbers_than_there_are() -> None:
    text = (
        "machine: {arch: x86_64, type: q35}\n"
        'switches: [{for-each: {s: 1-9}, name: "s{s}"}]\n'
        'devices: [{for-each: {s: 1-9}, name: "d{s}", kind: virtio-disk, count: 30, switch: "s{s}"}]\n'
    )
    assert [one.message for one in solve(text).verdict.findings] == [
        "the declared switches need 289 bus numbers; a guest has 256"
    ]


def test_an_earlier_layout_is_not_kept() -> None:
    answer = solve(PLAN)
    assert answer.xml is not None
    from pcisolve.catalog.catalog import load_catalog

    with pytest.raises(InputError, match="not kept near an earlier layout"):
        solve_plan_against(read_text(PLAN.encode(), "plan.yaml"), load_catalog(None), Options(), answer.xml)


def test_ports_of_a_switch_that_let_nothing_go() -> None:
    answer = solve(PLAN.replace("switch: bare", "switch: bare, hotplug: false"))
    assert answer.xml is not None
    assert answer.xml.decode().replace('"', "'").count("hotplug='off'") == 2


def test_places_are_those_of_the_answer() -> None:
    assert all(isinstance(one, Address) for one in solve(PLAN).places.values())

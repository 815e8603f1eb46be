"""Where a plan wants things: at single roots, at NUMA nodes, and on ports that let nothing go."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcisolve.planning.check.wishes import Outcome, broken_wishes
from pcisolve.planning.file.text import read_text
from pcisolve.planning.steps import plan_of
from pcisolve.problem.problem import Options
from tests.planning.plans import solve

HEAD = """guest: g
machine: {arch: x86_64, type: q35}
roots: [{name: s, count: 4, numa: [0, 1, 0, 1]}]
devices:
"""


def _errors(text: str) -> list[str]:
    return [f"{one.code}: {one.message}" for one in solve(text).verdict.findings]


def test_roots_that_are_alike_but_for_one_that_is_named() -> None:
    text = HEAD.replace("numa: [0, 1, 0, 1]", "numa: 0") + (
        "  - {name: gpu, kind: hostdev-pcie, count: 3, root: s-3}\n  - {name: nic, kind: virtio-net, root: s}\n"
    )
    rows = {one.name: one.devices for one in solve(text).rows}
    assert rows["s-3"] >= 3
    assert sum(rows.values()) - rows[""] == 4


def test_domains_that_are_alike_but_for_one_that_is_named() -> None:
    text = (
        "machine: {arch: ppc64, type: pseries}\ndomains: [{name: d, count: 20}]\n"
        "devices: [{name: gpu, kind: hostdev-pcie, count: 3, domain: d-17}]\n"
    )
    rows = {one.name: one.devices for one in solve(text).rows}
    assert rows["d-17"] == 3


def test_spares_at_a_named_root() -> None:
    text = HEAD + "  - {name: nic, kind: virtio-net}\nspare: [{kind: pcie, count: 3, hotplug: true, root: [s-2]}]\n"
    spare = {one.name: one.spare for one in solve(text).rows}
    assert spare == {"": 0, "s-1": 0, "s-2": 3, "s-3": 0, "s-4": 0}
    assert 'plan-name: no root "s-5"' in _errors(text.replace("s-2", "s-5"))[0]


def test_spares_for_each_of_several_named_roots() -> None:
    text = HEAD + "  - {name: nic, kind: virtio-net}\nspare: [{kind: pcie, count: 2, per: root, root: [s-2, s-3]}]\n"
    spare = {one.name: one.spare for one in solve(text).rows}
    assert spare == {"": 0, "s-1": 0, "s-2": 2, "s-3": 2, "s-4": 0}


def _nodes(text: str) -> dict[str, int | None]:
    """The node of each device, from the answer's rows and addresses."""
    answer = solve(text)
    assert answer.layout is not None, answer.verdict.findings
    layout = answer.layout
    parts = {address: part for part, address in layout.addresses.items()}
    found: dict[str, int | None] = {}
    for (name, rank), address in answer.places.items():
        here = layout.provider(parts[address])
        node = None
        while here is not None:
            node = layout.target(here, "node") if node is None else node
            here = layout.provider(here)
        found[f"{name}[{rank}]"] = None if node is None else int(node)
    return found


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5), st.booleans())
def test_pairs_meet_at_their_nodes(number: int, spread: bool) -> None:
    text = HEAD + (
        f"  - {{name: gpu, kind: hostdev-pcie, count: {number}, root: s}}\n"
        f"  - {{name: nic, kind: virtio-net, count: {number}}}\n"
        "relations:\n  - {together: [gpu, nic], on: numa, pairwise: true}\n  - {apart: gpu, on: root, at-most: 2}\n"
        + ("prefer: [spread]\n" if spread else "")
    )
    nodes = _nodes(text)
    assert all(nodes[f"gpu[{rank}]"] == nodes[f"nic[{rank}]"] is not None for rank in range(number))


def test_together_and_apart_at_nodes() -> None:
    text = HEAD + (
        "  - {name: a, kind: hostdev-pcie, count: 3, root: s}\n  - {name: b, kind: hostdev-pcie, count: 4, root: s}\n"
        "relations:\n  - {together: a, on: numa}\n  - {apart: b, on: numa, at-most: 2}\n"
    )
    nodes = _nodes(text)
    assert len({node for name, node in nodes.items() if name[0] == "a"}) == 1
    assert Counter(node for name, node in nodes.items() if name[0] == "b") == {0: 2, 1: 2}
    broken = _errors(text.replace("at-most: 2", "at-most: 1"))
    assert broken == ["plan-conflict: there is no room for 4 b with what is said here"]
    without = _errors(text.replace(", numa: [0, 1, 0, 1]", ""))
    assert without[0] == "plan-numa: on: numa, and no root of the plan is at a NUMA node"


def test_ports_that_let_nothing_go() -> None:
    text = HEAD + "  - {name: a, kind: virtio-disk, count: 2, hotplug: false}\n  - {name: b, kind: virtio-disk}\n"
    answer = solve(text)
    assert answer.xml is not None
    assert answer.xml.decode().replace('"', "'").count("hotplug='off'") == 2


@pytest.mark.parametrize("kind", ["e1000", "rtl8139"])
def test_a_conventional_device_has_no_port_of_its_own(kind: str) -> None:
    text = f"machine: {{arch: x86_64, type: pc}}\ndevices: [{{name: a, kind: {kind}, hotplug: off}}]\n"
    assert _errors(text) == ['plan-hotplug: "hotplug" is for PCI Express ports that the plan adds']


def test_no_root_has_more_than_it_may() -> None:
    text = HEAD + "  - {name: a, kind: virtio-disk, count: 10}\n  - {name: b, kind: hostdev-pcie, count: 6, root: s}\n"
    rows = solve(text + "limits: {devices-per-root: 4, buses-per-root: 5}\n").rows
    own = [one.devices - (one.name == "") for one in rows]  # bus 0 has the chipset's disk controller
    assert max(own) <= 4
    assert max(one.buses for one in rows) <= 5
    assert sum(own) == 16


@pytest.mark.parametrize(("limit", "fits"), [("devices-per-root: 3", "4 fit"), ("buses-per-root: 4", "5 fit")])
def test_a_limit_of_a_root_that_is_too_low(limit: str, fits: str) -> None:
    text = HEAD + f"  - {{name: a, kind: virtio-disk, count: 16}}\nlimits: {{{limit}}}\n"
    (finding,) = solve(text).verdict.findings
    assert finding.code == "plan-conflict"
    assert fits in [one.role for one in finding.facts]


def test_roots_that_are_folded_keep_their_limit() -> None:
    text = (
        "machine: {arch: ppc64, type: pseries}\ndomains: [{name: d, count: 31}]\n"
        "devices: [{name: a, kind: virtio-disk, count: 93}]\nlimits: {devices-per-root: 3}\n"
    )
    assert {one.devices for one in solve(text).rows} == {3}


def test_the_check_counts_what_a_root_has() -> None:
    text = HEAD + "  - {name: a, kind: virtio-disk, count: 3}\n"
    answer = solve(text)
    assert answer.layout is not None
    plan = plan_of(read_text((text + "limits: {devices-per-root: 2, buses-per-root: 3}\n").encode()), Options())
    parts = {address: part for part, address in answer.layout.addresses.items()}
    devices = {"a": [parts[answer.places["a", rank]] for rank in range(3)]}
    roots: dict[int, set[str]] = {one.index: set() for one in answer.layout.controllers}
    broken = broken_wishes(Outcome(plan, answer.layout, devices, roots, {}, 256))
    assert broken == [
        "4 bus numbers below root 0, at most 3 allowed",
        "3 devices below root 0, at most 2 allowed",
    ]

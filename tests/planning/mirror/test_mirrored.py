"""Mirrored plans: pairs stand as on the host; what does not fit is told, and nothing else."""

from __future__ import annotations

import time
from itertools import combinations
from pathlib import Path

import pytest

from pcisolve.core.address import Address
from pcisolve.core.errors import InputError
from pcisolve.host.read import read
from pcisolve.host.relations import PIX
from pcisolve.planning.check.mirror import guest_tree
from pcisolve.planning.steps import PlanAnswer
from pcisolve.problem.problem import Options
from tests.planning.mirror.hosts import many_functions, many_switches, random_host
from tests.planning.plans import solve

HOSTS = Path(__file__).resolve().parents[3] / "examples" / "hosts"
ALL = "{class: [gpu, nic, nvme, storage]}"


def plan(host: Path, select: str = ALL, mirror: str = "groups: [io]", more: str = "") -> str:
    return (
        f"machine: {{arch: x86_64, type: q35}}\nhost: {host}\ndevices:\n"
        f"  - {{name: io, kind: hostdev-pcie, select: {select}}}\n{more}mirror: {{{mirror}}}\n"
    )


def told(answer: PlanAnswer) -> list[str]:
    return [f"{one.code}: {one.message}" for one in answer.verdict.findings]


def relations(host: Path, answer: PlanAnswer) -> dict[tuple[str, str], tuple[str, str]]:
    """Host and guest, for every pair, one by one: by the XML's host addresses and not by what the plan made of them."""
    assert answer.layout is not None
    there, tree = read(host), guest_tree(answer.layout)
    parts = {part.host: part for part in answer.layout.places if part.host is not None}
    found = {}
    for one, other in combinations(sorted(parts), 2):
        ours = []
        for address in (one, other):
            place = answer.layout.places[parts[address]]
            ours.append(tree.function(Address(0, place.provider, place.slot, place.function)))
        first, second = there.function(one), there.function(other)
        assert first and second and ours[0] and ours[1]
        found[str(one), str(other)] = (there.relation(first, second), tree.relation(ours[0], ours[1]))
    return found


@pytest.mark.parametrize("name", ["dgx-2", "dgx-h100", "dual-socket-snc"])
def test_examples_keep_every_pair(name: str) -> None:
    host = HOSTS / f"{name}.json"
    answer = solve(plan(host, mirror="groups: [io], strict: true"))
    assert answer.verdict.status == "solved", told(answer)
    pairs = relations(host, answer)
    assert len(pairs) > 60
    assert {pair: words for pair, words in pairs.items() if words[0] != words[1]} == {}


@pytest.mark.parametrize("seed", range(40))
def test_pairs_of_random_hosts_stand_as_there_or_are_told(seed: int, tmp_path: Path) -> None:
    host = tmp_path / "host.json"
    host.write_text(random_host(seed))
    answer = solve(plan(host))
    assert answer.verdict.status == "solved", told(answer)
    differ = {pair: words for pair, words in relations(host, answer).items() if words[0] != words[1]}
    notes = [one for one in told(answer) if one.startswith("plan-mirror")]
    assert bool(differ) == bool(notes)
    for (one, other), (here, there) in list(differ.items())[:1]:
        assert any(f"{here} on the host and {there} in the guest" in note for note in notes), (one, other, notes)


def test_vfs_beyond_a_slot_stay_on_one_switch_and_are_told(tmp_path: Path) -> None:
    host = tmp_path / "host.json"
    host.write_text(many_functions(12))
    answer = solve(plan(host))
    assert told(answer) == [
        "plan-mirror: 34 of 66 pairs stand as on the host",
        "plan-mirror: 0000:01:00.0 and 0000:01:01.0 are CARD on the host and PIX in the guest, and 31 similar",
    ]
    assert {words[1] for words in relations(host, answer).values() if words[0] != words[1]} == {PIX}
    strict = solve(plan(host, mirror="groups: [io], strict: true"))
    assert (strict.verdict.status, strict.xml) == ("invalid", None)
    assert told(strict) == [
        "plan-mirror: 34 of 66 pairs stand as on the host; 0000:01:00.0 and 0000:01:01.0 are CARD on the host and "
        "PIX in the guest, and 31 similar"
    ]


def test_a_host_of_4000_functions(tmp_path: Path) -> None:
    host = tmp_path / "host.json"
    host.write_text(many_functions(4000))
    begin = time.process_time()
    answer = solve(plan(host, "{class: nic, count: 1500}"))
    assert answer.verdict.status == "solved", told(answer)
    assert time.process_time() - begin < 10
    refused = solve(plan(host))
    assert told(refused) == ["plan-mirror: 4,000 devices of the host are mirrored; a guest has room for 2,040 at most"]


def test_where_buses_run_out_the_last_switches_are_given_up(tmp_path: Path) -> None:
    host = tmp_path / "host.json"
    host.write_text(many_switches(45, 4))
    answer = solve(plan(host))
    # 45 switches take 6 buses each, of 255; one less takes 4: 8 are given up, each with 6 pairs.
    pairs = relations(host, answer)
    assert sum(here != guest for here, guest in pairs.values()) == 8 * 6
    assert answer.layout is not None and len(answer.layout.controllers) == 1 + 37 * 6 + 8 * 4
    assert told(answer)[0] == f"plan-mirror: {len(pairs) - 48:,} of {len(pairs):,} pairs stand as on the host"
    assert "0003:25:00.0 and 0003:25:01.0 are PIX on the host and PHB in the guest" in told(answer)[1]


def test_less_is_kept_where_less_is_asked() -> None:
    host = HOSTS / "dgx-2.json"
    controllers = {}
    for keep in ("relation", "root-complex", "numa"):
        answer = solve(plan(host, mirror=f"groups: [io], keep: {keep}, strict: true"))
        assert answer.layout is not None, told(answer)
        controllers[keep] = len(answer.layout.controllers)
    # 24 devices: by node 2 roots and a port each; by root bus 4; by relation with 3 switches a root.
    assert controllers == {"numa": 1 + 2 + 24, "root-complex": 1 + 4 + 24, "relation": 1 + 4 * (1 + 1 + 3 + 8)}


def test_other_devices_are_planned_beside_it() -> None:
    host = HOSTS / "dgx-h100.json"
    more = "  - {name: disk, kind: virtio-disk, count: 40}\n"
    answer = solve(plan(host, more=more))
    assert answer.verdict.status == "solved" and not told(answer)
    assert sum(1 for name, _ in answer.places if name == "disk") == 40


@pytest.mark.parametrize(
    ("select", "said"),
    [
        ("{class: gpu, count: 1000000}", 'plan-range: "count" is 1,000,000; expected 1 to 200,000'),
        ("{class: gpus}", 'plan-select: unknown class "gpus"; did you mean "gpu"?'),
        ("{vendor: 10d}", 'plan-type: "vendor" is "10d"; expected four hexadecimal digits, such as "10de"'),
        (
            "{class: gpu, numa: 1, count: 3}",
            'plan-select: "io" selects 3 and the host has 1 left: 1 match; it has 4 gpu 10de:2330, 4 nic 15b3:1021, '
            "4 nvme 144d:a80a",
        ),
        (
            '{vf-of: "0000:00:00.0", count: 200000}',
            'plan-select: "io" selects 200,000 and the host has 0 left: 0 match; it has 4 gpu 10de:2330, '
            "4 nic 15b3:1021, 4 nvme 144d:a80a",
        ),
    ],
)
def test_selections_that_find_too_little(select: str, said: str) -> None:
    assert told(solve(plan(HOSTS / "dual-socket-snc.json", select))) == [said]


def test_what_mirror_cannot_be_with() -> None:
    text = plan(HOSTS / "grace.json")
    assert told(solve(text + "base: x.xml\n")) == ['plan-key: "mirror" decides the roots, so "base" cannot be there']
    assert told(solve(text.replace("x86_64, type: q35", "x86_64, type: pc"))) == [
        "plan-mirror: mirror needs PCI Express expander buses in one domain, as q35 and arm virt have; this is i440fx"
    ]
    without = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("host"))
    assert told(solve(without)) == [
        'plan-key: "select" is without a host: the key "host" is missing',
        'plan-key: "mirror" is without a host: the key "host" is missing',
    ]


def test_groups_that_select_are_bounded() -> None:
    more = "".join(f"  - {{name: g{one}, kind: hostdev-pcie, select: {ALL}}}\n" for one in range(256))
    assert told(solve(plan(HOSTS / "grace.json", more=more))) == [
        "plan-select: 257 groups select devices of the host; 256 may"
    ]


def test_a_plan_in_an_archive_reads_no_host() -> None:
    with pytest.raises(InputError, match="a plan in an archive or in JSON Lines has no host"):
        solve(plan(HOSTS / "grace.json"), options=Options(alone=True))

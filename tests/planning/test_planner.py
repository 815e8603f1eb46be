"""What each key of a plan comes to, seen in the answer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import pcisolve
from pcisolve.core.address import parse_address
from pcisolve.verdict.values import PlacedDevice
from tests.planning.plans import solve

Q35 = "machine: {arch: x86_64, type: q35}\n"
PSERIES = "machine: {arch: ppc64, type: pseries}\n"
MANY = Q35 + "scheme: multi-domain\n"


def devices(text: str) -> list[PlacedDevice]:
    answer = solve(text)
    assert answer.verdict.status == "solved" and answer.verdict.proven, answer.verdict.findings
    return [one for one in answer.verdict.devices if one.line is not None and one.line > 1]


def finding(text: str) -> str:
    """The only finding, as line:column code: message."""
    found = solve(text).verdict.findings
    assert len(found) == 1, found
    fact = found[0].facts[0]
    return f"{fact.line}:{fact.column} {found[0].code}: {found[0].message}"


def test_functions_of_a_slot_are_shared_only_where_allowed() -> None:
    group = "devices: [{name: n, kind: virtio-net, count: 20%s}]\n"
    apart = [parse_address(one.address) for one in devices(Q35 + group % "")]
    assert {one.function for one in apart} == {0} and len({one.bus for one in apart}) == 20
    shared = [parse_address(one.address) for one in devices(Q35 + group % ", multifunction: true")]
    assert len(set(shared)) == 20 and len({one.bus for one in shared}) == 3
    limited = group % ", multifunction: true" + "relations: [{apart: n, on: slot, at-most: 4}]\n"
    assert max(Counter(parse_address(one.address).bus for one in devices(Q35 + limited)).values()) == 4


def test_together_on_a_slot_are_functions_of_it() -> None:
    text = Q35 + "devices: [{name: a, kind: virtio-net, count: 3}, {name: b, kind: virtio-disk, count: 3}]\n"
    text += "relations: [{together: [a, b], on: slot, pairwise: true}]\n"
    by_kind: dict[str, list[str]] = {"interface": [], "disk": []}
    for one in devices(text):
        by_kind[one.kind].append(one.address)
    assert [one[:-1] for one in by_kind["interface"]] == [one[:-1] for one in by_kind["disk"]]
    assert {one[-1] for one in by_kind["interface"]} == {"0"} and {one[-1] for one in by_kind["disk"]} == {"1"}


def test_too_much_for_one_slot() -> None:
    text = Q35 + "devices: [{name: a, kind: virtio-net, count: 9}]\nrelations: [{together: [a], on: slot}]\n"
    assert solve(text).verdict.status == "infeasible"


def test_switches_are_there_when_asked_for() -> None:
    text = Q35 + "devices: [{name: a, kind: hostdev-pcie, count: 6}]\nrelations: [{apart: a, on: switch, at-most: 2}]\n"
    answer = solve(text)
    models = Counter(one.model for one in answer.verdict.controllers)
    assert models["pcie-switch-upstream-port"] == 3 and models["pcie-switch-downstream-port"] == 6


def test_switches_are_there_when_a_root_has_no_more_slots() -> None:
    answer = solve(Q35 + "devices: [{name: a, kind: virtio-net, count: 245}]\n")
    models = Counter(one.model for one in answer.verdict.controllers)
    assert answer.verdict.status == "solved" and models["pcie-switch-upstream-port"] == 1


def test_conventional_devices_get_a_bridge() -> None:
    answer = solve(Q35 + "devices: [{name: a, kind: rtl8139, count: 31}]\n")
    assert [one.model for one in answer.verdict.controllers][1:] == ["pcie-root-port", "pcie-to-pci-bridge"]


def test_isolation_groups_have_host_bridges_of_their_own() -> None:
    text = PSERIES + "scheme: flat\ndevices:\n  - {name: a, kind: hostdev-pcie, count: 2, isolation: one}\n"
    text += "  - {name: b, kind: hostdev-pcie, count: 2, isolation: two}\n  - {name: d, kind: virtio-disk, count: 2}\n"
    buses = [parse_address(one.address).bus for one in devices(text)]
    assert sorted(Counter(buses).values()) == [2, 2, 2] and len(set(buses)) == 3
    assert {0} == {parse_address(one.address).bus for one in devices(text) if one.kind == "disk"}


def test_without_domains_there_are_as_few_as_it_takes() -> None:
    text = PSERIES + "scheme: multi-domain\ndevices: [{name: d, kind: virtio-disk, count: 20}]\n"
    assert len(solve(text).rows) == 1
    assert len(solve(text + "relations: [{apart: d, on: domain, at-most: 6}]\n").rows) == 4


def test_domains_keep_their_numbers_and_indexes_stay_low() -> None:
    text = MANY + "domains: [{name: a, index: 0}, {name: b, index: 5}, {name: c, index: 15}]\n"
    text += "devices: [{name: n, kind: virtio-net, count: 9}]\n"
    answer = solve(text)
    roots = [one.index for one in answer.verdict.controllers if one.parent is None]
    assert roots == [0, 5, 15]
    assert all(one.parent is None or one.parent < one.index for one in answer.verdict.controllers)
    assert ("low-indexes", max(one.index for one in answer.verdict.controllers), True) in answer.levels


def test_the_flat_scheme_leaves_no_index_out() -> None:
    text = PSERIES + "scheme: flat\ndomains: [{name: a, count: 1}, {name: b, index: 3}]\n"
    answer = solve(text + "devices: [{name: n, kind: virtio-net}]\n")
    assert [one.index for one in answer.verdict.controllers] == [0, 1, 2, 3]
    assert ("controllers", 4, True) in answer.levels
    elsewhere = solve(text.replace("flat", "multi-domain") + "devices: [{name: n, kind: virtio-net}]\n")
    assert [one.index for one in elsewhere.verdict.controllers] == [0, 3]


def test_an_address_is_kept() -> None:
    text = PSERIES + 'devices:\n  - {name: c, kind: virtio-serial, address: "0000:00:07.0"}\n'
    text += "  - {name: d, kind: virtio-disk, count: 30}\n"
    placed = devices(text)
    assert [one.address for one in placed if one.kind == "controller"] == ["0000:00:07.0"]
    assert len({one.address for one in placed}) == 31


def test_a_device_with_an_address_counts_where_it_is() -> None:
    text = PSERIES + "scheme: multi-domain\ndomains: [{name: a, index: 0}, {name: b, index: 1}]\nprefer: [spread]\n"
    text += "devices:\n  - {name: con, kind: virtio-serial, address: '0001:00:05.0'}\n"
    text += "  - {name: n, kind: virtio-net, count: 7}\n"
    assert ("spread", 4, True) in solve(text).levels
    apart = text + "relations: [{apart: [con, n], on: domain, at-most: 4}]\n"
    assert Counter(one.address[:4] for one in devices(apart)) == {"0000": 4, "0001": 4}


def test_a_platform_without_bridges_has_devices_on_its_roots() -> None:
    text = "platform: cloud-hypervisor\nscheme: multi-domain\ndevices: [{name: d, kind: virtio-disk, count: 70}]\n"
    answer = solve(text)
    assert [one.controllers for one in answer.rows] == [1, 1, 1]


def test_host_devices_are_those_of_the_plan() -> None:
    text = Q35 + "devices: [{name: g, kind: hostdev-pcie, count: 2, host: ['0000:41:00.0', '0001:42:00.1']}]\n"
    xml = (solve(text).xml or b"").decode()
    assert xml.count("<source>") == 2 and "domain='0x0001' bus='0x42' slot='0x00' function='0x1'" in xml


def test_what_says_there_is_none_gives_way() -> None:
    xml = (solve(Q35 + "devices: [{name: m, kind: balloon}, {name: u, kind: qemu-xhci}]\n").xml or b"").decode()
    assert xml.count("<memballoon") == 1 and xml.count("type='usb'") == 1 and "'none'" not in xml


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("devices: [{name: d, kind: rng}]\n", '1:1 plan-key: the key "machine", "platform" or "base" is missing'),
        ("platform: qemu\ndevices: [{name: d, kind: rng}]\n", '1:11 plan-word: unknown platform "qemu"; did you mean'),
        ("platform: vmd\ndevices: [{name: d, kind: rng}]\n", '1:11 plan-platform: platform "vmd" has no domain 0'),
        ("machine: {arch: x86_64, type: q36}\ndevices: [{name: d, kind: rng}]\n", "1:10 plan-machine: unknown machine"),
        (Q35 + "devices: [{name: d, kind: virtio-disc}]\n", '2:27 plan-kind: unknown kind "virtio-disc"; did you mean'),
        (Q35 + "devices: [{name: d, kind: sata-disk}]\n", '2:27 plan-kind: kind "sata-disk" takes no PCI address'),
        (Q35 + "devices: [{name: d, kind: virtio-mem}]\n", '2:27 plan-kind: kind "virtio-mem" is more than a plan'),
        (Q35 + "devices: [{name: d, kind: balloon, count: 2}]\n", "2:11 plan-count: a guest has only one memballoon"),
        (
            PSERIES + "domains: [{name: d, count: 40}]\ndevices: [{name: d, kind: rng}]\n",
            "2:10 plan-domains: 40 PCI domains; machine pseries has at most 31",
        ),
        (
            MANY + "domains: [{name: a, count: 2, numa: 0}]\ndevices: [{name: d, kind: rng}]\n",
            "3:11 plan-numa: domains have no NUMA node on machine q35",
        ),
        (
            PSERIES + "domains: [{name: a, index: 0, numa: 0}]\ndevices: [{name: d, kind: rng}]\n",
            "2:11 plan-numa: root controller 0 is there already, and not at that NUMA node",
        ),
        (
            PSERIES + "roots: [{name: r}]\ndevices: [{name: d, kind: rng}]\n",
            "2:8 plan-roots: machine pseries has no expander buses",
        ),
        (
            PSERIES + "devices: [{name: d, kind: rng, address: '0000:00:00.0'}]\n",
            "2:41 plan-address: 0000:00:00.0: a pci-root has slots 1 to 31",
        ),
        (
            PSERIES + "devices: [{name: d, kind: rng, address: '0000:07:01.0'}]\n",
            "2:41 plan-address: 0000:07:01.0: no such bus yet",
        ),
        (
            PSERIES + "devices: [{name: d, kind: rng, address: '0000:00:01.3'}]\n",
            "2:41 plan-address: 0000:00:01.3: the guest does not see",
        ),
    ],
)
def test_what_cannot_be_meant_is_said(text: str, said: str) -> None:
    assert finding(text).startswith(said)


def test_a_base_that_is_infeasible_is_explained_as_such(tmp_path: Path) -> None:
    base = Path(__file__).resolve().parents[2] / "examples" / "three-faults.xml"
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"base: {base}\ndevices: [{{name: d, kind: rng}}]\n")
    verdict = pcisolve.load(plan).solve().verdict
    assert verdict.status == "infeasible"
    assert {fact.file for one in verdict.findings for fact in one.facts} == {str(base)}


def test_a_base_that_is_missing_is_refused_with_the_line_that_names_it(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("base: nowhere.xml\ndevices: [{name: d, kind: rng}]\n")
    with pytest.raises(pcisolve.InputError) as refused:
        pcisolve.load(plan).solve()
    assert str(refused.value).startswith(f"{plan}:1:7: ") and "nowhere.xml" in str(refused.value)


def test_too_many_numbers_are_refused() -> None:
    text = "platform: any\nscheme: multi-domain\ndomains: [{name: d, count: 1000}]\ndevices:\n"
    text += "".join(f"  - {{name: g{n}, kind: virtio-net, multifunction: true}}\n" for n in range(200))
    with pytest.raises(pcisolve.InputError) as refused:
        solve(text)
    assert str(refused.value).startswith("plan.yaml:5:3: device groups and relations times 1,000 roots come to 200,000")


def test_a_time_limit_is_no_proof() -> None:
    text = "platform: any\nscheme: multi-domain\ndomains: [{name: d, count: 60}]\ndevices:\n"
    text += "".join(f"  - {{name: g{n}, kind: virtio-net, count: 97, multifunction: true}}\n" for n in range(30))
    answer = solve(text, options=pcisolve.make_options(time_limit=1e-9))
    assert answer.verdict.status in ("unknown", "solved") and not answer.verdict.proven


@pytest.mark.parametrize(
    ("relation", "switches", "ports"),
    [("{apart: [w], on: switch, at-most: 6}", 2, 2), ("{together: [w], on: switch}", 1, 2)],
)
def test_devices_that_share_slots_are_counted_on_their_switches(relation: str, switches: int, ports: int) -> None:
    plan = f"""\
machine: {{arch: aarch64, type: virt}}
scheme: flat
devices: [{{name: w, kind: virtio-net, count: 12, multifunction: true}}]
relations: [{relation}]
"""
    models = Counter(one.model for one in solve(plan).verdict.controllers)
    assert models["pcie-switch-upstream-port"] == switches
    assert models["pcie-switch-downstream-port"] == ports


def test_a_bridge_takes_no_port_of_a_switch_that_is_somebodys_own() -> None:
    plan = """\
machine: {arch: aarch64, type: virt}
scheme: multi-domain
domains: [{name: a, count: 4}, {name: b, index: 0}]
devices:
  - {name: w, kind: virtio-net, count: 28, domain: a}
  - {name: x, kind: hostdev-pcie, count: 30, multifunction: true}
relations: [{apart: [x], on: switch, at-most: 2}, {together: [w, x], on: root}]
spare: [{kind: pci, count: 2, per: domain, hotplug: true}]
"""
    assert solve(plan).verdict.status == "solved"


def test_few_devices_on_many_domains_are_possible_also_with_the_lowest_indexes_first() -> None:
    answer = solve("""\
platform: any
scheme: multi-domain
domains: [{name: d, count: 9}]
devices: [{name: a, kind: virtio-disk, count: 1}]
prefer: [low-indexes, controllers]
""")
    assert answer.verdict.status == "solved" and answer.verdict.proven
    assert answer.levels == (("low-indexes", 9, True), ("controllers", 10, True))

"""The multi-domain scheme: what is solved, and what is refused naming both lines."""

from __future__ import annotations

import pytest

import pcisolve
from pcisolve.api.options import make_options
from pcisolve.verdict.values import Verdict
from tests.scheme.guests import controller, device, domain_of_buses, guest

MULTI = make_options(scheme="multi-domain")
ROOTS = [controller("pcie-root", index) for index in (0, 5, 15)]
# (index, domain): children of the three roots, interleaved
CHILDREN = ((1, 0), (6, 5), (27, 15), (16, 15), (9, 5), (30, 0))


def solve(data: bytes) -> Verdict:
    return pcisolve.load(data).solve(MULTI).verdict


def lines(verdict: Verdict) -> list[list[int]]:
    return [[fact.line for fact in finding.facts] for finding in verdict.findings]


def test_the_proposals_own_example() -> None:
    """Controller 27, plugged into domain 15, is bus 000f:1b."""
    verdict = solve(guest(*ROOTS, controller("pcie-root-port", 27, (15, 0, 1)), device((15, 0x1B, 0))))
    assert verdict.status == "solved"
    port = next(one for one in verdict.controllers if one.index == 27)
    assert (port.domain, port.bus, port.parent, port.name) == (15, 0x1B, 15, "pci.27")
    assert "000f:1b:00.0" in {one.address for one in verdict.devices}


def test_solved_from_indexes_alone() -> None:
    children = [controller("pcie-root-port", index) for index, _ in CHILDREN]
    verdict = solve(guest(*ROOTS, *children, *[device()] * 6))
    assert verdict.status == "solved"
    assert [one.index for one in verdict.controllers] == [0, 1, 5, 6, 9, 15, 16, 27, 30]
    assert verdict.stats["added"] == 0
    for one in verdict.controllers:
        assert one.parent is None or one.parent < one.index


def test_solved_from_addresses_alone() -> None:
    """Roots and children get exactly the indexes that the devices' addresses speak of."""
    roots = [controller("pcie-root")] * 3
    children = [controller("pcie-root-port", None, (domain, 0, slot)) for slot, (_, domain) in enumerate(CHILDREN, 2)]
    devices = [device((domain, index, 0)) for index, domain in CHILDREN]
    verdict = solve(guest(*roots, *children, *devices))
    assert verdict.status == "solved"
    assert {(one.index, one.domain) for one in verdict.controllers} == {(0, 0), (5, 5), (15, 15), *CHILDREN}
    assert verdict == pcisolve.load(guest(*roots, *children, *devices)).solve().verdict, "auto reads the same scheme"


def test_solved_from_neither() -> None:
    elements = [controller("pcie-root")] * 3 + [controller("pcie-root-port")] * 6 + [device()] * 6
    verdict = solve(guest(*elements))
    assert verdict.status == "solved"
    assert [one.index for one in verdict.controllers if one.address is None] == [0, 1, 2]


@pytest.mark.parametrize(("buses", "status"), [(256, "solved"), (257, "infeasible")])
def test_a_domain_has_at_most_256_buses(buses: int, status: str) -> None:
    verdict = solve(domain_of_buses(buses))
    assert verdict.status == status
    if status == "infeasible":
        assert [one.code for one in verdict.findings] == ["rfc-256"]
        assert verdict.findings[0].message == "domain 0005 needs 257 buses; a PCI domain has at most 256"


def test_bus_ids_are_unbounded_unless_asked() -> None:
    data = guest(*ROOTS, controller("pcie-root-port", 70000, (15, 0, 1)), device((15, 70000, 0)))
    assert solve(data).status == "solved"
    bounded = pcisolve.load(data).solve(make_options(scheme="multi-domain", bus_bits=8)).verdict
    assert [one.code for one in bounded.findings] == ["rfc-bus-bits", "addr-bus-8bit"]


REFUSED = {
    "child below its parent": (
        [controller("pcie-root-port", 3, (5, 0, 1))],
        "rfc-parent-lower",
        "PCI controller 3 (pcie-root-port) is plugged into controller 5; its index must be higher than that",
        [8, 8, 6],
    ),
    "bus id of another domain": (
        [device((15, 5, 0))],
        "rfc-address-lookup",
        "rng asks for 000f:05:00.0: 5 is the index of a root, whose bus is 0005:00",
        [8, 6],
    ),
    "one bus in two domains": (
        [controller("pcie-root-port", 27, (15, 0, 1)), device((5, 27, 0))],
        "rfc-address-lookup",
        "rng asks for 0005:1b:00.0: bus 0x1b is in domain 000f, not in 0005",
        [9, 8],
    ),
    "no such domain": (
        [device((7, 0, 3))],
        "rfc-address-lookup",
        "rng asks for 0007:00:03.0: no root controller has index 7; the domains are 0000, 0005, 000f",
        [8],
    ),
    "no such controller": (
        [device((5, 99, 0))],
        "rfc-address-lookup",
        "rng asks for 0005:63:00.0: no controller has index 99, so there is no such bus",
        [8],
    ),
    "one index twice": (
        [controller("pcie-root-port", 27, (15, 0, 1)), controller("pcie-root-port", 27, (5, 0, 1))],
        "index-unique",
        "2 PCI controllers have index 27",
        [9, 8],
    ),
    "plugged into itself": (
        [controller("pcie-switch-downstream-port", 20, (0, 20, 0))],
        "rfc-own-address",
        "PCI controller 20 (pcie-switch-downstream-port) is plugged into itself",
        [8],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_naming_both_lines(name: str) -> None:
    elements, code, message, where = REFUSED[name]
    verdict = solve(guest(*ROOTS, *elements))
    assert verdict.status == "infeasible"
    found = [one for one in verdict.findings if one.code == code]
    assert [one.message for one in found] == [message]
    assert [fact.line for fact in found[0].facts + found[0].context] == where


def test_one_root_is_as_today() -> None:
    data = guest(controller("pcie-root", 0), *[device()] * 3)
    flat = pcisolve.load(data).solve(make_options(scheme="flat"))
    multi = pcisolve.load(data).solve(MULTI)
    assert flat.xml == multi.xml


def test_a_tree_goes_to_the_domain_its_lowest_bus_is_named_in() -> None:
    """First fit would put port 20 on the first root; only CP-SAT sees that 27 has to end up in domain 15."""
    tree = [
        controller("pcie-root-port", 20),
        controller("pcie-switch-upstream-port", 21),
        controller("pcie-switch-downstream-port", 27),
    ]
    data = guest(*ROOTS, *tree, device((15, 27, 0)))
    verdict = solve(data)
    assert verdict.status == "solved"
    assert {one.domain for one in verdict.controllers if one.index in (20, 21, 27)} == {15}
    assert pcisolve.load(data).check(MULTI).status == "solved"

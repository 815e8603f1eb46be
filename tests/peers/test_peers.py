"""The peers of the benchmarks: all that are installed agree on small plans; the judge of answers sees every fault."""

from __future__ import annotations

from importlib import import_module
from itertools import product
from typing import Any

import pytest
from hypothesis import given as given_by
from hypothesis import strategies as st

import pcisolve
from benchmarks.peers.instance import (
    CONSOLE,
    INFEASIBLE,
    OPTIMAL,
    UNKNOWN,
    Answer,
    Instance,
    instance,
    slots_for,
    too_much,
)
from benchmarks.peers.judge import guest, least, wrong
from benchmarks.peers.race import PEERS, is_here

SMALL = [
    instance(2, 1),
    instance(8, 2),
    instance(13, 3),
    Instance(3, 6, 2, 2),
    Instance(3, 7, 2, 2),
    Instance(1, 30, 0, 30),
]
SECONDS = 20.0


@pytest.mark.parametrize("peer", PEERS)
def test_each_finds_the_optimum_or_proves_that_there_is_none(peer: str) -> None:
    if not is_here(PEERS[peer][1]):
        pytest.skip(f"{PEERS[peer][0]} is not installed")
    solve: Any = import_module(f"benchmarks.peers.{peer}").solve
    for one in SMALL:
        answer: Answer = solve(one, SECONDS)
        possible = one.disks <= one.domains * one.most_disks
        assert answer.status == (OPTIMAL if possible else INFEASIBLE), one
        if possible:
            assert not wrong(one, answer)
            assert answer.fullest == -(-len(one.devices) // one.domains), one


@pytest.mark.parametrize("peer", PEERS)
def test_each_proves_that_a_device_too_many_has_no_place(peer: str) -> None:
    if not is_here(PEERS[peer][1]):
        pytest.skip(f"{PEERS[peer][0]} is not installed")
    given = too_much(2)
    solve: Any = import_module(f"benchmarks.peers.{peer}").solve
    answer: Answer = solve(given, SECONDS)
    assert answer.status == INFEASIBLE
    assert not wrong(given, answer)


def right(given: Instance) -> Answer:
    """Disks and pairs dealt out in turn, pairs from the second domain on, as the console is in the first."""
    where = {CONSOLE: 0}
    for name, count in (("disk", given.disks), ("card", given.pairs), ("nic", given.pairs)):
        where |= {(name, rank): (rank + (name != "disk")) % given.domains for rank in range(count)}
    places = slots_for(where)
    domains = [domain for domain, _ in places.values()]
    return Answer(OPTIMAL, max(map(domains.count, domains)), places)


def test_the_judge_finds_nothing_wrong_with_a_right_answer() -> None:
    assert not wrong(instance(20, 2), right(instance(20, 2)))


@pytest.mark.parametrize(
    ("fault", "places"),
    [
        ("two devices in one slot", {("disk", 1): (0, 5)}),
        ("no such slot", {("disk", 0): (0, 32)}),
        ("no such slot", {("disk", 0): (2, 3)}),
        ("the console has moved", {CONSOLE: (1, 30)}),
        ("a pair is apart", {("card", 0): (0, 31)}),
        ("too many disks in a domain", {("disk", rank): (0, 20 + rank) for rank in range(10)}),
        ("the fullest domain is another", {("disk", 0): (1, 31)}),
    ],
)
def test_the_judge_names_the_fault(fault: str, places: dict[Any, Any]) -> None:
    given = instance(20, 2)
    answer = right(given)
    assert fault in wrong(given, answer._replace(places={**answer.places, **places}))


def test_a_device_without_a_place_is_a_fault() -> None:
    given = instance(20, 2)
    answer = right(given)
    assert wrong(given, answer._replace(places={CONSOLE: (0, 5)})) == ["not every device has a place"]


def tried(given: Instance) -> int | None:
    """The least of the fullest domain, by trying every way to share out disks and pairs."""
    found = [
        max(disks + 2 * pairs + (domain == 0) for domain, (disks, pairs) in enumerate(zip(some, couples, strict=True)))
        for some in product(range(given.most_disks + 1), repeat=given.domains)
        for couples in product(range(given.pairs + 1), repeat=given.domains)
        if sum(some) == given.disks and sum(couples) == given.pairs
    ]
    best = min(found, default=None)
    return None if best is None or best > 31 else best


@given_by(st.builds(Instance, st.integers(1, 3), st.integers(0, 8), st.integers(0, 4), st.integers(0, 4)))
def test_the_table_of_sums_is_what_trying_gives(given: Instance) -> None:
    assert least(given) == tried(given)


def test_a_wrong_refusal_and_a_poor_optimum_are_faults() -> None:
    given = instance(20, 2)
    assert wrong(given, Answer(INFEASIBLE)) == ["refused, though 10 devices in the fullest domain are enough"]
    assert wrong(given, Answer(UNKNOWN)) == []
    assert wrong(too_much(2), Answer(INFEASIBLE)) == []
    poor = right(Instance(2, 3, 0, 3))
    where = {CONSOLE: (0, 5), **{("disk", rank): (0, 6 + rank) for rank in range(3)}}
    assert wrong(Instance(2, 3, 0, 3), poor._replace(places=where, fullest=4)) == ["4 is not the least, which is 2"]


def test_pcisolve_checks_the_guest_of_an_answer() -> None:
    given = instance(20, 2)
    verdict = pcisolve.load(guest(given, right(given))).check(pcisolve.make_options(scheme="multi-domain"))
    asked = {one.address for one in verdict.devices}
    assert {f"{domain:04x}:00:{slot:02x}.0" for domain, slot in right(given).places.values()} <= asked

"""The peers of the benchmarks: all that are installed agree on small plans; the judge of answers sees every fault."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from benchmarks.peers.instance import CONSOLE, INFEASIBLE, OPTIMAL, Answer, Instance, instance, slots_for, wrong
from benchmarks.peers.race import PEERS

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
    if find_spec(PEERS[peer][1]) is None:
        pytest.skip(f"{PEERS[peer][0]} is not installed")
    solve: Any = import_module(f"benchmarks.peers.{peer}").solve
    for one in SMALL:
        answer: Answer = solve(one, SECONDS)
        possible = one.disks <= one.domains * one.most_disks
        assert answer.status == (OPTIMAL if possible else INFEASIBLE), one
        if possible:
            assert not wrong(one, answer)
            assert answer.fullest == -(-len(one.devices) // one.domains), one


def right(given: Instance) -> Answer:
    """The disks and pairs dealt out in turn, the console first."""
    where = {CONSOLE: 0}
    for name, count in (("disk", given.disks), ("card", given.pairs), ("nic", given.pairs)):
        where |= {(name, rank): rank % given.domains for rank in range(count)}
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
        ("a pair is apart", {("card", 0): (1, 31)}),
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

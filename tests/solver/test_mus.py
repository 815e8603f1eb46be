"""The page of conflict algorithms, against trying every set of claims."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcisolve.solver.mus import Core, TimeIsUp, deletion, every, fewest, quickxplain, smallest

COUNT = 6
CLAIMS = "abcdef"
CORES = st.lists(st.sets(st.integers(0, COUNT - 1), min_size=1, max_size=4), max_size=5)
CONFLICTS = st.lists(st.sets(st.sampled_from(CLAIMS), min_size=1, max_size=4), min_size=1, max_size=5)
COSTS = st.lists(st.integers(1, 9), min_size=COUNT, max_size=COUNT)
ENOUGH = 10_000


def by_trying(cores: list[set[int]]) -> int:
    sizes = (
        size
        for size in range(COUNT + 1)
        for some in combinations(range(COUNT), size)
        if all(core & set(some) for core in cores)
    )
    return next(sizes)


def minimal(conflicts: list[set[str]]) -> set[frozenset[str]]:
    """The naive twin: those that contain no other."""
    return {frozenset(one) for one in conflicts if not any(other < one for other in conflicts)}


@settings(max_examples=100)
@given(CORES)
def test_as_few_as_by_trying_all(cores: list[set[int]]) -> None:
    def possible(kept: Sequence[int]) -> bool:
        return not any(core <= set(kept) for core in cores)

    given_up = fewest(COUNT, possible, 60)
    assert given_up is not None
    assert possible([one for one in range(COUNT) if one not in given_up])
    assert len(given_up) == by_trying(cores)
    assert fewest(COUNT, possible, 60) == given_up


@settings(max_examples=100)
@given(CONFLICTS, COSTS)
def test_each_algorithm_finds_a_conflict_that_needs_each_of_its_claims(
    conflicts: list[set[str]], costs: list[int]
) -> None:
    def possible(kept: Sequence[str]) -> bool:
        return not any(one <= set(kept) for one in conflicts)

    known = minimal(conflicts)
    for core in (deletion(CLAIMS, possible), quickxplain(CLAIMS, possible)):
        assert core.proved
        assert frozenset(core.claims) in known
        assert list(core.claims) == sorted(core.claims)
    cheapest = smallest(CLAIMS, possible, costs, ENOUGH)
    assert cheapest is not None
    price = dict(zip(CLAIMS, costs, strict=True))
    assert sum(price[one] for one in cheapest.claims) == min(sum(price[one] for one in some) for some in known)
    assert {frozenset(core.claims) for core in every(CLAIMS, possible, ENOUGH)} == known


@settings(max_examples=50)
@given(CONFLICTS, st.sets(st.integers(0, 30)))
def test_what_is_not_decided_is_never_a_proof(conflicts: list[set[str]], silent: set[int]) -> None:
    asked = 0

    def possible(kept: Sequence[str]) -> bool | None:
        nonlocal asked
        asked += 1
        return None if asked in silent else not any(one <= set(kept) for one in conflicts)

    for algorithm in (deletion, quickxplain):
        asked = 0
        core: Core[str] = algorithm(CLAIMS, possible)
        assert not core.proved or (not silent & set(range(1, asked + 1)) and set(core.claims) in minimal(conflicts))


def test_too_few_questions() -> None:
    assert smallest("abc", lambda kept: len(kept) < 2, [1, 1, 1], 2) is None
    with pytest.raises(TimeIsUp):
        list(every("abc", lambda kept: len(kept) < 2, 3))


def test_earlier_claims_are_preferred() -> None:
    core = quickxplain("abcd", lambda kept: not {"a", "b"} <= set(kept) and not {"c", "d"} <= set(kept))
    assert core.claims == ("a", "b")


def test_nothing_can_hold() -> None:
    assert fewest(3, lambda kept: False, 60) is None
    assert fewest(0, lambda kept: False, 60) is None
    assert fewest(0, lambda kept: True, 60) == []


def test_no_time() -> None:
    with pytest.raises(TimeIsUp):
        fewest(3, lambda kept: len(kept) < 2, 0)

"""The fewest claims to give up, against trying every set."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcisolve.solver.hitting import TimeIsUp, fewest

COUNT = 6
CORES = st.lists(st.sets(st.integers(0, COUNT - 1), min_size=1, max_size=4), max_size=5)


def by_trying(cores: list[set[int]]) -> int:
    sizes = (
        size
        for size in range(COUNT + 1)
        for some in combinations(range(COUNT), size)
        if all(core & set(some) for core in cores)
    )
    return next(sizes)


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


def test_nothing_can_hold() -> None:
    assert fewest(3, lambda kept: False, 60) is None
    assert fewest(0, lambda kept: False, 60) is None
    assert fewest(0, lambda kept: True, 60) == []


def test_no_time() -> None:
    with pytest.raises(TimeIsUp):
        fewest(3, lambda kept: len(kept) < 2, 0)

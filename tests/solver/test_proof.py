"""Proofs that nothing is possible, against trying every value; and that no wrong multiplier convinces."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcisolve.placing.model import new_model
from pcisolve.solver.proof import ARITHMETIC, LRAT, NONE, Row, contradicts, proof

BOUNDS = st.lists(st.tuples(st.integers(-2, 1), st.integers(1, 3)), min_size=1, max_size=3)
LIMIT = st.none() | st.integers(-6, 6)


@st.composite
def rows_of(draw: st.DrawFn, count: int) -> list[Row]:
    """A few rows over so many variables."""
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        coefficients = draw(st.lists(st.integers(-3, 3), min_size=count, max_size=count))
        low, high = draw(LIMIT), draw(LIMIT)
        rows.append(Row(tuple(enumerate(coefficients)), low, high))
    return rows


def holds(rows: list[Row], values: tuple[int, ...]) -> bool:
    """Whether values keep every row."""
    sums = [sum(times * values[variable] for variable, times in row.terms) for row in rows]
    return all(
        (row.low is None or row.low <= total) and (row.high is None or total <= row.high)
        for row, total in zip(rows, sums, strict=True)
    )


def possible(bounds: list[tuple[int, int]], rows: list[Row]) -> bool:
    """Whether any values keep every row, by trying all."""
    return any(holds(rows, values) for values in product(*(range(low, high + 1) for low, high in bounds)))


def model_of(bounds: list[tuple[int, int]], rows: list[Row]) -> Any:
    """The same for CP-SAT."""
    model = new_model()
    variables = [model.new_int_var(low, high, "") for low, high in bounds]
    for row in rows:
        total = sum(times * variables[variable] for variable, times in row.terms)
        for bound, sign in ((row.low, 1), (row.high, -1)):
            if bound is not None:
                model.add(sign * total >= sign * bound)
    return model


@given(st.data())
def test_no_multipliers_contradict_what_is_possible(data: st.DataObject) -> None:
    bounds = data.draw(BOUNDS)
    rows = data.draw(rows_of(len(bounds)))
    multipliers = data.draw(st.lists(st.fractions(-3, 3), min_size=len(rows), max_size=len(rows)))
    if contradicts(bounds, rows, multipliers):
        assert not possible(bounds, rows)


@given(st.data())
def test_what_is_proved_is_impossible(data: st.DataObject) -> None:
    bounds = data.draw(BOUNDS)
    rows = data.draw(rows_of(len(bounds)))
    if proof(model_of(bounds, rows), 10).by != NONE:
        assert not possible(bounds, rows)


def pigeons(birds: int, holes: int) -> Any:
    """Each bird in a hole of its own."""
    model = new_model()
    places = [[model.new_bool_var("") for _ in range(holes)] for _ in range(birds)]
    for bird in places:
        model.add_bool_or(bird)
    for hole in zip(*places, strict=True):
        model.add(sum(hole) <= 1)
    return model


def test_counting_is_shown_by_arithmetic() -> None:
    found = proof(pigeons(7, 6), 10)
    assert found.by == ARITHMETIC and found.constraints == 13  # every bird and every hole is needed


def odd_cycle() -> Any:
    """Five seats around a table, neighbors differ in two colours: halves would do."""
    model = new_model()
    seats = [model.new_bool_var("") for _ in range(5)]
    for one, other in zip(seats, [*seats[1:], seats[0]], strict=True):
        model.add_bool_or([one, other])
        model.add_bool_or([~one, ~other])
    return model


def test_what_needs_whole_numbers_is_shown_clause_by_clause() -> None:
    found = proof(odd_cycle(), 10)
    assert found.by == LRAT and not found.assumed


@pytest.mark.parametrize(("birds", "holes"), [(3, 3), (2, 5)])
def test_nothing_is_proved_of_what_is_possible(birds: int, holes: int) -> None:
    assert proof(pigeons(birds, holes), 10).by == NONE


def test_a_bound_that_is_not_there_convinces_nobody() -> None:
    assert not contradicts([(0, 5)], [Row(((0, 1),), None, 9)], [Fraction(1)])
    assert contradicts([(0, 5)], [Row(((0, 1),), 6, None)], [Fraction(1)])
    assert not contradicts([(0, 5)], [Row(((0, 1),), 6, None)], [Fraction(0)])

"""Folding: nothing is lost, nothing is shown twice, only what is alike is folded, and there is an end to it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pcisolve.render.picture.fold import FEWEST, Row, fold
from pcisolve.render.picture.picture import CONTROLLER, DEVICE, FAULT, ROOT, WISH, Box, ends
from tests.render.picture.trees import boxes, many

ALL = 1_000_000


def port(number: int, what: str = "disk virtio", mark: str = "") -> tuple[Box, Box]:
    """A port with a device."""
    return (
        Box(f"pci.{number}", CONTROLLER, 1, "pcie-root-port", f"0000:00:{number:02x}.0"),
        Box(f"disk vd{number}", DEVICE, 2, what, f"0000:{number:02x}:00.0", mark=mark),
    )


def covered(found: tuple[Box, ...], rows: list[Row]) -> list[int]:
    """The boxes that rows show or stand for, where stacks are closed."""
    below, seen = ends(found), list[int]()
    for row in rows:
        spans = row.more or [(row.at, below[row.last] if row.is_stack else row.at + 1)]
        for first, last in spans:
            seen += range(first, last)
    return seen


@given(boxes())
def test_every_box_is_in_one_row_and_in_order(found: tuple[Box, ...]) -> None:
    assert covered(found, fold(found, ALL, inside=False)) == list(range(len(found)))


@given(boxes(), st.integers(1, 20))
def test_a_limit_is_kept_and_what_is_left_out_is_counted(found: tuple[Box, ...], most: int) -> None:
    rows = fold(found, most, inside=False)
    assert len(rows) <= most
    seen = covered(found, rows)
    assert len(set(seen)) == len(seen)


@given(boxes())
def test_open_stacks_count_every_box(found: tuple[Box, ...]) -> None:
    rows = fold(found, ALL)
    left = {at for row in rows for first, last in row.more for at in range(first, last)}
    if not left:
        assert sum(row.times for row in rows) == len(found)


@given(boxes())
def test_only_what_is_alike_is_folded(found: tuple[Box, ...]) -> None:
    below = ends(found)
    for row in fold(found, ALL, inside=False):
        if not row.is_stack:
            continue
        size = below[row.at] - row.at
        first = [one._replace(label="", address="") for one in found[row.at : below[row.at]]]
        for number in range(row.times):
            begin = row.at + number * size
            assert [one._replace(label="", address="") for one in found[begin : begin + size]] == first


def test_a_row_of_ports_is_one_stack_with_what_is_in_each() -> None:
    found = (Box("pcie.0", ROOT), *(box for number in range(24) for box in port(number)))
    rows = fold(found, ALL)
    assert [(row.at, row.times, row.own, row.last) for row in rows] == [(0, 1, 1, 0), (1, 24, 24, 47), (2, 24, 1, 48)]


def test_few_are_not_folded_and_a_fault_stands_alone() -> None:
    few = (Box("pcie.0", ROOT), *(box for number in range(FEWEST - 1) for box in port(number)))
    assert all(row.times == 1 for row in fold(few, ALL))
    marks = ["", "", "", FAULT, "", "", ""]
    found = (Box("pcie.0", ROOT), *(box for number, mark in enumerate(marks) for box in port(number, mark=mark)))
    assert [row.times for row in fold(found, ALL)] == [1, 3, 3, 1, 1, 3, 3]


def test_wishes_are_told_one_by_one() -> None:
    found = tuple(Box(f"arch: {number}", WISH) for number in range(9))
    assert len(fold(found, ALL)) == 9


def test_what_is_marked_is_shown_before_what_is_not() -> None:
    kinds = [f"disk {number}" for number in range(300)]
    parts = [port(number, what, FAULT if number == 299 else "") for number, what in enumerate(kinds)]
    found = (Box("pcie.0", ROOT), *(box for part in parts for box in part))
    shown = {row.at for row in fold(found, 100)}
    assert len(found) - 1 in shown
    assert fold(found, 100)[-1].more


def test_a_chain_ends() -> None:
    found = tuple(Box(f"pci.{depth}", CONTROLLER, depth, str(depth)) for depth in range(5000))
    assert len(fold(found, ALL)) < 20


def test_domains_that_are_alike_are_one() -> None:
    found = many(64, 6400, alike=True).boxes
    assert len(fold(found, ALL, inside=False)) == 1

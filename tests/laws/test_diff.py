"""Laws of comparing layouts, over random guests."""

from __future__ import annotations

from hypothesis import given, settings

import pcisolve
from pcisolve.verdict.difference import ADDED, MOVED, REMOVED, Difference
from tests.laws.guests import flat_guests, multi_domain_guests
from tests.support import rng

GUESTS = flat_guests() | multi_domain_guests()


def compared(before: bytes, after: bytes) -> Difference | None:
    """None when one of them has no layout."""
    try:
        return pcisolve.diff(before, after)
    except pcisolve.InputError:
        return None


@given(GUESTS)
@settings(max_examples=60)
def test_a_guest_is_no_other_than_itself_and_its_own_answer(data: bytes) -> None:
    result = pcisolve.load(data).solve(pcisolve.make_options(stage="libvirt"))
    if result.xml is not None:
        assert pcisolve.diff(data, data).is_empty
        assert pcisolve.diff(data, result.xml).is_empty


@given(GUESTS, GUESTS)
@settings(max_examples=60)
def test_backwards_the_same_is_different(one: bytes, other: bytes) -> None:
    there, back = compared(one, other), compared(other, one)
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert there.is_empty == back.is_empty
        assert there.count(ADDED) == back.count(REMOVED)
        assert there.count(MOVED) == back.count(MOVED)
        assert len(there.entries) == len(back.entries)


@given(GUESTS)
@settings(max_examples=40)
def test_one_device_more_is_one_device_added(data: bytes) -> None:
    solved = pcisolve.load(data).solve(pcisolve.make_options(stage="libvirt")).xml
    if solved is None:
        return
    more = solved.replace(b"</devices>", rng().encode() + b"</devices>")
    found = compared(solved, more)
    if found is not None:
        devices = [one for one in found.entries if one.kind != "controller"]
        assert [one.change for one in devices if one.change in (ADDED, REMOVED, MOVED)] == [ADDED]

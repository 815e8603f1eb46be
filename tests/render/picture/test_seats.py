"""Trees out of what is plugged into what, also where an input says so in a circle."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pcisolve.render.picture.picture import CONTROLLER, DEVICE, ROOT, Box
from pcisolve.render.picture.seats import Seat, seated

LOST = "on no bus"


def bridge(index: int, on: int | None, slot: int = 0) -> Seat:
    """A controller that provides bus `index`."""
    return Seat(Box(str(index), ROOT if on is None else CONTROLLER), on, (slot, 0), index, index)


def drawn(*seats: Seat) -> list[str]:
    """Labels with their depths."""
    return [f"{'  ' * one.depth}{one.label}" for one in seated(seats, LOST).boxes]


def test_slots_decide_the_order() -> None:
    disk = Seat(Box("disk", DEVICE), 1, (3, 0), None, "disk")
    assert drawn(bridge(0, None), bridge(2, 0, 9), bridge(1, 0, 4), disk) == ["0", "  1", "    disk", "  2"]


def test_what_is_on_no_bus_is_told_apart_from_its_top_down() -> None:
    assert drawn(bridge(0, None), bridge(7, 6), bridge(8, 7)) == ["0", LOST, "  7", "    8"]


def test_a_circle_is_gone_round_once() -> None:
    assert drawn(bridge(0, None), bridge(1, 2), bridge(2, 1)) == ["0", LOST, "  1", "    2"]
    assert drawn(bridge(3, 3)) == [LOST, "  3"]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.one_of(st.none(), st.integers(0, 12)), st.integers(0, 31)), max_size=40)
)
def test_everything_is_seated_once(edges: list[tuple[int, int | None, int]]) -> None:
    seats = [bridge(*edge)._replace(key=number) for number, edge in enumerate(edges)]
    found = seated(seats, LOST)
    assert sorted(key for key in found.keys if isinstance(key, int)) == list(range(len(seats)))
    depths = [one.depth for one in found.boxes]
    assert all(later <= depth + 1 for depth, later in pairwise(depths))


def test_a_deep_chain_costs_no_recursion() -> None:
    assert (
        len(seated([bridge(0, None), *(bridge(number, number - 1) for number in range(1, 20_000))], LOST).boxes)
        == 20_000
    )

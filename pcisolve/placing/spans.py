"""Whether a part is inside a run of places: a truth value once the part is fixed, else a literal."""

from __future__ import annotations

from typing import Any

from pcisolve.placing.desk import Desk
from pcisolve.problem.parts import Part


def within(desk: Desk, part: Part, low: int, high: int) -> Any:
    """Whether the part's place is from low to high, as the desk codes places."""
    place = desk.place(part)
    if isinstance(place, int):
        return low <= place <= high
    from ortools.sat.python import cp_model

    inside = cp_model.Domain(low, high)
    literal = desk.model.new_bool_var("")
    desk.model.add_linear_expression_in_domain(place, inside).only_enforce_if(literal)
    desk.model.add_linear_expression_in_domain(place, inside.complement()).only_enforce_if(~literal)
    return literal

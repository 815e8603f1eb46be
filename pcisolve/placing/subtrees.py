"""Below which of some controllers another one is, however deep: literals that follow the providers upwards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pcisolve.core.address import PLACES_PER_BUS
from pcisolve.placing.desk import Desk
from pcisolve.problem.parts import Controller


def below(desk: Desk, bridges: Iterable[Controller], top: Controller, tops: Iterable[Controller]) -> list[Any]:
    """For each bridge whether it is below `top`, with no other of `tops` between: truth values and literals."""
    ends = {one: one is top for one in tops}
    bridges = list(bridges)
    literals = {one: desk.model.new_bool_var("") for one in bridges if not desk.is_fixed(one)}
    known: dict[Controller, Any] = {**ends, **literals}
    for bridge, literal in literals.items():
        for other, plugged in desk.providers(bridge):
            if other is not bridge:
                _follow(desk, literal, _end(desk, other, known), plugged)
    return [_end(desk, bridge, known) for bridge in bridges]


def _end(desk: Desk, controller: Controller, known: dict[Controller, Any]) -> Any:
    """Where fixed places lead to: a top's truth value, an open bridge's literal, or False in a circle."""
    here = controller
    for _ in desk.controllers:
        if here in known:
            return known[here]
        place = desk.place(here) if desk.is_fixed(here) else None
        if place is None:
            return False
        here = desk.controllers[place // PLACES_PER_BUS]
    return False


def _follow(desk: Desk, literal: Any, above: Any, plugged: Any) -> None:
    """Plugged in there, a bridge is where that one is."""
    if plugged is False:
        return
    conditions = [] if plugged is True else [plugged]
    added = desk.model.add(literal == above)
    if conditions:
        added.only_enforce_if(conditions)

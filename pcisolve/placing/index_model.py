"""The model of open indexes (multi-domain scheme): which number each controller gets, and who provides whose bus.

A part's place is one integer: rank of the providing controller * 256 + slot * 8 + function. Ranks count controllers in
list order, so that a huge index costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from pcisolve.core.address import FUNCTIONS_PER_SLOT, PLACES_PER_BUS, SLOTS_PER_BUS
from pcisolve.placing.model import new_model
from pcisolve.problem.parts import Controller, Part

MAX_INDEX: Final = 0x7FFFFFFF
ANYWHERE: Final = (0, SLOTS_PER_BUS - 1)
Slots = tuple[int, int]  # first and last
Room = Callable[[Controller], Slots | None]


class IndexModel:
    """Variables for what is open; rules write their laws over them."""

    def __init__(self, controllers: Sequence[Controller]) -> None:
        self.model = new_model()
        from ortools.sat.python import cp_model

        self._cp = cp_model
        self.controllers = list(controllers)
        self.single_root = sum(1 for controller in self.controllers if controller.is_root) <= 1
        self._rank = {controller: rank for rank, controller in enumerate(self.controllers)}
        self._places: dict[Part, Any] = {}
        self._allowed: dict[Part, Any] = {}
        self._indexes: dict[Controller, Any] = {}
        self._domains: dict[Controller, Any] = {}
        self._on: dict[tuple[Part, Controller], Any] = {}

    def index(self, controller: Controller) -> Any:
        """The index of a controller: a number, or a variable while it is open."""
        if controller.index >= 0:
            return controller.index
        return self._variable(self._indexes, controller)

    def domain(self, controller: Controller) -> Any:
        """The PCI domain of a controller's bus: the root's own index, or a variable."""
        return self.index(controller) if controller.is_root else self._variable(self._domains, controller)

    def providers(self, part: Part) -> Iterator[tuple[Controller, Any]]:
        """Who may provide the part's bus, each with the literal that it does."""
        self._place(part)
        for controller in self.controllers:
            if not self._allowed[part].intersection_with(self._on_bus(controller, ANYWHERE)).is_empty():
                yield controller, self._is_on(part, controller)

    def confine(self, part: Part, room: Room) -> None:
        """The part sits on a bus, and in a slot of it, that `room` allows."""
        place = self._place(part)
        rooms = ((one, room(one)) for one in self.controllers)
        spans = [list(self._span(one, slots)) for one, slots in rooms if slots is not None]
        domain = self._cp.Domain.from_intervals(spans)
        self._allowed[part] = self._allowed[part].intersection_with(domain)
        if self._allowed[part].is_empty():
            self.model.add_bool_or([])
        else:
            self.model.add_linear_expression_in_domain(place, domain)

    def all_different(self, values: Sequence[Any]) -> None:
        """No two of these values are equal."""
        self.model.add_all_different(values)

    def when(self, conditions: Iterable[Any], relation: Any) -> None:
        """The relation (a truth value or a linear comparison) holds wherever all conditions do."""
        literals = list(conditions)
        if relation is True:
            return
        if relation is False:
            self.model.add_bool_or([~literal for literal in literals])
        else:
            self.model.add(relation).only_enforce_if(literals)

    def _variable(self, table: dict[Controller, Any], controller: Controller) -> Any:
        variable = table.get(controller)
        if variable is None:
            variable = table[controller] = self.model.new_int_var(0, MAX_INDEX, "")
        return variable

    def _place(self, part: Part) -> Any:
        variable = self._places.get(part)
        if variable is None:
            everywhere = self._allowed[part] = self._cp.Domain(0, len(self.controllers) * PLACES_PER_BUS - 1)
            variable = self._places[part] = self.model.new_int_var_from_domain(everywhere, "")
        return variable

    def _span(self, controller: Controller, slots: Slots) -> tuple[int, int]:
        """The places in some slots of a controller's bus, as an interval."""
        base, (first, last) = self._rank[controller] * PLACES_PER_BUS, slots
        return base + first * FUNCTIONS_PER_SLOT, base + last * FUNCTIONS_PER_SLOT + FUNCTIONS_PER_SLOT - 1

    def _on_bus(self, controller: Controller, slots: Slots) -> Any:
        return self._cp.Domain(*self._span(controller, slots))

    def _is_on(self, part: Part, controller: Controller) -> Any:
        literal = self._on.get((part, controller))
        if literal is None:
            literal = self._on[part, controller] = self.model.new_bool_var("")
            inside, place = self._on_bus(controller, ANYWHERE), self._place(part)
            self.model.add_linear_expression_in_domain(place, inside).only_enforce_if(literal)
            self.model.add_linear_expression_in_domain(place, inside.complement()).only_enforce_if(~literal)
        return literal

"""The desk a rule writes its law on: variables by part and controller, constraints by claim.

Two ways to use it. A plain desk (for solving) folds what is fixed: a pinned part is a number, not a
variable. A retractable desk (for explaining) makes every claim an assumption literal, so that the
solver can name the claims that cannot hold together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pcisolve.core.address import FUNCTIONS_PER_SLOT, PLACES_PER_BUS, SLOTS_PER_BUS
from pcisolve.placing.domains import domain_number
from pcisolve.placing.model import new_model
from pcisolve.problem.choice import Place
from pcisolve.problem.parts import Controller, Part

if TYPE_CHECKING:
    pass

MAX_INDEX = 0x7FFFFFFF
Interval = tuple[int, int]
Claim = tuple[Any, Any]
Room = Callable[[Controller], tuple[int, int] | None]
ANYWHERE = (0, SLOTS_PER_BUS - 1)


class Desk:
    """Variables and constraints of one question.

    A part's place is one integer: rank of the providing controller * 256 + slot * 8 + function. Ranks
    count controllers in list order, so a huge index costs nothing.
    """

    def __init__(self, controllers: Sequence[Controller], *, retractable: bool = False) -> None:
        self.model = new_model()
        from ortools.sat.python import cp_model

        self._cp = cp_model
        self.retractable = retractable
        self.controllers = list(controllers)
        self.rank = {controller: rank for rank, controller in enumerate(self.controllers)}
        self.single_root = sum(1 for controller in self.controllers if controller.is_root) <= 1
        self.claims: dict[int, Claim] = {}
        self.refused: list[Claim] = []
        self._literals: dict[Claim, Any] = {}
        self._fixed: dict[Part, int] = {}
        self._allowed: dict[Part, Any] = {}
        self._places: dict[Part, Any] = {}
        self._index: dict[Controller, Any] = {}
        self._domain: dict[Controller, Any] = {}
        self._domain_numbers: dict[Controller, int] = {}
        self._on: dict[tuple[Part, Controller], Any] = {}
        self._by_index: dict[int, Controller] = {}
        for controller in self.controllers:
            self._by_index.setdefault(controller.index, controller)

    # -- what a rule reads -------------------------------------------------------------------

    def code(self, place: Place) -> int | None:
        """A place as the integer of a place variable; None when no such controller is on the desk."""
        controller = self._by_index.get(place.provider)
        if controller is None or place.slot >= SLOTS_PER_BUS or place.function >= FUNCTIONS_PER_SLOT:
            return None
        return self.rank[controller] * PLACES_PER_BUS + place.slot * FUNCTIONS_PER_SLOT + place.function

    def place_of(self, code: int) -> Place:
        """The place an integer stands for."""
        rank, devfn = divmod(code, PLACES_PER_BUS)
        return Place(self.controllers[rank].index, devfn // FUNCTIONS_PER_SLOT, devfn % FUNCTIONS_PER_SLOT)

    def span(self, controller: Controller, first_slot: int = 0, last_slot: int = SLOTS_PER_BUS - 1) -> Interval:
        """The places of a controller's bus, as an interval."""
        base = self.rank[controller] * PLACES_PER_BUS
        return base + first_slot * FUNCTIONS_PER_SLOT, base + last_slot * FUNCTIONS_PER_SLOT + FUNCTIONS_PER_SLOT - 1

    def place(self, part: Part) -> Any:
        """The place of a part: a number once it is fixed, else a variable."""
        fixed = self._fixed.get(part)
        if fixed is not None:
            return fixed
        variable = self._places.get(part)
        if variable is None:
            domain = self._allowed.get(part) or self._everywhere()
            variable = self._places[part] = self.model.new_int_var_from_domain(domain, "")
        return variable

    def is_fixed(self, part: Part) -> bool:
        """Whether the part's place is a number already."""
        return part in self._fixed

    def index(self, controller: Controller) -> Any:
        """The index of a controller: a number, or a variable while it is open (multi-domain scheme)."""
        if controller.index >= 0:
            return controller.index
        variable = self._index.get(controller)
        if variable is None:
            variable = self._index[controller] = self.model.new_int_var(0, MAX_INDEX, "")
        return variable

    def domain(self, controller: Controller) -> Any:
        """The PCI domain of a controller's bus: a number where all above it is fixed, else a variable."""
        if controller.is_root:
            return self.index(controller)
        number = self.domain_number(controller)
        if number is not None:
            return number
        variable = self._domain.get(controller)
        if variable is None:
            variable = self._domain[controller] = self.model.new_int_var(0, MAX_INDEX, "")
        return variable

    def domain_number(self, controller: Controller) -> int | None:
        """The domain that fixed places lead to; None while something above is open or goes in a circle."""
        return domain_number(controller, self.controllers, self._fixed, self._domain_numbers)

    def inside(self, controller: Controller, root: Controller) -> Any:
        """Whether a controller's bus is in a root's domain: a truth value or a literal."""
        domain, index = self.domain(controller), self.index(root)
        if isinstance(domain, int) and isinstance(index, int):
            return domain == index
        literal = self.model.new_bool_var("")
        self.model.add(domain == index).only_enforce_if(literal)
        self.model.add(domain != index).only_enforce_if(~literal)
        return literal

    def providers(self, part: Part) -> Iterator[tuple[Controller, Any]]:
        """Who may provide the part's bus, each with the truth value or literal that it does."""
        place = self.place(part)
        if isinstance(place, int):
            yield self.controllers[place // PLACES_PER_BUS], True
            return
        allowed = self._allowed.get(part)
        for controller in self.controllers:
            low, high = self.span(controller)
            if allowed is None or not allowed.intersection_with(self._cp.Domain(low, high)).is_empty():
                yield controller, self.on(part, controller)

    def on(self, part: Part, controller: Controller) -> Any:
        """Whether the part is plugged into this controller: a truth value or a literal."""
        place = self.place(part)
        low, high = self.span(controller)
        if isinstance(place, int):
            return low <= place <= high
        literal = self._on.get((part, controller))
        if literal is None:
            literal = self._on[part, controller] = self.model.new_bool_var("")
            inside = self._cp.Domain(low, high)
            self.model.add_linear_expression_in_domain(place, inside).only_enforce_if(literal)
            self.model.add_linear_expression_in_domain(place, inside.complement()).only_enforce_if(~literal)
        return literal

    # -- what a rule writes ------------------------------------------------------------------

    def require(self, claim: Claim, holds: bool) -> None:
        """A law that the input alone decides."""
        if not holds:
            self._refuse(claim)

    def fix(self, claim: Claim, part: Part, place: Place) -> None:
        """The part sits exactly there."""
        code = self.code(place)
        if code is None:
            self._refuse(claim)
        elif self.retractable:
            self.model.add(self.place(part) == code).only_enforce_if(self.literal(claim))
        elif part in self._fixed and self._fixed[part] != code:
            self._refuse(claim)
        else:
            if part in self._allowed or part in self._places:
                self.limit(claim, part, [(code, code)])
            self._fixed[part] = code

    def limit(self, claim: Claim, part: Part, intervals: Sequence[Interval]) -> None:
        """The part sits in one of these intervals of places; none at all means nowhere."""
        fixed = self._fixed.get(part)
        if fixed is not None:
            if not any(low <= fixed <= high for low, high in intervals):
                self._refuse(claim)
            return
        domain = self._cp.Domain.from_intervals([list(interval) for interval in intervals])
        if self.retractable or part in self._places:
            added = self.model.add_linear_expression_in_domain(self.place(part), domain)
            if self.retractable:
                added.only_enforce_if(self.literal(claim))
            return
        domain = domain.intersection_with(self._allowed.get(part) or self._everywhere())
        if domain.is_empty():
            self._refuse(claim)
        else:
            self._allowed[part] = domain

    def confine(self, claim: Claim, part: Part, room: Room) -> None:
        """The part sits on a bus, and in a slot of it, that `room` allows."""
        fixed = self._fixed.get(part)
        if fixed is not None:
            rank, devfn = divmod(fixed, PLACES_PER_BUS)
            slots = room(self.controllers[rank])
            if slots is None or not slots[0] <= devfn // FUNCTIONS_PER_SLOT <= slots[1]:
                self._refuse(claim)
            return
        rooms = ((one, room(one)) for one in self.controllers)
        self.limit(claim, part, [self.span(one, *slots) for one, slots in rooms if slots is not None])

    def differ(self, claim: Claim, parts: Sequence[Part]) -> None:
        """No two of these parts share a place."""
        places = [self.place(part) for part in parts]
        fixed = [place for place in places if isinstance(place, int)]
        if len(set(fixed)) < len(fixed):
            self._refuse(claim)
        elif self.retractable:
            for position, place in enumerate(places):
                for other in places[:position]:
                    self.model.add(place != other).only_enforce_if(self.literal(claim))
        elif len(fixed) < len(places):
            self.model.add_all_different(places)

    def all_different(self, claim: Claim, values: Sequence[Any]) -> None:
        """No two of these values are equal."""
        numbers = [value for value in values if isinstance(value, int)]
        if len(set(numbers)) < len(numbers):
            self._refuse(claim)
        elif len(numbers) < len(values):
            self.model.add_all_different(values)

    def when(self, claim: Claim, conditions: Iterable[Any], relation: Any) -> None:
        """The relation (a truth value or a linear comparison) holds wherever all conditions do."""
        literals = []
        for condition in conditions:
            if condition is False:
                return
            if condition is not True:
                literals.append(condition)
        if self.retractable:
            literals.append(self.literal(claim))
        if relation is True:
            return
        if relation is False:
            if not literals:
                self._refuse(claim)
            else:
                self.model.add_bool_or([~literal for literal in literals])
            return
        added = self.model.add(relation)
        if literals:
            added.only_enforce_if(literals)

    def at_most(self, claim: Claim, literals: Sequence[Any], limit: int) -> None:
        """At most so many of these truth values and literals are true."""
        sure = sum(1 for literal in literals if literal is True)
        open_ones = [literal for literal in literals if not isinstance(literal, bool)]
        if sure > limit:
            self._refuse(claim)
        elif sure + len(open_ones) > limit:
            added = self.model.add_linear_constraint(sum(open_ones), 0, limit - sure)
            if self.retractable:
                added.only_enforce_if(self.literal(claim))

    def literal(self, claim: Claim) -> Any:
        """The assumption that stands for a claim."""
        literal = self._literals.get(claim)
        if literal is None:
            literal = self._literals[claim] = self.model.new_bool_var("")
            self.claims[literal.index] = claim
        return literal

    def _refuse(self, claim: Claim) -> None:
        self.refused.append(claim)
        if self.retractable:
            self.model.add_bool_or([~self.literal(claim)])
        else:
            self.model.add_bool_or([])

    def _everywhere(self) -> Any:
        return self._cp.Domain(0, len(self.controllers) * PLACES_PER_BUS - 1)

    @property
    def assumptions(self) -> list[Any]:
        """Every claim's literal, in the order in which the claims were made."""
        return list(self._literals.values())

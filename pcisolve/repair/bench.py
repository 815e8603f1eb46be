"""Free slots and indexes of a guest, each handed out once."""

from __future__ import annotations

from pcisolve.core.address import FUNCTIONS_PER_SLOT, HIGHEST_FLAT_INDEX, SLOTS_PER_BUS, Address
from pcisolve.core.node import Node
from pcisolve.firmware.windows import needs
from pcisolve.problem.kin import Slots
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Question


class Bench:
    """Where remedies take places and indexes from; what one remedy took, the next does not get."""

    def __init__(self, question: Question, layout: Layout | None, of: Bench | None = None) -> None:
        """One on which as much was taken as on another one; nothing without that."""
        self.question = question
        self.problem: Problem = question.problem
        self.layout = layout
        self._own: set[int] = set()
        self._taken: set[tuple[int, int]] = set()
        self._needs: dict[Controller, int] = {}  # found once, for all copies
        self._next_index: dict[int, int] = {}  # where to look on, by what it has to be above
        self._slots: Slots | None = None if of is None else of._slots
        if of is not None:
            self._own |= of._own
            self._taken |= of._taken
            self._needs = of._needs
            self._next_index.update(of._next_index)
            return
        self._own.update(one.index for one in self.problem.controllers)
        self._taken.update((place.provider, place.slot) for place in question.choice.places.values())
        self._taken.update((0, one.slot) for one in self.problem.machine.reserved)

    def copy(self) -> Bench:
        """One on which as much was taken, to take more from on its own."""
        return Bench(self.question, self.layout, self)

    @property
    def needs(self) -> dict[Controller, int]:
        """How many bus numbers each root and expander needs."""
        if not self._needs:
            self._needs.update(needs(self.question.layout))
        return self._needs

    def together(self, part: Part) -> list[Part]:
        """The part and what has to stay in one slot with it."""
        if self._slots is None:
            self._slots = Slots(self.question.choice.places)
        return self._slots.together(part)

    def function_of(self, part: Part) -> int:
        """The function a part is at; 0 while it has no place."""
        place = self.question.choice.places.get(part)
        return 0 if place is None else place.function

    @property
    def devices(self) -> Node | None:
        """The <devices> element."""
        return self.problem.root.first("devices")

    def controller(self, index: int) -> Controller | None:
        """The controller of this index, as the input or libvirt has it."""
        return next((one for one in self.question.controllers if one.index == index), None)

    def free_index(self, above: int = 0) -> int | None:
        """The lowest index above another one that no controller of the input has."""
        index = self._next_index.get(above, above + 1)
        while index in self._own:
            index += 1
        self._next_index[above] = index  # what is taken stays taken
        if self.problem.flat and index > HIGHEST_FLAT_INDEX:
            return None
        self._own.add(index)
        return index

    def free_slot(self, provider: Controller, *, like: int = -1, below: bool = False) -> int | None:
        """The lowest empty slot of a bus, above slot `like` if there is one; or the highest one below that."""
        model = provider.model
        if model is None:
            return None
        free = [
            slot
            for slot in range(model.min_slot, min(model.max_slot, SLOTS_PER_BUS - 1) + 1)
            if (provider.index, slot) not in self._taken
        ]
        if not free:
            return None
        lower = [slot for slot in free if slot < like]
        if below and not lower:
            return None
        slot = lower[-1] if below else next((slot for slot in free if slot > like), free[0])
        self._taken.add((provider.index, slot))
        return slot

    def address(self, provider: Controller, slot: int, function: int = 0) -> Address | None:
        """How a place is written in this guest's scheme; None where the domain of the bus is not known."""
        if function >= FUNCTIONS_PER_SLOT:
            return None
        if self.problem.flat:
            return Address(0, provider.index, slot, function)
        root = provider if provider.is_root else self.layout and self.layout.root_above(provider)
        if not root:
            return None
        return Address(root.index, 0 if provider.is_root else provider.index, slot, function)

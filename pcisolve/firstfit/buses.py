"""The buses of a guest while they fill up: reserve, search, grow."""

from __future__ import annotations

from pcisolve.catalog.behaviors import PORT_FOR_PCIE_TO_PCI_BRIDGE
from pcisolve.catalog.catalog import Catalog
from pcisolve.catalog.controllers import ControllerModel
from pcisolve.catalog.machines import Machine
from pcisolve.core.address import FUNCTIONS_PER_SLOT, SLOTS_PER_BUS
from pcisolve.core.kinds import CONVENTIONAL, EXPRESS, PCI_BRIDGE, PCIE_TO_PCI_BRIDGE, UPSTREAM_PORT
from pcisolve.problem.admits import takes
from pcisolve.problem.choice import Place
from pcisolve.problem.parts import Controller, Part

ANY_FUNCTION = -1


class CannotGrow(Exception):
    """No bus takes the part and none may be added for it. The argument is the rule that says so."""


class Bus:
    """One bus: what it accepts, and which functions of which slots are taken."""

    __slots__ = (
        "accepts",
        "aggregate",
        "automatic",
        "domain",
        "empty",
        "group",
        "index",
        "locked",
        "masks",
        "max_slot",
        "min_slot",
        "model",
    )

    def __init__(self, index: int, model: ControllerModel) -> None:
        self.index = index
        self.model = model
        self.accepts = model.accepts
        self.automatic = model.automatic
        self.min_slot = model.min_slot
        self.max_slot = model.max_slot
        self.masks = [0] * SLOTS_PER_BUS
        self.aggregate = 0
        self.group = 0
        self.locked = False
        self.empty = True
        self.domain: int | None = None

    def admits(self, part: Part, *, explicit: bool) -> bool:
        """Whether the part may be plugged in here (rule alg-compatible)."""
        if part.integrated and self.index:
            return False
        if explicit:
            return takes(self.accepts, part.explicit_needs, written=True)
        if part.automatic and not self.automatic and not part.integrated:
            return False
        return takes(self.accepts, part.needs, written=part.integrated)

    def is_full(self) -> bool:
        """Whether no slot between the lowest and the highest is wholly empty."""
        return 0 not in self.masks[self.min_slot : self.max_slot + 1]

    def free_place(self, shares_slot: bool, function: int) -> tuple[int, int] | None:
        """The first slot and function open to a part: an empty slot, or a shared one (rule alg-find)."""
        first = max(function, 0)
        for slot in range(self.min_slot, self.max_slot + 1):
            mask = self.masks[slot]
            if mask == 0:
                return slot, first
            if shares_slot and mask != 0xFF and self.aggregate >> slot & 1:
                for free in range(FUNCTIONS_PER_SLOT):
                    if not mask >> free & 1:
                        return slot, free
        return None

    def shared_place(self) -> tuple[int, int] | None:
        """The first free function of a slot that root ports share already; None for none."""
        for slot in range(self.min_slot, self.max_slot + 1):
            mask = self.masks[slot]
            if mask != 0xFF and self.aggregate >> slot & 1:
                return slot, next(free for free in range(FUNCTIONS_PER_SLOT) if not mask >> free & 1)
        return None

    def reserve(self, slot: int, function: int, part: Part, *, explicit: bool) -> bool:
        """Take a function; False when it is taken already. Sets the bus's isolation group (alg-isolation)."""
        mask = self.masks[slot]
        if mask >> function & 1:
            return False
        if mask == 0 and part.shares_slot:
            self.aggregate |= 1 << slot
        if self.empty and not self.locked:
            self.group = part.group
        elif explicit and self.group != part.group:
            self.group = 0
        self.masks[slot] = mask | 1 << function
        if self.min_slot <= slot <= self.max_slot:
            self.empty = False
        return True


class Buses:
    """All buses by controller index, lowest first."""

    def __init__(self, machine: Machine, catalog: Catalog, *, ordered_parents: bool) -> None:
        self.machine, self.catalog = machine, catalog
        self.ordered_parents = ordered_parents
        self.by_index: dict[int, Bus] = {}
        self.order: list[Bus] = []
        self._cursors: dict[tuple[int, bool, bool], int] = {}

    def append(self, index: int, model: ControllerModel) -> Bus:
        """Add a bus whose index is above all others."""
        bus = Bus(index, model)
        self.by_index[index] = bus
        self.order.append(bus)
        return bus

    @property
    def next_index(self) -> int:
        """One above the highest index."""
        return self.order[-1].index + 1 if self.order else 0

    def find(self, part: Part, function: int = ANY_FUNCTION) -> Place | None:
        """The first place open to an unaddressed part, or None."""
        limit = part.index if self.ordered_parents and isinstance(part, Controller) else None  # rule rfc-parent-lower
        if not self.machine.isolation and limit is None:
            return self._find_from_cursor(part, function)
        domain = part.domain if isinstance(part, Controller) else None
        for second_pass in (False, True):
            for bus in self.order:
                if limit is not None and bus.index >= limit:
                    break
                if domain is not None and bus.domain != domain:
                    continue
                if second_pass:
                    if not bus.empty or bus.locked:
                        continue
                elif bus.group != part.group:
                    continue
                if bus.admits(part, explicit=False):
                    found = bus.free_place(part.shares_slot, function)
                    if found is not None:
                        return Place(bus.index, *found)
        return None

    def _find_from_cursor(self, part: Part, function: int) -> Place | None:
        """Buses only fill up, so alike parts never look again at a bus that had no room."""
        key = (part.needs, part.automatic, part.integrated)
        position = self._cursors.get(key, 0)
        while position < len(self.order):
            bus = self.order[position]
            if bus.admits(part, explicit=False):
                found = bus.free_place(part.shares_slot, function)
                if found is not None:
                    self._cursors[key] = position
                    return Place(bus.index, *found)
            position += 1
        self._cursors[key] = position
        return None

    def grow(self, part: Part, index: int) -> int:
        """Add the buses up to `index` that a part needs (rule alg-grow).

        Returns:
            The index of the part's bus: `index`, or one more when a bridge had to come first.

        Raises:
            CannotGrow: nothing is ever added for this kind of part.
        """
        missing = index - self.next_index + 1
        if missing <= 0:
            return index
        model, entry = self._growth_models(part)
        if entry and missing == 1:
            missing, index = missing + 1, index + 1
        for position, name in enumerate((entry + [model] * missing)[:missing]):
            bus = self.append(self.next_index, self.catalog_model(name))
            if position == 0 and entry:
                # Kept for the bridge that follows, so that no other device takes its only slot.
                bus.accepts = self.catalog_model(entry[1]).needs
        return index

    def _growth_models(self, part: Part) -> tuple[str, list[str]]:
        """What is added for a part, and what has to come before the first of it."""
        if part.needs & CONVENTIONAL:
            model = self.machine.grows_conventional
            if model and not self.catalog_model(model).root and not any(bus.accepts & PCI_BRIDGE for bus in self.order):
                return model, list(self.machine.legacy_entry)
        elif part.needs & (EXPRESS | UPSTREAM_PORT) or self._grows_for_bridge(part):
            model = self.machine.grows_express
        else:
            raise CannotGrow(_growth_rule(part))
        if not model:
            raise CannotGrow("alg-grow")
        return model, []

    def _grows_for_bridge(self, part: Part) -> bool:
        return bool(part.needs & PCIE_TO_PCI_BRIDGE) and self.catalog.behaves(PORT_FOR_PCIE_TO_PCI_BRIDGE)

    def catalog_model(self, name: str) -> ControllerModel:
        """A model that a machine's data names; the catalog has checked that it exists."""
        model = self.catalog.controller(name)
        if model is None:
            raise CannotGrow("alg-grow")
        return model


def _growth_rule(part: Part) -> str:
    if part.model is not None and part.model.name == "pcie-to-pci-bridge":
        return "pcie-to-pci-bridge-no-autogrow"
    return "alg-grow"

"""What the base has on its buses already, bus by bus."""

from __future__ import annotations

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.core.kinds import UPSTREAM_PORT
from pcisolve.core.node import Node
from pcisolve.firstfit.buses import Bus
from pcisolve.firstfit.chipset import builtin_part
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part

_WHOLE = 0xFF  # all functions of a slot


class Occupancy:
    """The buses of a settled guest by controller index, and the root or expander each belongs to."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.controllers = [one for one in layout.controllers if one.model is not None]
        self.buses: dict[int, Bus] = {}
        for one in self.controllers:
            if one.model is not None:
                self.buses[one.index] = Bus(one.index, one.model)
        for reserved in layout.problem.machine.reserved:
            if 0 in self.buses:
                self.buses[0].reserve(reserved.slot, reserved.function, builtin_part(), explicit=True)
        for part, place in layout.places.items():
            if place.provider in self.buses:
                self.buses[place.provider].reserve(place.slot, place.function, part, explicit=True)

    def close_switches(self) -> None:
        """Take every slot of the switches that are there: a plan that declares them says all that is on them."""
        for one in self.controllers:
            if one.needs & UPSTREAM_PORT:
                bus = self.buses[one.index]
                for slot in range(bus.min_slot, bus.max_slot + 1):
                    bus.masks[slot] = bus.masks[slot] or _WHOLE

    @property
    def models(self) -> dict[str, ControllerModel]:
        """The models of its controllers, by name."""
        return {one.model.name: one.model for one in self.controllers if one.model is not None}

    def site_of(self, controller: Controller) -> int:
        """The index of the root or expander that a controller is, or is below."""
        here: Controller | None = controller
        for _ in self.controllers:
            if here is None or here.begins_root:
                break
            here = self.layout.provider(here)
        return here.index if here is not None else 0

    def domain_of(self, controller: Controller) -> int:
        """The index of the root that a controller is, or is below."""
        root = controller if controller.is_root else self.layout.root_above(controller)
        return root.index if root is not None else 0


def planned_part(name: str, needs: int) -> Part:
    """A stand-in for a device of the plan while its slot is kept."""
    part = Part("planned", None, Node("planned", {"name": name}, -1))
    part.needs = part.explicit_needs = needs
    return part

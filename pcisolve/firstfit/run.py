"""The two passes of libvirt's placing: a dry one that grows the buses, a real one that places (rule alg-main)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.core.address import FUNCTIONS_PER_SLOT, HIGHEST_FLAT_INDEX, SLOTS_PER_BUS, Address
from pcisolve.core.kinds import CONVENTIONAL, EXPRESS
from pcisolve.core.node import Node
from pcisolve.firstfit.buses import ANY_FUNCTION, Buses, CannotGrow
from pcisolve.firstfit.chipset import chipset_step
from pcisolve.firstfit.order import USB2_FUNCTION, parts_in_turn, usb2_set
from pcisolve.firstfit.values import fill_values
from pcisolve.problem.choice import Choice, Failure, Kept, Place
from pcisolve.problem.own_place import at_own_place
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.problem.table import Found, NoSuchController

NO_ROOM_FOR_ADDED = "alg-materialise"  # the devices come first and leave no slot to the controller added for them


def choose(problem: Problem, kept: Kept = Kept()) -> Choice:  # noqa: B008  # nobody changes it
    """Where libvirt's own search would put everything, around what is kept from an earlier layout."""
    choice = Choice(kept)
    settled: dict[Part, Place] = dict(kept.places)
    if problem.controllers:
        dry = Pass(problem, choice, settled, dry=True)
        dry.run()
        choice.added = dry.added()
        choice.failures += dry.failures
    real = Pass(problem, choice, settled, dry=False)
    real.run()
    choice.places.update(settled)
    choice.failures += real.failures
    fill_values(problem, choice)
    return choice


class Pass:
    """One walk over all parts. The dry pass adds buses where room is missing and forgets the places it
    finds, but not those of the chipset step, which both passes share in `settled`."""

    def __init__(self, problem: Problem, choice: Choice, settled: dict[Part, Place], *, dry: bool) -> None:
        self.problem, self.choice, self.settled, self.dry = problem, choice, settled, dry
        self.fills_gaps = problem.fills_gaps
        self.buses = Buses(problem.machine, problem.catalog, ordered_parents=not problem.flat)
        self.failures: list[Failure] = []
        self._create_buses()

    @property
    def controllers(self) -> list[Controller]:
        """The input's and the implicit PCI controllers with those added for room."""
        return self.problem.listed(self.choice.added)

    def _create_buses(self) -> None:
        by_index: dict[int, Controller] = {}
        for controller in self.controllers:
            if controller.model is not None:
                by_index[controller.index] = controller
        highest = max(by_index, default=-1)
        if self.fills_gaps and highest <= HIGHEST_FLAT_INDEX:
            gap = self._gap(by_index.get(0))
            indexes: Iterable[int] = range(highest + 1)
        else:
            gap, indexes = None, sorted(by_index)
        for index in indexes:
            model = by_index[index].model if index in by_index else gap
            if model is not None:
                self.buses.append(index, model)
        for controller in by_index.values():
            if not self.problem.flat and controller.index in self.buses.by_index:
                self.buses.by_index[controller.index].domain = self.problem.table.domain_of(controller)
        if not self.problem.flat:
            self._settle_domains()
        if self.problem.machine.isolation and 0 in self.buses.by_index:
            self.buses.by_index[0].locked = True  # rule phb-default-locked

    def _gap(self, root: Controller | None) -> ControllerModel | None:
        """What a missing index becomes; where the root is written by hand, that depends on which it is."""
        machine = self.problem.machine
        by_hand = not machine.root and root is not None and root.model is not None and not root.model.express
        return self.problem.catalog.controller(machine.grows_conventional if by_hand else machine.gap)

    def run(self) -> None:
        """Explicit places, then the chipset's, then everything that is still open."""
        self.prepare()
        if not self.dry and not self.problem.machine.supports_pci:
            return  # a root written by hand is kept, and nothing is put on it
        if self.dry:
            self._reserve_extra_slot()
        for part in parts_in_turn(self.problem, self.controllers):
            if part not in self.settled and part not in self.choice.places:
                self.place(part)
        if self.dry:
            self._reserve_extra_root_port()

    def prepare(self) -> None:
        """Reserve explicit places, then the chipset's."""
        self._reserve_explicit()
        chipset_step(self)

    def _reserve_explicit(self) -> None:
        for part in self.problem.parts:
            settled = self.settled.get(part)
            if settled is not None:
                self._reserve(part, settled)
            elif part.pinned is not None and part.needs:
                self._reserve_address(part, part.pinned)

    def _settle_domains(self) -> None:
        """The PCI domain of each bus whose controller is kept; parents have the lower index there."""
        kept = [one for one in self.settled if isinstance(one, Controller)]
        for controller in sorted(kept, key=lambda one: one.index):
            above = self.buses.by_index.get(self.settled[controller].provider)
            if above is not None and controller.index in self.buses.by_index:
                self.buses.by_index[controller.index].domain = above.domain

    def _reserve_address(self, part: Part, address: Address) -> None:
        index = self.problem.provider_index(address)
        place = Place(index, address.slot, address.function)
        if address.slot >= SLOTS_PER_BUS or address.function >= FUNCTIONS_PER_SLOT:
            return  # rules addr-slot-5bit and addr-function-3bit
        if self.problem.flat and (address.domain or address.bus > HIGHEST_FLAT_INDEX):
            return  # rules addr-domain-zero and addr-bus-8bit
        if not self.problem.flat and not self._names_a_bus(address):
            return  # rule rfc-address-lookup
        if at_own_place(part):
            if self.problem.controllers:
                self.choice.places[part] = place  # and nothing is reserved
            return
        if self.dry and self.fills_gaps and index <= HIGHEST_FLAT_INDEX:
            with suppress(CannotGrow):  # then no controller provides the bus: rule addr-bus-exists
                place = place._replace(provider=self.buses.grow(part, index))
            if place.provider != index:
                self.choice.moved[part] = place
        self._reserve(part, self.choice.moved.get(part, place))
        self.choice.places[part] = self.choice.moved.get(part, place)

    def _names_a_bus(self, address: Address) -> bool:
        """Whether a multi-domain address names a bus of the input, or one that may be added below the only root."""
        found = self.problem.table.lookup(address.domain, address.bus)
        return isinstance(found, Found) or (self.fills_gaps and isinstance(found, NoSuchController))

    def _reserve(self, part: Part, place: Place) -> None:
        bus = self.buses.by_index.get(place.provider)
        if bus is not None:
            bus.reserve(place.slot, place.function, part, explicit=True)

    def settle(self, part: Part, place: Place) -> None:
        """Give a part its place of the chipset step; both passes remember it."""
        if part.pinned is None and part not in self.settled:
            self.settled[part] = place
            self.choice.chipset.add(part)
            self._reserve(part, place)
        elif part.pinned is not None and part.pinned == (0, 0, place.slot, place.function):
            self._reserve(part, place)

    def search(self, part: Part, function: int = ANY_FUNCTION) -> Place | None:
        """Place an unaddressed part in the first place that is open, growing in the dry pass."""
        place = self.buses.find(part, function)
        if place is None and self.dry:
            place = self._grow_for(part, function)
        if place is None:
            if not self.dry or not self.problem.machine.supports_pci:
                rule = "alg-find" if self.buses.order else "no-pci-buses"
                self.failures.append(Failure(self._reason(part, rule), part))
            return None
        self.buses.by_index[place.provider].reserve(place.slot, place.function, part, explicit=False)
        if isinstance(part, Controller) and part.index in self.buses.by_index:
            self.buses.by_index[part.index].domain = self.buses.by_index[place.provider].domain
        if not self.dry:
            self.choice.places[part] = place
        return place

    def _grow_for(self, part: Part, function: int) -> Place | None:
        if self.problem.flat and self.buses.next_index > HIGHEST_FLAT_INDEX + 1:
            return None  # one bus too many is enough to tell
        try:
            index = self.buses.grow(part, self.buses.next_index)
        except CannotGrow:
            return None
        if self.problem.flat and index > HIGHEST_FLAT_INDEX + 1:
            return None
        return Place(index, self.buses.by_index[index].min_slot, max(function, 0))

    def _reason(self, part: Part, rule: str) -> str:
        """Why growth did not help, which is what libvirt reports for a controller without a place."""
        if rule == "alg-find" and isinstance(part, Controller):
            try:
                Buses.grow(self.buses, part, self.buses.next_index)
            except CannotGrow as reason:
                return str(reason)
        return rule

    def place(self, part: Part) -> None:
        """Place one part; the ICH9 USB set shares a slot, each member at a function of its own."""
        function = USB2_FUNCTION.get(part.view.get("model") or "") if part.kind == "controller" else None
        if function is None or part.view.get("type") != "usb":
            self.search(part)
            return
        for sibling in usb2_set(self.problem, part):
            place = self.settled.get(sibling) or self.choice.places.get(sibling)
            if place is not None:
                shared = place._replace(function=function)
                self.settled[part] = shared
                self._reserve(part, shared)
                if function == 0:
                    self.choice.multifunction.add(part)
                return
        self.search(part, function)
        if function == 0:
            self.choice.multifunction.add(part)

    def _reserve_extra_slot(self) -> None:
        """Room for one conventional device more, unless every slot is taken (rule alg-extra-slot)."""
        if self.problem.machine.extra_slot and not all(bus.is_full() for bus in self.buses.order):
            self.search(_imaginary(CONVENTIONAL))

    def _reserve_extra_root_port(self) -> None:
        """A spare hot-plug port for a guest that left its controllers to libvirt (rule alg-extra-root-port)."""
        none_but_roots = all(one.is_root for one in self.problem.controllers)
        if (
            self.problem.machine.extra_root_port
            and none_but_roots
            and len(self.buses.order) > len(self.problem.controllers)
        ):
            self.search(_imaginary(EXPRESS))

    def added(self) -> list[Controller]:
        """A controller for every bus that has none; placing one may add further buses (rule alg-materialise)."""
        have = {controller.index for controller in self.problem.controllers}
        added: list[Controller] = []
        position = 0
        while position < len(self.buses.order):
            bus = self.buses.order[position]
            position += 1
            if bus.index in have or (bus.index > HIGHEST_FLAT_INDEX + 1 and self.problem.flat):
                continue
            controller = added_controller(self.problem, bus.index, bus.model.name)
            added.append(controller)
            if not controller.is_root and self.search(controller) is None and self.problem.flat:
                self.failures.append(Failure(NO_ROOM_FOR_ADDED, controller))
        return added


def added_controller(problem: Problem, index: int, model: str) -> Controller:
    """A controller that is not in the input."""
    node = Node("controller", {"type": "pci", "index": str(index), "model": model}, -1)
    controller = Controller(None, node, problem.catalog.controller(model), index)
    controller.added = True
    return controller


def _imaginary(needs: int) -> Part:
    part = Part("imaginary", None, Node("imaginary", {}, -1))
    part.needs = part.explicit_needs = needs
    part.automatic = True
    return part

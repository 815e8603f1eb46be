"""A layout: every part's address and every value that goes with it, checked without a solver."""

from __future__ import annotations

from collections import Counter

from pcisolve.core.address import Address
from pcisolve.problem.choice import Choice, Place
from pcisolve.problem.parts import Controller, Part, ZpciIds
from pcisolve.problem.problem import Problem


class Layout:
    """Where everything is. Parts without an address are absent from `places` and `addresses`.

    A place names the providing controller by index; an address is what the XML says (`address_of`).
    """

    def __init__(self, problem: Problem, choice: Choice) -> None:
        self.problem = problem
        self.choice = choice
        self.controllers: list[Controller] = problem.listed(choice.added)
        self.places: dict[Part, Place] = choice.places
        self.addresses: dict[Part, Address] = choice.addresses
        self.targets = choice.targets
        self.zpci: dict[Part, ZpciIds] = choice.zpci
        self.multifunction: set[Part] = choice.multifunction
        self.by_index: dict[int, Controller] = {}
        for controller in self.controllers:
            self.by_index.setdefault(controller.index, controller)
        self.bus_needs: dict[Controller, int] = {}  # filled by firmware.windows.needs
        self.startup: object = None  # problem.start.startup keeps here what it found
        self._children_of_root: Counter[Controller | None] | None = None

    def provider(self, part: Part) -> Controller | None:
        """The controller a part is plugged into."""
        place = self.places.get(part)
        return None if place is None else self.by_index.get(place.provider)

    def root_above(self, part: Part) -> Controller | None:
        """The root that a part's bus belongs to; None where a place on the way up is open or goes in a circle."""
        here = self.provider(part)
        for _ in self.controllers:
            if here is None or here.is_root:
                return here
            here = self.provider(here)
        return None

    @property
    def children_of_root(self) -> Counter[Controller | None]:
        """How many controllers are below each root, at any depth."""
        if self._children_of_root is None:
            self._children_of_root = Counter(self.root_above(one) for one in self.controllers if not one.is_root)
        return self._children_of_root

    def target(self, controller: Controller, option: str) -> int | str | None:
        """A <target> option as given or filled in."""
        given = controller.targets.get(option)
        return given if given is not None else self.targets.get(controller, {}).get(option)

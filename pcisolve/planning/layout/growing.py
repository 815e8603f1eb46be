"""Controllers that a plan adds, and their buses while they fill up."""

from __future__ import annotations

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.planning.model.scene import Site


class NewController:
    """A controller that the plan adds. `parent` is None for a root; `index` is set by numbering."""

    __slots__ = ("function", "index", "model", "parent", "site", "slot", "targets")

    def __init__(self, model: ControllerModel, site: Site, index: int = -1) -> None:
        self.model, self.site, self.index = model, site, index
        self.parent: OpenBus | None = None
        self.slot = self.function = 0
        self.targets: dict[str, int] = {}


class OpenBus:
    """A bus with its free slots, lowest first, and the free functions of slots that controllers share."""

    __slots__ = ("free", "functions", "index", "owner", "position")

    def __init__(
        self, index: int, owner: NewController | None, free: list[int], functions: list[tuple[int, int]]
    ) -> None:
        self.index, self.owner, self.free, self.functions = index, owner, free, functions
        self.position = 0

    @property
    def number(self) -> int:
        """The index of the controller that provides it."""
        return self.index if self.owner is None else self.owner.index

    def take(self) -> int | None:
        """The lowest free slot, from now on taken."""
        if self.position == len(self.free):
            return None
        self.position += 1
        return self.free[self.position - 1]

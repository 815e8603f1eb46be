"""What can be added where: models below one another, and whether there are indexes left for a chain of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.placing.space import Host
from pcisolve.problem.admits import may_be_added, takes_added

_NEVER: Final = 1 << 30  # controllers


class Reach:
    """The buses there are and may be, and the indexes that are in use.

    Args:
        hosts: all of them; they may still be added to.
        written: whether controllers are added wherever libvirt accepts them with an address.
    """

    def __init__(self, hosts: Sequence[Host], given: Collection[int], *, written: bool) -> None:
        self.hosts, self.given, self.written = hosts, given, written

    def growth(self, models: Iterable[ControllerModel], machine: str) -> list[ControllerModel]:
        """Which of these models may be added below what is there, at any depth, parents first."""
        known = list(models)
        reached = list({host.model.name: host.model for host in self.hosts}.values())
        found: list[ControllerModel] = []
        for below in reached:  # it grows meanwhile
            for model in known:
                fits = may_be_added(model, machine) and takes_added(below, model, written=self.written)
                if model not in found and fits:
                    found.append(model)
                    reached.append(model)
        return found

    def is_reached(self, host: Host, bound: int) -> bool:
        """Whether such a controller can be added with an index below the bound, with all that it needs above it."""
        for start in self.hosts:
            lowest = min((one.index for one in start.members), default=0)
            if start.site != host.site or lowest >= bound or (start.added and not start.model.root):
                continue
            free = sum(index not in self.given for index in range(lowest + 1, bound))
            if free >= self._chain(start.model, host.model):
                return True
        return False

    def _chain(self, above: ControllerModel, model: ControllerModel) -> int:
        """How many controllers are added at least, so that one of a model is below one of another."""
        found, reached = 1, [above]
        known = [one.model for one in self.hosts if one.added]
        while not self._is_taken(model, reached):
            further = [one for one in known if one not in reached and self._is_taken(one, reached)]
            if not further:
                return _NEVER
            reached += further
            found += 1
        return found

    def _is_taken(self, model: ControllerModel, above: Sequence[ControllerModel]) -> bool:
        return any(takes_added(one, model, written=self.written) for one in above)

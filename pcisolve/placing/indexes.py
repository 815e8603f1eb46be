"""Indexes of controllers that are added: some have to be above that of the bus they are plugged into."""

from __future__ import annotations

from collections.abc import Callable

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.core.address import HIGHEST_FLAT_INDEX
from pcisolve.placing.layout_model import LayoutModel


def keep_indexes_above(layout: LayoutModel, test: Callable[[ControllerModel], bool]) -> None:
    """As many controllers of the models that a test picks on each bus as there are free indexes above its own."""
    picked = [number for number, model in enumerate(layout.space.growth) if test(model)]
    for host in layout.space.hosts:
        if host.members:
            lowest = min(one.index for one in host.members)
            free = sum(one not in layout.space.given for one in range(lowest + 1, HIGHEST_FLAT_INDEX + 1))
            layout.at_most(sum(layout.added.get((number, host.number), 0) for number in picked), free)

"""Indexes: a controller's is above that of the one it is plugged into, and some numbers are taken already."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.placing.layout_model import LayoutModel
from pcisolve.problem.parts import Controller

Test = Callable[[ControllerModel], bool]


def keep_indexes_below(layout: LayoutModel, test: Test) -> None:
    """Open controllers of the input are plugged into controllers of lower indexes."""
    opened = ((number, parts.parts[0]) for number, parts in enumerate(layout.space.classes))
    bounds = {
        number: part.index
        for number, part in opened
        if isinstance(part, Controller) and part.model is not None and test(part.model)
    }
    for site in range(len(layout.space.tops) + 1):
        for bound in sorted(set(bounds.values())):
            _leave_numbers(layout, site, bound, [number for number, index in bounds.items() if index <= bound])
    for number, bound in bounds.items():
        _plug_into_lower(layout, number, bound)


def _leave_numbers(layout: LayoutModel, site: int, bound: int, classes: Sequence[int]) -> None:
    """No more of what is added with one slot has one of these in it than there are free indexes below the bound."""
    space = layout.space
    ports = [host.number for host in space.hosts if host.added and host.site == site and host.slots == 1]
    plugged = [layout.heads[one, port] for one in classes for port in ports if (one, port) in layout.heads]
    if not plugged:
        return
    lowest = space.tops[site].index + 1 if site < len(space.tops) else 1
    free = sum(one not in space.given for one in range(lowest, bound))
    optional = [(layout.there[host.number], host.members) for host in space.hosts if host.optional]
    kept = (there - sum(not lowest <= one.index < bound for one in members) for there, members in optional)
    layout.at_most(sum(plugged), free)
    layout.at_most(sum(plugged) + sum(kept), free)


def _plug_into_lower(layout: LayoutModel, number: int, bound: int) -> None:
    """What is added below a controller of a higher index has a higher one itself, and is of no use here."""
    space = layout.space
    names = {model.name: one for one, model in enumerate(space.growth)}
    low = [host.number for host in space.hosts if not host.members or min(one.index for one in host.members) < bound]
    for host in space.hosts:
        head = layout.heads.get((number, host.number))
        if host.added and head is not None and host.model.name in names:
            here = {one.number for one in space.hosts if one.site == host.site}
            added = (layout.added.get((names[host.model.name], one), 0) for one in low if one in here)
            layout.at_most(head, host.slots * sum(added))

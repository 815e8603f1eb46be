"""Who made libvirt add a controller: what to point to when the added one is at fault."""

from __future__ import annotations

from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Point, name_of, point


def is_added(part: Part) -> bool:
    """Whether libvirt adds this PCI controller by itself, below or beside those of the input."""
    return isinstance(part, Controller) and part.node is None and part.index > 0


def highest_named(problem: Problem) -> tuple[str, Point] | None:
    """What names the highest bus or index of the guest, because libvirt adds every controller up to there.

    Returns:
        It in words ("disk vda names bus 255") and where it stands; None when nothing of the input names one.
    """
    best: tuple[int, str, Point] | None = None
    for part in problem.parts:
        asked = part.pinned
        if asked is not None and part.node is not None and (best is None or problem.provider_index(asked) > best[0]):
            bus = problem.provider_index(asked)
            best = bus, f"{name_of(part)} names bus {bus}", point(part, "bus")
    for one in problem.controllers:
        if one.node is not None and one.index_given and (best is None or one.index > best[0]):
            best = one.index, f"{name_of(one)} has index {one.index}", Point(one.node, "index")
    return None if best is None else best[1:]

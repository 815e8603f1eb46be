"""What is really at fault: who made libvirt add a controller, or that no machine is named."""

from __future__ import annotations

from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Point, name_of, point


def is_added(part: Part) -> bool:
    """Whether libvirt adds this PCI controller by itself, below or beside those of the input."""
    return isinstance(part, Controller) and part.node is None and part.index > 0


def why_added(problem: Problem) -> tuple[str, Point]:
    """What made libvirt add controllers, in words ("disk vda names bus 255") and where it stands.

    libvirt adds every controller up to the highest bus or index that the input names; where it names none, controllers
    are added for the devices that have no place.
    """
    highest = problem.highest_named
    if isinstance(highest, Controller) and highest.index_given and highest.node is not None:
        asked = highest.pinned
        if asked is None or problem.provider_index(asked) <= highest.index:
            return f"{name_of(highest)} has index {highest.index}", Point(highest.node, "index")
    if highest is not None and highest.pinned is not None:
        return f"{name_of(highest)} names bus {problem.provider_index(highest.pinned)}", point(highest, "bus")
    waiting = [part for part in problem.parts if part.wants and part.needs and part.node is not None]
    last = waiting[-1] if waiting else problem.parts[-1]
    return f"{len(waiting):,} parts wait for a place", point(last)


def machine_notes(problem: Problem) -> tuple[str, ...]:
    """That the guest leaves its machine to libvirt, for what breaks because of the machine; () where it names one."""
    node = problem.root.find("os/type")
    if node is None or node.get("machine") is not None:
        return ()
    return (f"the guest names no machine in <os><type machine=...>, so that libvirt takes {problem.machine.family}",)

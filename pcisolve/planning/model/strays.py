"""Devices of no NUMA node stay away from expander buses that have one, as long as there is room elsewhere."""

from __future__ import annotations

from typing import Any

from pcisolve.planning.file.values import SPREAD
from pcisolve.planning.model.counts import Counts
from pcisolve.planning.model.scene import Group, Scene, Site


def has_strays(scene: Scene) -> bool:
    """Whether such a device could land there, and spreading devices is not what the plan wants first."""
    if scene.plan.prefer[:1] == (SPREAD,) or not any(map(_is_unbound, scene.groups)):
        return False
    return any(map(_is_of_a_node, scene.sites)) and not all(map(_is_of_a_node, scene.sites))


def strays(counts: Counts) -> Any:
    """How many there are."""
    names = [one.name for one in counts.scene.groups if _is_unbound(one)]
    return counts.devices_at(names, [one for one in counts.scene.sites if _is_of_a_node(one)])


def _is_unbound(group: Group) -> bool:
    return not group.wish.nodes and not group.wish.roots


def _is_of_a_node(site: Site) -> bool:
    return not site.is_domain and site.node is not None

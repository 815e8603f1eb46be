"""What a layout costs the user, as levels: first things first, each held while the next one is asked."""

from __future__ import annotations

from typing import Any, Final

from pcisolve.placing.layout_model import LayoutModel
from pcisolve.placing.space import ENDPOINT

LEFT_OUT: Final = "left out"
MOVED: Final = "moved"
NOT_HOTPLUGGABLE: Final = "not hot-pluggable"
CONVENTIONAL: Final = "conventional slots"
CONTROLLERS: Final = "controllers"
UNUSUAL: Final = "controllers of other kinds than libvirt adds"
_EXPANDER: Final = 4


def level(layout: LayoutModel, name: str) -> Any:
    """What a level wants as low as possible."""
    if name == LEFT_OUT:
        return sum(layout.left.values())
    if name == MOVED:
        return sum(one.placed for one in layout.space.classes) - sum(layout.stays.values())
    if name == NOT_HOTPLUGGABLE:
        opened = (one for host, one in layout.opened.items() if layout.space.hosts[host].hotplug)
        return sum(opened) + sum(layout.tails.values()) + _unplugged(layout)
    if name == UNUSUAL:
        return _unusual(layout)
    return _conventional(layout) if name == CONVENTIONAL else layout.controllers


def _unusual(layout: LayoutModel) -> Any:
    """Added controllers that libvirt's own search never adds, or not there; an expander counts more."""
    found = []
    for (number, host), one in layout.added.items():
        model = layout.space.growth[number]
        if model.name not in layout.space.usual:
            found.append(one * (_EXPANDER if "busNr" in model.targets else 1))
        elif not layout.space.hosts[host].model.accepts & model.needs:
            found.append(one)
    return sum(found)


def _unplugged(layout: LayoutModel) -> Any:
    """Endpoints alone in a slot of a bus that takes none while the guest runs, where libvirt would put none."""
    found = []
    for (number, host), heads in layout.heads.items():
        parts = layout.space.classes[number]
        if parts.role == ENDPOINT and not layout.space.hosts[host].hotplug and host not in parts.unasked:
            found.append(heads - layout.stays.get((number, host), 0))
    return sum(found)


def _conventional(layout: LayoutModel) -> Any:
    """Endpoints in conventional slots that libvirt would put on PCI Express, where there is some."""
    if not any(host.model.express for host in layout.space.hosts):
        return 0
    found = []
    for (number, host), heads in layout.heads.items():
        parts = layout.space.classes[number]
        if parts.role == ENDPOINT and parts.express and not layout.space.hosts[host].model.express:
            found.append(heads + layout.tails.get((number, host), 0) - layout.stays.get((number, host), 0))
    return sum(found)

"""Windows of I/O ports: which bridges take one."""

from __future__ import annotations

from typing import Any, Final

from pcisolve.core.address import FUNCTIONS_PER_SLOT
from pcisolve.placing.layout_model import ALL, SURE, LayoutModel
from pcisolve.placing.space import Host

_TAILS: Final = FUNCTIONS_PER_SLOT - 1


def io_windows(model: LayoutModel) -> Any:
    """How many bridges take a window."""
    return sum(_io(model, host) for host in model.space.hosts)


def _io(layout: LayoutModel, host: Host) -> Any:
    """How many of a host's bridges take a window of I/O ports: those with I/O ports of their own, and of those that
    get one in any case the ones without such a bridge below them."""
    here = [number for number, parts in enumerate(layout.space.classes) if host.number in parts.io]
    heads = [layout.heads[one, host.number] for one in here if (one, host.number) in layout.heads]
    if host.number in layout.space.io and not host.model.root:
        return 1
    always = host.model.io_window and layout.io != SURE
    if host.model.root or not (heads or always):
        return 0
    takers, there = layout.number(layout.most), layout.there[host.number]
    layout.model.add(takers <= there)
    layout.model.add(sum(heads) <= host.slots * takers)
    tails = [layout.tails[one, host.number] for one in here if (one, host.number) in layout.tails]
    if tails:
        layout.model.add(sum(tails) <= _TAILS * host.slots * takers)
    if always and layout.io == ALL:
        layout.model.add(takers >= there)
    elif always:
        filled = layout.number(layout.most)
        layout.model.add(filled <= sum(_bridges_on(layout, host)))
        layout.model.add(takers + filled >= there)
    return takers


def _bridges_on(layout: LayoutModel, host: Host) -> list[Any]:
    """Bridges on a host's buses that get a window in any case."""
    growth, kept = enumerate(layout.space.growth), (one for one in layout.space.hosts if one.above == host.number)
    found = [layout.added.get((one, host.number), 0) for one, model in growth if model.io_window]
    found += [layout.there[one.number] for one in kept if one.model.io_window]
    for number, parts in enumerate(layout.space.classes):
        model = parts.parts[0].model
        if model is not None and model.io_window:
            found.append(layout.heads.get((number, host.number), 0))
    return [*found, int(host.number in layout.space.filled)]

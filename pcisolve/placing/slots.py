"""Slots and functions: what is on the buses of a host fits into their slots, and no two parts share a place."""

from __future__ import annotations

from typing import Final

from pcisolve.core.address import FUNCTIONS_PER_SLOT
from pcisolve.placing.layout_model import LayoutModel
from pcisolve.placing.space import CONTROLLER, ENDPOINT, PORT, Host

_TAILS: Final = FUNCTIONS_PER_SLOT - 1


def give_slots(model: LayoutModel) -> None:
    """Every part has a place of its own."""
    for host in model.space.hosts:
        _fit(model, host)
        _share(model, host)


def _fit(layout: LayoutModel, host: Host) -> None:
    """What is on the buses of a host fits into their slots; root ports share those of their own."""
    growth, number = layout.space.growth, host.number
    new = [(model, layout.added.get((one, number))) for one, model in enumerate(growth)]
    kept = [one for one in layout.space.hosts if one.optional and one.above == number]
    ports = [one for model, one in new if one is not None and model.shares_slot]
    ports += [layout.there[one.number] for one in kept if one.model.shares_slot]
    ports += layout.of_host(layout.heads, number, PORT)
    whole = [one for model, one in new if one is not None and not model.shares_slot]
    whole += [layout.there[one.number] for one in kept if not one.model.shares_slot]
    whole += layout.of_host(layout.heads, number, CONTROLLER) + layout.of_host(layout.heads, number, ENDPOINT)
    if ports:
        taken = layout.number(layout.most)
        layout.model.add(
            sum(ports) <= FUNCTIONS_PER_SLOT * taken + host.functions * (layout.there[number] if host.floats else 1)
        )
        whole.append(taken)
    if whole:
        layout.model.add(sum(whole) <= host.slots * layout.there[number])


def _share(layout: LayoutModel, host: Host) -> None:
    """Further functions of a slot: seven behind each head that opens its slot to others."""
    number = host.number
    tails = layout.of_host(layout.tails, number)
    if not tails:
        return
    heads = [
        layout.heads[one, number] for one, parts in enumerate(layout.space.classes) if (one, number) in layout.tails
    ]
    opened = layout.opened[number] = layout.number(layout.most)
    layout.model.add(sum(tails) <= _TAILS * opened)
    layout.model.add(sum(tails) >= opened)
    layout.model.add(opened <= sum(heads))

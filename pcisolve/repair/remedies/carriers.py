"""Controllers that a part needs above it and that libvirt never adds by itself, such as a switch's upstream port."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.core.address import Address
from pcisolve.core.change import Change, NewElement
from pcisolve.problem.parts import Controller, Part
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedy import Remedy

_LONGEST: Final = 3  # controllers one below the other


def with_carriers(bench: Bench, part: Part) -> Iterator[Remedy]:
    """The shortest chain of new controllers that ends in a bus for the part, and the part on it."""
    devices = bench.devices
    if devices is None or part.node is None:
        return
    for provider in bench.problem.controllers:
        chain = _chain(bench, provider, part)
        changes = list(_built(bench, provider, chain, part)) if chain else []
        if changes:
            names = ", ".join(model.name for model in chain)
            yield Remedy(f"below a new {names}", tuple(changes))
            return


def _chain(bench: Bench, provider: Controller, part: Part) -> list[ControllerModel]:
    """The models of the shortest chain from a bus to one that takes the part; [] without one, or with none needed."""
    if provider.model is None or part.explicit_needs & provider.model.accepts:
        return []
    machine = bench.problem.machine.family
    models = [one for one in bench.problem.catalog.controllers() if machine in (one.machines or (machine,))]
    chains: list[list[ControllerModel]] = [
        [one] for one in models if not one.root and one.explicit_needs & provider.model.accepts
    ]
    for _ in range(_LONGEST):
        for chain in chains:
            if part.explicit_needs & chain[-1].accepts:
                return chain
        chains = [[*chain, one] for chain in chains for one in models if not one.root and one.needs & chain[-1].accepts]
    return []


def _built(bench: Bench, provider: Controller, chain: list[ControllerModel], part: Part) -> Iterator[Change]:
    """The controllers as elements, each on the bus of the one before, and the part's address on the last."""
    slot = bench.free_slot(provider)
    place = None if slot is None else bench.address(provider, slot)
    above = provider.index
    for model in chain:
        index = bench.free_index(above)
        if place is None or index is None or bench.devices is None:
            return
        attributes = {"type": "pci", "index": str(index), "model": model.name}
        yield Change(bench.devices, "", NewElement("controller", attributes, (address_element(place),)))
        place, above = Address(place.domain, index, model.min_slot, 0), index
    if place is None or part.node is None:
        return
    if part.address_node is not None:
        yield Change(part.address_node, "", place)
    else:
        yield Change(part.node, "", address_element(place))
    if isinstance(part, Controller) and not bench.problem.flat and part.index < above:
        yield from _renumbered(bench, part, above)


def _renumbered(bench: Bench, part: Controller, above: int) -> Iterator[Change]:
    """An index above its parent's, and the addresses that name its bus."""
    index = bench.free_index(above)
    if index is None or part.node is None:
        return
    yield Change(part.node, "index", str(index))
    for one in bench.problem.parts:
        asked = one.pinned
        if asked is not None and one.address_node is not None and bench.problem.provider_index(asked) == part.index:
            yield Change(one.address_node, "", asked._replace(bus=index))


def address_element(address: Address) -> NewElement:
    """An <address> as libvirt prints it."""
    return NewElement("address", {"type": "pci", **address.attributes})

"""Addresses that cannot be: another slot, another bus, a port in between, or libvirt's own choice."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.core.address import FUNCTIONS_PER_SLOT, SLOTS_PER_BUS, Address
from pcisolve.core.change import Change, NewElement
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.table import Found, InOtherDomain, IsRootBus, NoSuchController, NoSuchDomain
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedies.carriers import address_element, with_carriers
from pcisolve.repair.remedies.machine import another_model
from pcisolve.repair.remedy import Remedies, Remedy, drop, free, move
from pcisolve.rules.address.bus import AskedBus
from pcisolve.rules.address.sharing import FixedPart, Shared
from pcisolve.rules.rule import Telling


def _provider(bench: Bench, part: Part) -> Controller | None:
    place = bench.question.choice.places.get(part)
    return None if place is None else bench.controller(place.provider)


def _number(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    """Slot and function cut down to what there is; or libvirt chooses."""
    asked = case.pinned
    if asked is not None and asked.bus < 1 << 31:
        mended = asked._replace(slot=min(asked.slot, SLOTS_PER_BUS - 1), function=0)
        if asked.function >= FUNCTIONS_PER_SLOT or asked.slot >= SLOTS_PER_BUS:
            yield from move(case, mended, "into range")
    yield from free(case)


def _domain(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    if case.pinned is not None:
        yield from move(case, case.pinned._replace(domain=0), "domain 0")
    yield from free(case)


def _slot(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    """A free slot of the same bus, with all that belongs together; or libvirt chooses."""
    provider = _provider(bench, case)
    slot = bench.free_slot(provider) if provider is not None else None
    if provider is not None and slot is not None:
        yield from _together(bench, bench.together(case), provider, slot, "free slot of the bus")
    yield from free(case)


def _kind(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    through = list(_through_port(bench, case))
    yield from through or with_carriers(bench, case)
    provider = _provider(bench, case)
    if provider is not None:
        yield from another_model(bench, case, provider)
    yield from free(case)


def _through_port(bench: Bench, case: Part) -> Iterator[Remedy]:
    """A port on the bus that was asked for, and the part behind it, with what belongs together with it."""
    provider, devices = _provider(bench, case), bench.devices
    if provider is None or provider.model is None or devices is None or case.address_node is None:
        return
    for port in bench.problem.catalog.controllers():
        if port.explicit_needs & provider.model.accepts and case.needs & port.accepts and port.automatic:
            slot, index = bench.free_slot(provider), bench.free_index(provider.index)
            plug = None if slot is None else bench.address(provider, slot)
            if plug is None or index is None:
                return
            attributes = {"type": "pci", "index": str(index), "model": port.name}
            element = NewElement("controller", attributes, (address_element(plug),))
            behind = [
                Change(one.address_node, "", Address(plug.domain, index, port.min_slot, bench.function_of(one)))
                for one in bench.together(case)
                if one.address_node is not None
            ]
            yield Remedy("through a port", (Change(devices, "", element), *behind))
            return


def _bus_missing(bench: Bench, case: AskedBus, telling: Telling) -> Iterator[Remedy]:
    yield from free(case.part)


def _integrated(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    root = bench.controller(0)
    slot = bench.free_slot(root) if root is not None else None
    if root is not None and slot is not None:
        yield from move(case, bench.address(root, slot), "bus 0")
    yield from free(case)


def _duplicate(bench: Bench, case: Shared, telling: Telling) -> Iterator[Remedy]:
    """All but the first move to free slots of the same bus, or where libvirt puts them; or the first does."""
    ordered = sorted(case.parts, key=lambda part: part.place_node.number)
    later = ordered if case.reserved is not None else ordered[1:]
    for parts, which in ((later, ""), (ordered[:1] if case.reserved is None else [], ", the other")):
        yield from _elsewhere(bench.copy(), parts, f"free slot of the bus{which}")
        yield from _freed(parts, f"free address{which}")
        if any(isinstance(part, Controller) for part in parts):  # buses behind a lower slot keep their numbers
            yield from _elsewhere(bench.copy(), parts, f"free slot below{which}", below=True)


def _elsewhere(bench: Bench, parts: list[Part], sort: str, *, below: bool = False) -> Iterator[Remedy]:
    """Each part to a free slot of its bus, with what belongs together with it."""
    changes: list[Change] = []
    moved: set[Part] = set()
    for part in parts:
        if part in moved:
            continue
        provider = _provider(bench, part)
        place = bench.question.choice.places.get(part)
        if provider is None or place is None:
            return
        slot = bench.free_slot(provider, like=place.slot, below=below)
        if slot is None:
            return
        group = bench.together(part)
        moved.update(group)
        changes += [one for remedy in _together(bench, group, provider, slot, sort) for one in remedy.changes]
    if changes:
        yield Remedy(sort, tuple(changes))


def _together(bench: Bench, group: list[Part], provider: Controller, slot: int, sort: str) -> Iterator[Remedy]:
    """Parts that belong together in this slot, each at the function it has; one alone at function 0."""
    changes: list[Change] = []
    for part in group:
        function = bench.function_of(part) if len(group) > 1 else 0
        changes += [one for remedy in move(part, bench.address(provider, slot, function), "") for one in remedy.changes]
    if changes:
        yield Remedy(sort, tuple(changes))


def _freed(parts: list[Part], sort: str) -> Iterator[Remedy]:
    changes = tuple(one for part in parts for remedy in free(part) for one in remedy.changes)
    if changes:
        yield Remedy(sort, changes)


def _fixed(bench: Bench, case: FixedPart, telling: Telling) -> Iterator[Remedy]:
    yield from move(case.part, Address(0, 0, case.fixed.slot, case.fixed.function), "chipset's place")
    yield from free(case.part)


def _lookup(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    """The bus that was most likely meant; a controller that provides it; or libvirt's own choice."""
    asked = case.pinned
    if asked is None:
        return
    match bench.problem.table.lookup(asked.domain, asked.bus):
        case IsRootBus(root):
            slot = bench.free_slot(root, like=asked.slot - 1)
            if slot is not None:
                yield from move(case, asked._replace(domain=root.index, bus=0, slot=slot), "bus 0 of that domain")
        case InOtherDomain(_, domain):
            yield from move(case, asked._replace(domain=domain), "domain of that bus")
            yield from _provided(bench, case, asked, bench.free_index(asked.domain))
        case NoSuchController(index):
            yield from _provided(bench, case, asked, index)
        case NoSuchDomain(_) | Found(_):
            for root in bench.problem.roots[:3]:
                yield from move(case, asked._replace(domain=root.index), f"domain {root.index}")
    yield from free(case)


def _provided(bench: Bench, case: Part, asked: Address, index: int | None) -> Iterator[Remedy]:
    """A port of this index below the domain's root, and the part behind it."""
    root, devices = bench.controller(asked.domain), bench.devices
    if root is None or root.model is None or devices is None or index is None or index <= root.index:
        return
    for port in bench.problem.catalog.controllers():
        fits = port.explicit_needs & root.model.accepts and case.explicit_needs & port.accepts
        if fits and port.automatic and port.min_slot <= asked.slot <= port.max_slot:
            slot = bench.free_slot(root)
            plug = None if slot is None else bench.address(root, slot)
            if plug is not None:
                attributes = {"type": "pci", "index": str(index), "model": port.name}
                element = NewElement("controller", attributes, (address_element(plug),))
                there = () if index == asked.bus else move(case, asked._replace(bus=index), "")
                behind = (one for remedy in there for one in remedy.changes)
                yield Remedy("add the controller", (Change(devices, "", element), *behind))
            return


def _no_place(bench: Bench, case: object, telling: Telling) -> Iterator[Remedy]:
    part = getattr(case, "part", None)
    if isinstance(part, Part):
        yield from with_carriers(bench, part)
        yield from free(part)
        yield from drop(part.node, "", "remove controller" if isinstance(part, Controller) else "remove device")


def _crowded(bench: Bench, case: Controller, telling: Telling) -> Iterator[Remedy]:
    """The last controller with nothing behind it leaves the domain."""
    busy = {place.provider for place in bench.question.choice.places.values()}
    for point in telling.points:
        part = next((one for one in bench.problem.controllers if one.node is point.node), None)
        if part is not None and part.index not in busy:
            yield from free(part)
            yield from drop(part.node, "", "remove controller")
            return


REMEDIES: dict[str, Remedies] = {
    "addr-slot-5bit": _number,
    "addr-function-3bit": _number,
    "addr-bus-8bit": _number,
    "addr-domain-zero": _domain,
    "addr-bus-exists": _bus_missing,
    "addr-kind-match": _kind,
    "addr-slot-min": _slot,
    "addr-slot-max": _slot,
    "integrated-bus0": _integrated,
    "addr-duplicate": _duplicate,
    "chipset-place": _fixed,
    "rfc-address-lookup": _lookup,
    "rfc-256": _crowded,
    "alg-find": _no_place,
}

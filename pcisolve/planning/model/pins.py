"""Devices whose address the plan says: kept on the buses before anything else is decided."""

from __future__ import annotations

from pcisolve.core.address import Address
from pcisolve.core.kinds import ENDPOINT
from pcisolve.firstfit.buses import Bus
from pcisolve.planning.file.entry import Problem
from pcisolve.planning.model.ground import Ground
from pcisolve.planning.model.occupancy import Occupancy, planned_part
from pcisolve.planning.model.scene import OWN_BUS, Group, Room, Site
from pcisolve.problem.scheme import FLAT


def pin_provider(scheme: str, address: Address) -> int:
    """The index of the controller whose bus an address names."""
    return address.bus if scheme == FLAT else address.bus or address.domain


def pin_site(scheme: str, address: Address, sites: list[Site], occupancy: Occupancy) -> Site | None:
    """The site an address is at; None where there is no such bus."""
    index = pin_provider(scheme, address)
    own = next((one for one in sites if one.number == index), None)
    if own is not None or index not in occupancy.buses:
        return own
    root = occupancy.site_of(next(one for one in occupancy.controllers if one.index == index))
    return next((one for one in sites if one.number == root), None)


def reserve_pins(
    ground: Ground, occupancy: Occupancy, sites: list[Site], groups: list[Group], problems: list[Problem]
) -> list[Group]:
    """Take the slots that addresses of the plan name out of the sites' room.

    Returns:
        The groups, those with an address at the site of that alone.
    """
    found: list[Group] = []
    for group in groups:
        site = _reserve(ground, occupancy, sites, group, problems) if group.wish.address is not None else None
        found.append(group if site is None else group._replace(sites=(site.position,)))
    return found


def _reserve(
    ground: Ground, occupancy: Occupancy, sites: list[Site], group: Group, problems: list[Problem]
) -> Site | None:
    """Take the slot of a group's address; where it is, or None with what is wrong."""
    address = group.wish.address
    if address is None:
        return None
    site = pin_site(ground.scheme, address, sites, occupancy)
    index = pin_provider(ground.scheme, address)
    bus = occupancy.buses.get(index)
    if bus is None and site is not None:
        bus = occupancy.buses[index] = Bus(index, site.model)
    wrong = _wrong(group, address, site, bus)
    if wrong or bus is None or site is None:
        problems.append(Problem("plan-address", wrong, group.wish.mark("address")))
        return None
    host = OWN_BUS if site.number == index else bus.model.name
    room = site.room.get(host, Room(0, 0))
    if not bus.masks[address.slot]:
        site.room[host] = room._replace(slots=room.slots - 1)
    elif bus.aggregate >> address.slot & 1:
        site.room[host] = room._replace(functions=room.functions - 1)
    bus.reserve(address.slot, address.function, planned_part(group.name, group.needs), explicit=True)
    return site


def _wrong(group: Group, address: Address, site: Site | None, bus: Bus | None) -> str:
    if site is None or bus is None:
        return f"{address}: no such bus yet; an address may name a bus of the base, or bus 0 of a domain"
    if site.position not in group.sites:
        return f'{address} is at {site.name}, where "{group.name}" may not be'
    if not bus.accepts & (ENDPOINT if bus.accepts & ENDPOINT else group.needs):
        return f"{address}: a {bus.model.name} takes no such device"
    if not bus.min_slot <= address.slot <= bus.max_slot:
        return f"{address}: a {bus.model.name} has slots {bus.min_slot} to {bus.max_slot}"
    if bus.masks[address.slot] >> address.function & 1:
        return f"{address} is taken already"
    if address.function and not bus.masks[address.slot] & 1:
        return f"{address}: the guest does not see a function of a slot whose function 0 is empty"
    return ""

"""The values libvirt fills in once everything has a place: targets, multifunction, zPCI ids, addresses."""

from __future__ import annotations

from itertools import count, filterfalse

from pcisolve.core.address import Address
from pcisolve.firstfit.targets import fill_targets
from pcisolve.problem.choice import Choice
from pcisolve.problem.parts import Controller, Part, ZpciIds
from pcisolve.problem.problem import Problem


def fill_values(problem: Problem, choice: Choice) -> None:
    """Printable addresses, targets in list order, then multifunction bits and zPCI ids."""
    controllers = problem.listed(choice.added)
    _fill_addresses(problem, choice, controllers)
    fill_targets(problem, choice, controllers)
    _keep_multifunction(choice)
    _fill_multifunction(problem, choice)
    if problem.machine.zpci:
        _fill_zpci(problem, choice)


def _fill_multifunction(problem: Problem, choice: Choice) -> None:
    """The part on function 0 of a shared slot gets multifunction=on (rule alg-multifunction)."""
    everyone = _in_iteration_order(problem, choice)
    shared = {place[:2] for part in everyone if (place := choice.places[part]).function != 0}
    done = set()
    for part in everyone:
        place = choice.places[part]
        if place.function == 0 and place[:2] in shared and place[:2] not in done:
            done.add(place[:2])
            if part.multifunction is None:
                choice.multifunction.add(part)


def _keep_multifunction(choice: Choice) -> None:
    for part in choice.kept.multifunction:
        if part.multifunction is None and choice.places.get(part) == choice.kept.places.get(part):
            choice.multifunction.add(part)


def _in_iteration_order(problem: Problem, choice: Choice) -> list[Part]:
    return [part for part in problem.parts_with(choice.added) if part in choice.places]


def _fill_zpci(problem: Problem, choice: Choice) -> None:
    """uids from 1, fids from 0, lowest unused; a partly specified part is completed when met (rule alg-zpci)."""
    parts = [part for part in _in_iteration_order(problem, choice) if part.takes_zpci]
    if any(map(_has_only_the_type, problem.parts)):  # libvirt gives ids to that as well, and then drops the address
        order = {part: number for number, part in enumerate(problem.parts_with(choice.added))}
        parts = sorted((*parts, *filter(_has_only_the_type, problem.parts)), key=lambda part: order[part])
    asked = {part: part.zpci for part in parts}
    asked |= _kept_zpci(choice, parts)
    uids: set[int] = set()
    fids: set[int] = set()
    # One counter for all: ids are only ever taken, so what it has passed stays taken.
    free_uids = filterfalse(uids.__contains__, count(1))
    free_fids = filterfalse(fids.__contains__, count(0))

    def complete(part: Part) -> None:
        uid, fid = asked[part]
        uid = next(free_uids) if uid is None else uid
        fid = next(free_fids) if fid is None else fid
        uids.add(uid)
        fids.add(fid)
        choice.zpci[part] = ZpciIds(uid, fid)

    bare = [part for part in parts if asked[part] == (None, None)]
    for part in parts:
        if asked[part] != (None, None):
            complete(part)
    for part in bare:
        if isinstance(part, Controller) and part.added and not problem.machine.zpci_for_added:
            continue  # rule zpci-autoadded-bridge
        complete(part)


def _has_only_the_type(part: Part) -> bool:
    """Whether a part that is never placed has an address of type pci without a place."""
    return part.drops_address and part.address_type == "pci" and part.takes_zpci


def _kept_zpci(choice: Choice, parts: list[Part]) -> dict[Part, ZpciIds]:
    """The earlier ids of parts that ask for none, unless the input gives one of them to another."""
    uids, fids = {part.zpci.uid for part in parts}, {part.zpci.fid for part in parts}
    found = {}
    for part in parts:
        ids = choice.kept.zpci.get(part)
        if ids is not None and part.zpci == (None, None) and ids.uid not in uids and ids.fid not in fids:
            found[part] = ids
    return found


def _fill_addresses(problem: Problem, choice: Choice, controllers: list[Controller]) -> None:
    by_index = {controller.index: controller for controller in controllers}
    domains: dict[int, int] = {}
    for part, (index, slot, function) in choice.places.items():
        if problem.flat:
            choice.addresses[part] = Address(0, index, slot, function)
            continue
        provider = by_index.get(index)
        bus = 0 if provider is not None and provider.is_root else index
        domain = _domain(index, by_index, choice, domains)
        choice.addresses[part] = Address(domain, bus, slot, function)


def _domain(index: int, by_index: dict[int, Controller], choice: Choice, known: dict[int, int]) -> int:
    """The root above a bus; 0 where parents are missing or go in a circle, which the rules report."""
    trail: list[int] = []
    while index not in known:
        controller = by_index.get(index)
        if controller is None or index in trail:
            known[index] = 0
        elif controller.is_root:
            known[index] = index
        else:
            trail.append(index)
            place = choice.places.get(controller)
            if place is None:
                known[index] = 0
            else:
                index = place.provider
    for below in trail:
        known[below] = known[index]
    return known[index]

"""The values libvirt fills in once everything has a place: targets, multifunction, zPCI ids, addresses."""

from __future__ import annotations

from itertools import count

from pcisolve.catalog.controllers import TargetOption
from pcisolve.core.address import Address
from pcisolve.problem.firstfit.choice import Choice, Failure
from pcisolve.problem.parts import Controller, Part, ZpciIds
from pcisolve.problem.problem import Problem

_BUSES = 256
_PHB_TARGETS = 31


def fill_values(problem: Problem, choice: Choice) -> None:
    """Targets in list order, then multifunction bits, zPCI ids and printable addresses."""
    controllers = problem.controllers + choice.added
    _fill_targets(problem, choice, controllers)
    _fill_multifunction(problem, choice, controllers)
    if problem.machine.zpci:
        _fill_zpci(problem, choice, controllers)
    _fill_addresses(problem, choice, controllers)


def _fill_targets(problem: Problem, choice: Choice, controllers: list[Controller]) -> None:
    named = {one for one in controllers if one.view.get("model/name") is not None}
    busnr_used = [given for one in controllers if isinstance(given := one.targets.get("busNr"), int)]
    chassis_used = {given for one in controllers for given in _given_chassis(one)}
    for controller in controllers:
        if controller.model is None:
            continue
        named.add(controller)
        filled: dict[str, int] = {}
        for option in controller.model.targets.values():
            if not option.default or option.name in controller.targets or not option.applies_to(problem.machine.family):
                continue
            if option.default == "index" and not problem.flat:
                value: int | None = _chassis(controller, option, chassis_used)
            else:
                value = _default(option.default, controller, choice, named, busnr_used)
            if value is None:
                rule = "alg-busnr" if option.default == "busnr" else "phb-max-31"
                choice.failures.append(Failure(rule, controller))
            else:
                filled[option.name] = value
        choice.targets[controller] = filled


def _given_chassis(controller: Controller) -> list[int | str]:
    return [controller.targets[option] for option in ("chassis", "chassisNr") if option in controller.targets]


def _chassis(controller: Controller, option: TargetOption, used: set[int | str]) -> int:
    """The index while it fits into the option, as today; else the highest number nobody has (rule rfc-dep-chassis).

    Where all are taken, numbers repeat: libvirt allows that, QEMU does not.
    """
    low, high = option.minimum or 0, option.maximum or 0
    value = controller.index
    if not low <= value <= high:
        value = next((free for free in range(high, low, -1) if free not in used), low + value % (high - low + 1))
    used.add(value)
    return value


def _default(
    default: str, controller: Controller, choice: Choice, named: set[Controller], busnr_used: list[int]
) -> int | None:
    place = choice.places.get(controller)
    if default == "index":
        return controller.index
    if default == "place":
        return place.slot * 8 + place.function if place else 0
    if default == "slot":
        return place.slot if place else 0
    if default == "phb":
        return _next_phb_target(controller, choice, named)
    lowest = min(busnr_used, default=_BUSES)
    if lowest <= 2:
        return None
    busnr_used.append(lowest - 2)
    return lowest - 2


def _next_phb_target(controller: Controller, choice: Choice, named: set[Controller]) -> int | None:
    """The lowest target index that no controller *named so far* uses (rule phb-target-default-bug)."""
    if controller.index == 0:
        return 0
    used = {
        one.targets.get("index", choice.targets.get(one, {}).get("index")) for one in named if one is not controller
    }
    return next((value for value in range(1, _PHB_TARGETS + 1) if value not in used), None)


def _fill_multifunction(problem: Problem, choice: Choice, controllers: list[Controller]) -> None:
    """The part on function 0 of a shared slot gets multifunction=on (rule alg-multifunction)."""
    everyone = _in_iteration_order(problem, choice, controllers)
    shared = {place[:2] for part in everyone if (place := choice.places[part]).function != 0}
    done = set()
    for part in everyone:
        place = choice.places[part]
        if place.function == 0 and place[:2] in shared and place[:2] not in done:
            done.add(place[:2])
            if part.multifunction is None:
                choice.multifunction.add(part)


def _in_iteration_order(problem: Problem, choice: Choice, controllers: list[Controller]) -> list[Part]:
    parts: list[Part] = []
    for part in problem.parts:
        if part in choice.places:
            parts.append(part)
    return parts + [one for one in choice.added if one in choice.places]


def _fill_zpci(problem: Problem, choice: Choice, controllers: list[Controller]) -> None:
    """uids from 1, fids from 0, lowest unused; a partly specified part is completed when met (rule alg-zpci)."""
    parts = [part for part in _in_iteration_order(problem, choice, controllers) if part.takes_zpci]
    uids: set[int] = set()
    fids: set[int] = set()

    def complete(part: Part) -> None:
        uid, fid = part.zpci
        uid = next(n for n in count(1) if n not in uids) if uid is None else uid
        fid = next(n for n in count(0) if n not in fids) if fid is None else fid
        uids.add(uid)
        fids.add(fid)
        choice.zpci[part] = ZpciIds(uid, fid)

    bare = [part for part in parts if part.zpci == (None, None)]
    for part in parts:
        if part.zpci != (None, None):
            complete(part)
    for part in bare:
        if isinstance(part, Controller) and part.added and not problem.machine.zpci_for_added:
            continue  # rule zpci-autoadded-bridge
        complete(part)


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

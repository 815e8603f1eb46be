"""Values that hold all the way down: what libvirt would fill in, changed only where QEMU or the guest would break.

libvirt fills in chassis numbers, bus numbers and target indexes without a look at what comes after it. Its own
choice is kept wherever it works.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from pcisolve.core.address import Address
from pcisolve.firmware.bus_numbers import TooHard, Wanted, place_runs
from pcisolve.firmware.guest_view import guest_domain, limit_of, opens_window
from pcisolve.firmware.windows import needs
from pcisolve.problem.choice import Choice
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem


class Changed(NamedTuple):
    """A <target> option that got another value than libvirt would give it, and the rule that made it so."""

    controller: Controller
    option: str
    before: int
    after: int
    rule: str


class Moved(NamedTuple):
    """A part that got another address than libvirt would give it, and the rule that made it so."""

    part: Part
    before: Address
    after: Address
    rule: str


def hold(problem: Problem, choice: Choice) -> list[Changed]:
    """Change the filled-in values that the stage asked for would not survive.

    Raises:
        TooHard: whether there are bus numbers for all expanders was not found out within reason.
    """
    if problem.options.stage == "libvirt":
        return []
    controllers = problem.controllers + choice.added
    changed = []
    handed_on = _handed_on(problem)
    for ports in _by_domain(problem, choice):
        changed += _unique(choice, ports, "chassis", "chassis-unique", range(255, -1, -1), handed_on)
    if problem.machine.unique_bridge_chassis:
        changed += _unique(choice, controllers, "chassisNr", "chassisnr-unique", range(255, 0, -1))
    hosts = [one for one in controllers if one.is_root and one.index]  # that of index 0 is always 0
    changed += _unique(choice, hosts, "index", "start-phb-dup", range(1, 31))
    if problem.options.stage == "guest":
        changed += _bus_numbers(problem, choice)
    return changed


def _handed_on(problem: Problem) -> set[int]:
    """The chassis numbers that ports of qemu:commandline have (rule qemu-arg-chassis)."""
    line = problem.command_line
    numbers = [] if line is None or not problem.flat else [one.slot_number for one in line.devices]
    return {one[0] for one in numbers if one is not None and one[1] == 0}


def _by_domain(problem: Problem, choice: Choice) -> Iterable[list[Controller]]:
    """The controllers in lists of which each has chassis numbers of its own (rule chassis-unique)."""
    controllers = problem.controllers + choice.added
    if problem.flat:
        return [controllers]
    layout = Layout(problem, choice)
    found: dict[Controller | None, list[Controller]] = {}
    for one in controllers:
        found.setdefault(layout.root_above(one), []).append(one)
    return found.values()


def _unique(
    choice: Choice,
    controllers: Iterable[Controller],
    option: str,
    rule: str,
    numbers: Iterable[int],
    others: Iterable[int] = (),
) -> list[Changed]:
    """A free number for every filled-in one that somebody else has: another of them, or one of `others`."""
    holders = [one for one in controllers if one.model is not None and option in one.model.targets]
    holders.sort(key=lambda one: option not in choice.kept.targets.get(one, {}))  # newcomers give way
    taken = {one.targets[option] for one in holders if option in one.targets} | set(others)
    wanted = {value for one in holders if (value := choice.targets.get(one, {}).get(option)) is not None}
    free = filter(lambda number: number not in taken and number not in wanted, numbers)
    changed = []
    for one in holders:
        value = choice.targets.get(one, {}).get(option)
        if value is None or option in one.targets:
            continue
        if value in taken:
            number = next(free, value)
            if number != value:
                choice.targets[one][option] = number
                changed.append(Changed(one, option, value, number, rule))
        taken.add(choice.targets[one][option])
    return changed


def _bus_numbers(problem: Problem, choice: Choice) -> list[Changed]:
    """Room for what is below each expander, domain by domain; as they are where no numbers would do."""
    if not any(opens_window(one) and "busNr" not in one.targets for one in problem.controllers):
        return []
    layout = Layout(problem, choice)
    need = needs(layout)
    settled: dict[int, list[tuple[int, int]]] = {}
    waiting: dict[int, list[Controller]] = {}
    for one, count in need.items():
        root = one if one.is_root else layout.root_above(one)
        number = 0 if one.is_root else layout.target(one, "busNr")
        if root is None or not isinstance(number, int):
            continue
        domain = guest_domain(layout, root)
        if opens_window(one) and "busNr" not in one.targets:
            waiting.setdefault(domain, []).append(one)
        else:
            settled.setdefault(domain, []).append((number, count))
    changed = []
    for domain, expanders in waiting.items():
        changed += _renumber(choice, expanders, need, settled.get(domain, []), limit_of(problem))
    return changed


def _renumber(
    choice: Choice, expanders: list[Controller], need: dict[Controller, int], settled: list[tuple[int, int]], limit: int
) -> list[Changed]:
    if _overlap(settled):
        return []  # no number of ours would help
    before = [choice.targets[one]["busNr"] for one in expanders]
    runs = [Wanted(number, need[one]) for one, number in zip(expanders, before, strict=True)]
    after = place_runs(settled, runs, limit)
    changed = []
    for one, old, new in zip(expanders, before, after or before, strict=True):
        if old != new:
            choice.targets[one]["busNr"] = new
            changed.append(Changed(one, "busNr", old, new, "window-fit"))
    return changed


def _overlap(runs: list[tuple[int, int]]) -> bool:
    return any(first + count > following for (first, count), (following, _) in pairwise(sorted(runs)))


__all__ = ["Changed", "Moved", "TooHard", "hold"]

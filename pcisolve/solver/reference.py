"""What of first fit's choice is fixed, what is open, and which controllers it has only added for room."""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.core.address import HIGHEST_FLAT_INDEX
from pcisolve.firstfit.buses import Bus
from pcisolve.firstfit.order import USB2_FUNCTION, parts_in_turn, usb2_set
from pcisolve.firstfit.run import Pass
from pcisolve.problem.choice import Choice
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem


class NotModelled(Exception):
    """The guest has something open that the model does not know; the argument says what."""


class Reference(NamedTuple):
    """What a space was made from.

    Attributes:
        fixed: parts that stay where they are, whatever is decided.
        open: parts to be placed, in the order in which libvirt serves them; of a USB 2 set its first member.
        sets: all members of each such set.
        needed: controllers that something fixed is on, as first fit adds them; they are there in any case.
        optional: controllers that first fit added beyond those, and has placed.
        kept: whether its places count.
    """

    choice: Choice
    fixed: list[Part]
    open: list[Part]
    sets: dict[Part, list[Part]]
    needed: list[Controller]
    optional: list[Controller]
    kept: bool


def reference_of(problem: Problem, choice: Choice, *, kept: bool) -> Reference:
    """What of first fit's choice is fixed, open and optional.

    Args:
        kept: whether its places and controllers count; without, only what the input asks for does.

    Raises:
        NotModelled: something is open that shares a slot or an isolation group in its own way.
    """
    have = {one.index for one in problem.controllers}
    if len(have) < len(problem.controllers):
        raise NotModelled("controllers that share an index")
    fixed, opened, sets = _sorted_out(problem, choice)
    needed = _needed(choice, fixed)
    names = {one.index for one in needed}
    sound = _sound(problem, choice)
    last = HIGHEST_FLAT_INDEX if problem.flat else max(have, default=0) + len(choice.added)
    optional = [one for one in choice.added if kept and one.index not in names and one in sound and one.index <= last]
    opened = [one for one in needed if not one.is_root and one not in choice.chipset] + opened
    return Reference(choice, fixed, opened, sets, needed, _within(problem, optional), kept)


def _sorted_out(problem: Problem, choice: Choice) -> tuple[list[Part], list[Part], dict[Part, list[Part]]]:
    """Fixed parts, open ones, and the members of open USB 2 sets by their first.

    Raises:
        NotModelled: an open one shares an isolation group in its own way.
    """
    fixed = [part for part in problem.parts if part.pinned is not None and part in choice.places]
    opened: list[Part] = []
    sets: dict[Part, list[Part]] = {}
    first: dict[str | None, Part] = {}
    for part in parts_in_turn(problem, problem.controllers):
        if part in choice.chipset or (part.group and part in choice.places):
            fixed.append(part)
        elif part.group:
            raise NotModelled("devices of an isolation group")
        elif not _in_usb2_set(part):
            opened.append(part)
        elif any(one.pinned is not None or one in choice.chipset for one in usb2_set(problem, part)):
            if part not in choice.places:
                raise NotModelled("a USB 2 set of which a part has an address")
            fixed.append(part)
        else:
            whole = first.setdefault(part.view.get("index"), part)
            if whole is part:
                opened.append(part)
            sets.setdefault(whole, []).append(part)
    return fixed, opened, sets


def _needed(choice: Choice, fixed: list[Part]) -> list[Controller]:
    """Controllers that are not in the input and that something fixed is on, with those above them."""
    added = {one.index: one for one in choice.added}
    named: set[int] = set()
    waiting = [choice.places[part].provider for part in fixed]
    while waiting:
        index = waiting.pop()
        if index in added and index not in named:
            named.add(index)
            place = choice.places.get(added[index])
            if place is not None:
                waiting.append(place.provider)
    return [added[index] for index in sorted(named)]


def _within(problem: Problem, optional: list[Controller]) -> list[Controller]:
    """Those that the machine may have: of roots beyond its number, neither they nor what is on them."""
    if not problem.flat:
        return optional
    left = problem.machine.roots_flat - sum(one.is_root for one in problem.controllers)
    roots = [one for one in optional if one.is_root]
    return [one for one in optional if not one.is_root or one in roots[: max(left, 0)]]


def index_bound(problem: Problem, part: Part) -> int | None:
    """The index that the bus of a controller must stay below (rules rfc-parent-lower, start-parent-order)."""
    if not isinstance(part, Controller) or part.model is None:
        return None
    return part.index if is_above_bus(problem, part.model) else None


def is_above_bus(problem: Problem, model: ControllerModel) -> bool:
    """Whether controllers of a model have higher indexes than the bus that they are plugged into."""
    return model.index_above_bus or not problem.flat or problem.options.stage != "libvirt"


def fixed_buses(problem: Problem, reference: Reference) -> dict[int, Bus]:
    """The buses by index with what is fixed on them, the chipset's reserved slots too."""
    base = Pass(problem, Choice(reference.choice.kept), {}, dry=True)
    base.prepare()
    buses = base.buses.by_index
    for part in reference.fixed:
        place = reference.choice.places[part]
        if place.provider in buses:
            buses[place.provider].reserve(place.slot, place.function, part, explicit=True)
    return buses


def placed_parts(problem: Problem, choice: Choice) -> list[Part]:
    """The open parts of the input that first fit has placed on a bus that is really there."""
    last = HIGHEST_FLAT_INDEX if problem.flat else max((one.index for one in choice.added), default=0)
    added = [one for one in choice.added if one.index <= last]
    sound = _sound(problem, choice)
    there = {one.index for one in [*problem.controllers, *_within(problem, added)] if one in sound}
    opened = [part for part in problem.parts if part.pinned is None and part in choice.places]
    return [part for part in opened if choice.places[part].provider in there]


def _sound(problem: Problem, choice: Choice) -> set[Controller]:
    """The controllers whose places lead up to a root."""
    by_index: dict[int, Controller] = {}
    for one in (*problem.controllers, *choice.added):
        by_index.setdefault(one.index, one)
    found = {one for one in by_index.values() if one.is_root}
    for one in by_index.values():
        trail: list[Controller] = []
        here: Controller | None = one
        while here is not None and here not in found and here not in trail:
            trail.append(here)
            place = choice.places.get(here)
            here = by_index.get(place.provider) if place is not None else None
        if here in found:
            found.update(trail)
    return found


def _in_usb2_set(part: Part) -> bool:
    return part.kind == "controller" and part.view.get("type") == "usb" and part.view.get("model") in USB2_FUNCTION

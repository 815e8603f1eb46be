"""What a repair costs the user beyond what it mends: what is lost, and what moves that had nothing to do with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pcisolve.core.change import TEXT, Change
from pcisolve.explain.conflicts import Told, element_of
from pcisolve.explain.trials import Outcome
from pcisolve.firmware.windows import top_above
from pcisolve.problem.kin import Slots
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.rules.rule import name_of
from pcisolve.verdict.values import MOVES, SAFE, UNSAFE, Move

RANK: Final = {SAFE: 0, MOVES: 1, UNSAFE: 2}
# What the user asks for of a part by an element or attribute of its own; "" is the element.
_WISHES: Final = {
    ("acpi", "index"),
    ("driver", "pciBus"),
    ("target", "memReserve"),
    ("acpi", ""),
    ("boot", "order"),
    ("target", "hotplug"),
    ("node", ""),
    ("node", TEXT),
    ("qemu:arg", ""),
    ("qemu:device", ""),
    ("qemu:property", ""),
}
_MEASURES: Final = {("target", "memReserve")}  # another number is less than was asked for


class Consequence(NamedTuple):
    """What comes of changes.

    Attributes:
        safety: SAFE, MOVES or UNSAFE.
        moves: the parts with an address of their own in the input that the guest finds elsewhere afterwards.
        removes: the parts and wishes that are lost, in words.
        strays: how many parts leave their NUMA node, their root or expander, or their PCI domain.
        torn: how many slots of parts that belong together are torn apart.
        moved: the elements of `moves`, by their numbers.
    """

    safety: str
    moves: tuple[Move, ...] = ()
    removes: tuple[str, ...] = ()
    strays: int = 0
    torn: int = 0
    moved: tuple[int, ...] = ()


def losses(before: Outcome, changes: Iterable[Change], goal: Iterable[Told]) -> Iterator[str]:
    """The parts and wishes that changes take from the user, in words; known before anything is tried."""
    impossible = {
        (point.node.number, point.attribute)
        for told in goal
        if told.breach.rule.impossible
        for point in told.telling.points
    }
    for change in changes:
        part = before.by_number.get(element_of(change.node).number)
        name = name_of(part) if part is not None else f"<{change.node.tag}>"
        if _is_device(change):
            yield name
            continue
        said = {(change.node.number, change.attribute), (change.node.number, "")}
        unreadable = said & impossible and not (_is_machine(change) and change.value is None)
        wish = "" if unreadable else _wish(change)
        if wish:
            yield f"{wish} of {name}" if part is not None else wish


def _is_device(change: Change) -> bool:
    """Whether the change takes a device or controller away."""
    parent = change.node.parent
    return change.value is None and not change.attribute and parent is not None and parent.tag == "devices"


def _is_machine(change: Change) -> bool:
    return (change.node.tag, change.attribute) == ("type", "machine") and "machine" in change.node.attributes


def _wish(change: Change) -> str:
    """The wish that a change takes back or overrules; "" where it is none."""
    node, attribute, value = change
    if _is_machine(change):
        return f"machine {node.attributes[attribute]}"
    overrules = value is None or attribute == TEXT or (node.tag, attribute) in _MEASURES
    if (node.tag, attribute) not in _WISHES or not overrules:
        return ""
    return f"{attribute}='{node.attributes.get(attribute, '')}'" if attribute in node.attributes else f"<{node.tag}>"


def consequence(before: Outcome, after: Outcome, changes: tuple[Change, ...], goal: Iterable[Told]) -> Consequence:
    """What comes of changes that were tried; `goal` is the breaches that they are there for."""
    goal = list(goal)
    removes = tuple(dict.fromkeys(losses(before, changes, goal)))
    if before.layout is None or after.layout is None:  # while indexes are open, nobody knows where anything is
        outside = _changed_outside(before, changes, goal)
        return Consequence(UNSAFE if removes else MOVES if outside else SAFE, (), removes)
    inside = in_conflict(before, after, goal)
    numbered = not any(told.breach.rule.carries for told in goal)
    moves = moves_of(before, after, numbered=numbered)
    strays = _strays(before, after, inside)
    outside = bool(strays) or not moves.keys() <= inside
    safety = UNSAFE if removes else MOVES if outside else SAFE
    torn = _torn(before, after, changes)
    return Consequence(safety, tuple(moves.values()), removes, strays, torn, tuple(moves))


def _changed_outside(before: Outcome, changes: tuple[Change, ...], goal: list[Told]) -> bool:
    """Whether an element is changed that the conflict does not point to, and that does not follow its bus."""
    inside = {element_of(point.node).number for told in goal for point in told.telling.points}
    problem = before.question.problem
    buses = {one.index for number in inside if isinstance(one := before.by_number.get(number), Controller)}
    for number, part in before.by_number.items():
        if part.pinned is not None and problem.provider_index(part.pinned) in buses:
            inside.add(number)
    changed = (element_of(change.node) for change in changes if change.node.tag != "devices")
    return any(node.number not in inside for node in changed)


def moves_of(before: Outcome, after: Outcome, *, numbered: bool = True) -> dict[int, Move]:
    """The parts with an address in the input that the guest finds elsewhere, by their element's number.

    Where the guest could not be `numbered` before, its bus numbers are left out of account.
    """
    moves = {}
    for number, part in before.by_number.items():
        now = after.by_number.get(number)
        if part.pinned is not None and now is not None:
            was, got = _place(before, part, numbered), _place(after, now, numbered)
            if was is not None and got is not None and was != got:
                moves[number] = Move(name_of(part), was, got)
    return moves


def in_conflict(before: Outcome, after: Outcome, goal: Iterable[Told]) -> frozenset[int]:
    """The elements of what breaks and is mended, with what belongs together with them.

    Where a controller is at fault for what it is, all below it has no place either.
    """
    mended = [*goal, *(told for told in before.told if told.key not in after.keys)]
    numbers = {element_of(point.node).number for told in mended for point in told.telling.points}
    assert before.layout is not None
    slots = Slots(before.layout.places)
    for number in list(numbers):
        part = before.by_number.get(number)
        kin = [] if part is None else slots.together(part)
        numbers.update(one.node.number for one in kin if one.node is not None)
    tops = {
        element_of(told.telling.points[0].node).number
        for told in mended
        if told.breach.rule.carries and told.telling.points
    }
    if tops:
        below = (number for number, part in before.by_number.items() if _is_below(before.layout, part, tops))
        numbers.update(below)
    return frozenset(numbers)


def _torn(before: Outcome, after: Outcome, changes: Iterable[Change]) -> int:
    """How many slots of parts that belong together are torn apart by the changes."""
    assert before.layout is not None and after.layout is not None
    slots, torn = Slots(before.layout.places), 0
    groups: dict[int, list[int]] = {}
    for number in {element_of(change.node).number for change in changes}:
        part = before.by_number.get(number)
        kin = [] if part is None else slots.together(part)
        numbers = sorted(one.node.number for one in kin if one.node is not None)
        if len(numbers) > 1:
            groups[numbers[0]] = numbers
    for numbers in groups.values():
        parts = [after.by_number[number] for number in numbers if number in after.by_number]
        places = {after.layout.places[part][:2] for part in parts if part in after.layout.places}
        torn += len(places) > 1
    return torn


def _is_below(layout: Layout, part: Part, tops: set[int]) -> bool:
    here = layout.provider(part)
    for _ in layout.controllers:
        if here is None:
            return False
        if here.node is not None and here.node.number in tops:
            return True
        here = layout.provider(here)
    return False


def _place(outcome: Outcome, part: Part, numbered: bool) -> str | None:
    """Where the guest finds a part; where it does not, where libvirt has it."""
    if outcome.layout is None or part not in outcome.layout.places:
        return None
    seen = outcome.view.get(part) if numbered else None
    if seen is not None and seen.address is not None:
        return seen.address
    return str(outcome.layout.addresses.get(part))


def _strays(before: Outcome, after: Outcome, inside: frozenset[int]) -> int:
    """How many parts are below another root or expander afterwards, or in another domain."""
    found = 0
    for number, part in before.by_number.items():
        now = after.by_number.get(number)
        if part.pinned is not None and now is not None and before.layout is not None and after.layout is not None:
            found += _is_stray(before.layout, part, after.layout, now, number in inside)
    return found


def _is_stray(was: Layout, part: Part, now: Layout, after: Part, inside: bool) -> bool:
    if isinstance(part, Controller) and part.is_root:
        return False
    if _leaves_domain(was, part, now, after, inside):
        return True
    before, then = _top(was, part), _top(now, after)
    if before is None or then is None:
        return False
    return _mark(before) != _mark(then) or was.target(before, "node") != now.target(then, "node")


def _leaves_domain(was: Layout, part: Part, now: Layout, after: Part, inside: bool) -> bool:
    """Whether a part names a domain that the guest has, and ends in another one; the domain may get another number."""
    asked = part.pinned
    if asked is None or after not in now.addresses or was.problem.flat:
        return False
    root = was.problem.table.by_index.get(asked.domain)
    if root is None or not root.is_root:
        return False
    then = now.root_above(after)
    return then is None or (_mark(then) != _mark(root) if inside else now.addresses[after].domain != asked.domain)


def _top(layout: Layout, part: Part) -> Controller | None:
    provider = layout.provider(part)
    if provider is None or part not in layout.addresses:
        return None
    return top_above(layout, provider)


def _mark(top: Controller) -> object:
    return top.node.number if top.node is not None else top.index

"""Single devices of a group: those that a plan leaves out, pins or relates become groups of their own.

Devices that every reference of the plan names together stay together, so that they are still one number in the model.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from pcisolve.planning.file.entry import EntryReader, Problem, member_of
from pcisolve.planning.file.text import Mark
from pcisolve.planning.file.values import DeviceWish, PinWish, Plan, Relation, Together, Which

_MOST: Final = 500_000
Wishes = Mapping[str, DeviceWish]


class _Reference(NamedTuple):
    """Devices that something of the plan names, group by group."""

    of: PinWish | Relation
    lists: list[list[Which]]


def ranks_of(reference: str, wishes: Wishes) -> list[int]:
    """The ranks that a reference names; those that are not there are left out."""
    name, numbers = member_of(reference)
    wish = wishes[name]
    left_out = set(wish.without)
    there = [number for number in range(wish.copies) if number not in left_out] if left_out else None
    own = there if there is not None else wish.numbers or range(wish.copies)
    return [rank for rank, number in enumerate(own) if numbers is None or number in numbers]


def with_members(plan: Plan, problems: list[Problem]) -> Plan:
    """The plan in which relations and pins name whole groups.

    Args:
        problems: gets references to devices that are not there.
    """
    plan = plan._replace(devices=tuple(_left(one, problems) for one in plan.devices))
    named = [*plan.pins, *plan.relations]
    if not plan.pins and not any("[" in name for one in named for name in one.groups):
        return plan
    wishes = {one.name: one for one in plan.devices}
    if _is_too_much(plan, named, wishes, problems):
        return plan
    references = [_resolved(one, wishes, problems) for one in named]
    if problems:
        return plan
    parts = _parts(plan, references)
    groups = {which: group for group, members in parts.items() for which in members}
    devices = [_group(name, members, wishes) for name, members in parts.items()]
    devices = _pinned(devices, references, groups, problems)
    relations = tuple(new for one in references if not isinstance(one.of, PinWish) for new in _related(one, groups))
    mirror = plan.mirror
    if mirror is not None:
        mirror = mirror._replace(groups=tuple(one.name for one in devices if (one.family or one.name) in mirror.groups))
    return plan._replace(devices=tuple(devices), relations=relations, mirror=mirror, pins=())


def _is_too_much(plan: Plan, named: Sequence[PinWish | Relation], wishes: Wishes, problems: list[Problem]) -> bool:
    """Whether so many devices are named that looking at each would take long."""
    total = 0
    for one in named:
        total += sum(wishes[member_of(name)[0]].copies for name in one.groups)
        if total > _MOST:
            message = f"where single devices are named, relations and pins may look at {_MOST:,} devices in all"
            problems.append(Problem("plan-range", message, one.at))
            return True
    return False


def _left(wish: DeviceWish, problems: list[Problem]) -> DeviceWish:
    """A group without those that are left out."""
    if not wish.without:
        return wish
    missing = next((one for one in wish.without if one >= wish.copies), None)
    if missing is not None:
        message = f"no {wish.name}[{missing}] to leave out; {_numbers(wish)}"
        problems.append(Problem("plan-name", message, wish.mark("without")))
        return wish
    left_out = set(wish.without)
    ranks = [rank for rank in range(wish.copies) if rank not in left_out]
    if not ranks:
        problems.append(Problem("plan-count", f'"without" leaves nothing of "{wish.name}"', wish.mark("without")))
        return wish
    return _only(wish, ranks)._replace(without=(), family=wish.name)


def _only(wish: DeviceWish, ranks: list[int]) -> DeviceWish:
    """Some devices of a group, with what is said of each."""
    host = tuple(wish.host[rank] for rank in ranks) if wish.host else ()
    own = {key: tuple(values[rank] for rank in ranks) for key, values in wish.own.items()}
    numbers = tuple(wish.number(rank) for rank in ranks)
    return wish._replace(copies=len(ranks), host=host, own=own, numbers=numbers, family=wish.family or wish.name)


def _numbers(wish: DeviceWish) -> str:
    if wish.copies == 1:
        return f'"{wish.name}" has only number {wish.number(0)}'
    return f'"{wish.name}" has the numbers {wish.number(0)} to {wish.number(wish.copies - 1):,}'


def _resolved(of: PinWish | Relation, wishes: Wishes, problems: list[Problem]) -> _Reference:
    lists: list[list[Which]] = []
    for one in of.groups:
        name, numbers = member_of(one)
        ranks = ranks_of(one, wishes)
        if numbers is not None and len(ranks) != len(numbers):
            problems.append(Problem("plan-name", f"no {one}; {_numbers(wishes[name])}", of.at))
        lists.append([(name, rank) for rank in ranks])
    members = [which for several in lists for which in several]
    if len(set(members)) < len(members):
        twice = next(which for which, number in Counter(members).items() if number > 1)
        problems.append(Problem("plan-name", f"{wishes[twice[0]].called(twice[1])} is named twice here", of.at))
    return _Reference(of, lists)


def _is_pairwise(of: PinWish | Relation) -> bool:
    return isinstance(of, Together) and of.pairwise


def _parts(plan: Plan, references: list[_Reference]) -> dict[str, list[Which]]:
    """The devices of each new group, by its name, in the order of the plan.

    Devices are of one group when everything names them together, and each pairwise relation pairs them with devices
    that are of one group, too.
    """
    named: dict[Which, list[Hashable]] = {
        (one.name, rank): [one.name] for one in plan.devices for rank in range(one.copies)
    }
    for position, reference in enumerate(references):
        for which in (which for several in reference.lists for which in several):
            named[which].append(position)
    colors = _counted({which: tuple(found) for which, found in named.items()})
    while True:
        by_pairs: dict[Which, list[Hashable]] = {which: [color] for which, color in colors.items()}
        for position, reference in enumerate(references):
            for pair in zip(*reference.lists, strict=True) if _is_pairwise(reference.of) else ():
                met = (position, tuple(colors[one] for one in pair))
                for which in pair:
                    by_pairs[which].append(met)
        finer = _counted({which: tuple(found) for which, found in by_pairs.items()})
        if len(set(finer.values())) == len(set(colors.values())):
            break
        colors = finer
    found: dict[Hashable, list[Which]] = defaultdict(list)
    for which, color in colors.items():
        found[color].append(which)
    wishes = {one.name: one for one in plan.devices}
    return {_name(wishes[members[0][0]], members): members for members in found.values()}


def _counted(colors: Mapping[Which, Hashable]) -> dict[Which, Hashable]:
    """The same parts, with small numbers for colors."""
    numbers: dict[Hashable, int] = {}
    return {which: numbers.setdefault(color, len(numbers)) for which, color in colors.items()}


def _name(wish: DeviceWish, members: list[Which]) -> str:
    """Such as gpu[0-1,4]; the name alone where these are all."""
    if len(members) == wish.copies:
        return wish.name
    numbers = [wish.number(rank) for _, rank in members]
    spans = [
        [number for _, number in several] for _, several in groupby(enumerate(numbers), lambda one: one[1] - one[0])
    ]
    said = ",".join(str(one[0]) if len(one) == 1 else f"{one[0]}-{one[-1]}" for one in spans)
    return f"{wish.family or wish.name}[{said}]"


def _group(name: str, members: list[Which], wishes: Wishes) -> DeviceWish:
    wish = wishes[members[0][0]]
    return wish if len(members) == wish.copies else _only(wish, [rank for _, rank in members])._replace(name=name)


def _pinned(
    devices: list[DeviceWish], references: list[_Reference], groups: Mapping[Which, str], problems: list[Problem]
) -> list[DeviceWish]:
    """The groups with what their pins say."""
    found = {one.name: one for one in devices}
    first: dict[tuple[str, str], Mark] = {}
    for reference in references:
        of = reference.of
        if not isinstance(of, PinWish):
            continue
        if "address" in of.changes and sum(map(len, reference.lists)) > 1:
            number = sum(map(len, reference.lists))
            problems.append(Problem("plan-count", f'"address" is for one device; these are {number:,}', of.at))
            continue
        for name in dict.fromkeys(groups[which] for several in reference.lists for which in several):
            again = next((key for key in of.changes if (name, key) in first), None)
            if again is not None:
                message = f"{name} is pinned in line {first[name, again].line} already"
                problems.append(Problem("plan-name", message, of.at))
            first.update(((name, key), of.at) for key in of.changes)
            wish = found[name]
            found[name] = wish._replace(**of.changes, marks={**wish.marks, **of.marks})
    return [found[one.name] for one in devices]


def _related(reference: _Reference, groups: Mapping[Which, str]) -> Iterable[Relation]:
    """A relation between the new groups; a pairwise one is one for each sort of pairs."""
    of = reference.of
    assert not isinstance(of, PinWish), "told apart by the caller"
    if not _is_pairwise(of):
        names = dict.fromkeys(groups[which] for several in reference.lists for which in several)
        return [of._replace(groups=tuple(names))]
    sorts = dict.fromkeys(tuple(groups[which] for which in pair) for pair in zip(*reference.lists, strict=True))
    return [of._replace(groups=names) for names in sorts]


def check_pairs(plan: Plan, reader: EntryReader) -> None:
    """Refuse pairs of groups that are not of one size."""
    wishes = {one.name: one for one in plan.devices}
    for relation in plan.relations:
        if not isinstance(relation, Together) or not relation.pairwise:
            continue
        copies = {one: len(ranks_of(one, wishes)) for one in relation.groups if member_of(one)[0] in wishes}
        if len(set(copies.values())) > 1:
            listed = ", ".join(f"{name} {number:,}" for name, number in copies.items())
            reader.refuse("plan-count", f"pairwise needs groups of one size: {listed}", relation.at)

"""A plan whose devices stay where an earlier layout has them: each of those is a group of its own, with an address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from pcisolve.core.address import Address
from pcisolve.planning.file.values import DeviceWish, Plan, Relation, Together, Which
from pcisolve.planning.layout.expand import Expansion, PlannedDevice
from pcisolve.planning.model.ground import Kinds
from pcisolve.planning.model.scene import Group, Scene


class Anchored(NamedTuple):
    """A plan with devices that stay.

    Attributes:
        before: the plan as it was.
        plan: with the devices that stay, or belong to one that does, as groups of one.
        kinds: what the kinds of merged groups are.
        ranks: of each group of `plan`, which devices of `before` it stands for.
    """

    before: Plan
    plan: Plan
    ranks: dict[str, list[Which]]
    kinds: Kinds = {}  # noqa: RUF012  # nobody changes it

    def joined(self, scene: Scene, expansion: Expansion) -> tuple[Scene, Expansion]:
        """What a layout of the new plan is for the old one."""
        order = {wish.name: number for number, wish in enumerate(self.before.devices)}
        devices = [PlannedDevice(*self.ranks[one.group][one.rank], one.place) for one in expansion.devices]
        devices = sorted(devices, key=_by_turn(order))
        part_of = {name: group for group in scene.groups for name, _ in self.ranks[group.name]}
        groups = [self._group(part_of[wish.name], wish) for wish in self.before.devices]
        return scene.of_plan(self.before, groups), expansion._replace(devices=devices)

    def _group(self, group: Group, wish: DeviceWish) -> Group:
        """A group of the plan as it was, of the kind that it asks for."""
        if wish.kind not in self.kinds:
            return group._replace(wish=wish)
        device, variant = self.kinds[wish.kind]
        return group._replace(wish=wish, device=device, variant=variant)


def _by_turn(order: dict[str, int]) -> Callable[[PlannedDevice], tuple[int, int]]:
    return lambda one: (order[one.group], one.rank)


def may_be_anchored(plan: Plan, wish: DeviceWish) -> bool:
    """Whether devices of a group can be kept one by one: a slot or a switch that is shared is laid out as a whole."""
    shared = any(one.unit in ("slot", "switch") and wish.name in one.groups for one in plan.relations)
    return wish.address is None and not shared


def anchored(plan: Plan, kept: Mapping[Which, Address]) -> Anchored:
    """The plan with these devices at these addresses; functions 0 come first, which the others of a slot lean on."""
    alone = _partners(plan, kept) | set(kept)
    by_name = {wish.name: wish for wish in plan.devices}
    last = (1 << 16, 0, 0, 0)
    singles = [
        (which, _single(by_name[which[0]], which[1], kept.get(which)))
        for which in sorted(alone, key=lambda one: (kept.get(one, last), one))
    ]
    ranks = {wish.name: [which] for which, wish in singles}
    rest: list[DeviceWish] = []
    for wish in plan.devices:
        left = [rank for rank in range(wish.copies) if (wish.name, rank) not in alone]
        if left or not wish.copies:
            host = tuple(wish.host[rank] for rank in left) if wish.host else ()
            rest.append(wish._replace(copies=len(left), host=host))
            ranks[wish.name] = [(wish.name, rank) for rank in left]
    relations = tuple(one for relation in plan.relations for one in _relations(relation, by_name, ranks, alone))
    devices = (*(wish for _, wish in singles), *rest)
    return Anchored(plan, plan._replace(devices=devices, relations=relations), ranks)


def _partners(plan: Plan, kept: Mapping[Which, Address]) -> set[Which]:
    """Devices that a pairwise relation, or several, ties to one that stays."""
    found, waiting = set(kept), list(kept)
    pairwise = [one for one in plan.relations if isinstance(one, Together) and one.pairwise]
    while waiting:
        name, rank = waiting.pop()
        for relation in pairwise:
            for other in relation.groups if name in relation.groups else ():
                if (other, rank) not in found:
                    found.add((other, rank))
                    waiting.append((other, rank))
    return found


def _single(wish: DeviceWish, rank: int, address: Address | None) -> DeviceWish:
    host = wish.host[rank : rank + 1]
    return wish._replace(name=wish.called(rank), copies=1, address=address, host=host)


def _relations(
    relation: Relation, by_name: Mapping[str, DeviceWish], ranks: dict[str, list[Which]], alone: set[Which]
) -> Iterator[Relation]:
    """The same relation over the groups there are now."""
    if not (isinstance(relation, Together) and relation.pairwise):
        names = tuple(name for name, devices in ranks.items() if devices and devices[0][0] in relation.groups)
        yield relation._replace(groups=names)
        return
    left = tuple(name for name in relation.groups if ranks.get(name))
    if left:
        yield relation._replace(groups=left)
    copies = by_name[relation.groups[0]].copies if relation.groups[0] in by_name else 0
    for rank in range(copies):
        if (relation.groups[0], rank) in alone:
            names = tuple(by_name[name].called(rank) for name in relation.groups)
            yield relation._replace(groups=names, pairwise=False)

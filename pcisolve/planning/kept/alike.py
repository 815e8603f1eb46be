"""Groups that the counts cannot tell apart are one group while they are counted: a hundred cost what one costs."""

from __future__ import annotations

from collections import defaultdict

from pcisolve.planning.file.values import DeviceWish, Plan, Which
from pcisolve.planning.kept.anchored import Anchored
from pcisolve.planning.model.ground import Ground


def merged(plan: Plan, ground: Ground) -> Anchored:
    """The plan with alike groups as one; its name is that of the first of them."""
    related = {name for relation in plan.relations for name in relation.groups}
    by_key: dict[object, list[DeviceWish]] = defaultdict(list)
    for position, wish in enumerate(plan.devices):
        alone = wish.name in related or wish.multifunction or wish.address is not None or not wish.copies
        by_key[position if alone else _key(wish, ground)].append(wish)
    devices: list[DeviceWish] = []
    ranks: dict[str, list[Which]] = {}
    for wishes in by_key.values():
        host = tuple(one for wish in wishes for one in wish.host) if all(one.host for one in wishes) else ()
        devices.append(wishes[0]._replace(copies=sum(one.copies for one in wishes), host=host))
        ranks[wishes[0].name] = [(wish.name, rank) for wish in wishes for rank in range(wish.copies)]
    return Anchored(plan, plan._replace(devices=tuple(devices)), ranks, ground.kinds)


def _key(wish: DeviceWish, ground: Ground) -> object:
    """All that the counts know of a group."""
    variant = ground.kinds[wish.kind][1]
    places = (wish.domains, wish.roots, wish.nodes, wish.isolation)
    return variant.needs, variant.integrated, ground.kinds[wish.kind][0].single, places

"""Controller indexes, lowest first, each above its parent's (rule rfc-parent-lower)."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from pcisolve.planning.layout.growing import NewController
from pcisolve.planning.model.scene import Scene


def number_controllers(scene: Scene, added: list[NewController]) -> list[NewController]:
    """Give every added controller its index; roots before expanders before the rest, else in the order they come in.

    No number is left out while something may have it, so the highest index is as low as these parents allow: at the
    first number left out, all that is not numbered yet is below a root with a higher one.

    Returns:
        The controllers in index order.
    """
    fixed = scene.standing.indexes | {one.index for one in added if one.index >= 0}
    children: dict[int, list[tuple[int, int]]] = {}
    by_owner: dict[int, list[tuple[int, int]]] = {}
    ready: list[tuple[int, int]] = []
    for position, one in enumerate(added):
        if one.index >= 0:
            continue
        entry = (_rank(one), position)
        if one.parent is None:
            ready.append(entry)
        elif one.parent.owner is not None and one.parent.owner.index < 0:
            by_owner.setdefault(id(one.parent.owner), []).append(entry)
        else:
            children.setdefault(one.parent.number, []).append(entry)
    heapify(ready)
    _hand_out(added, fixed, ready, children, by_owner)
    return sorted(added, key=lambda one: one.index)


def _rank(one: NewController) -> int:
    if one.parent is None:
        return 0
    return 1 if one is _first_of_site(one) else 2


def _first_of_site(one: NewController) -> NewController | None:
    """The expander of a site, which is not plugged into a bus of its own site."""
    return one if not one.site.is_domain and one.model is one.site.model else None


def _hand_out(
    added: list[NewController],
    fixed: set[int] | frozenset[int],
    ready: list[tuple[int, int]],
    children: dict[int, list[tuple[int, int]]],
    by_owner: dict[int, list[tuple[int, int]]],
) -> None:
    """Numbers from 1 up to whoever may have them; `children` wait for a given index, `by_owner` for a new parent."""
    waiting = sorted(children)
    number = 0
    while ready or waiting:
        number = number + 1 if ready else max(number + 1, waiting[0] + 1)
        while waiting and waiting[0] < number:
            for entry in children[waiting.pop(0)]:
                heappush(ready, entry)
        if number in fixed or not ready:
            continue
        one = added[heappop(ready)[1]]
        one.index = number
        for entry in by_owner.pop(id(one), ()):
            heappush(ready, entry)

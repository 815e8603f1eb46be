"""Controllers of which nobody knows yet what root they will be below: open ones, and those plugged into them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pcisolve.problem.parts import Controller
from pcisolve.solver.reference import Reference


def floating(
    reference: Reference, by_index: Mapping[int, Controller], sites: Collection[Controller]
) -> dict[Controller, Controller | None]:
    """Each such controller with the one that it is plugged into, None for the open ones.

    Args:
        by_index: the controllers by their index.
        sites: roots and expanders, which begin a site of their own wherever they are.
    """
    found: dict[Controller, Controller | None] = {}
    for one in reference.open:
        if isinstance(one, Controller) and one not in sites:
            found[one] = None
    places = reference.choice.places
    waiting = [one for one in reference.fixed if isinstance(one, Controller) and one not in sites]
    return _with_those_below(found, waiting, {one: by_index.get(places[one].provider) for one in waiting})


def _with_those_below(
    found: dict[Controller, Controller | None],
    waiting: Sequence[Controller],
    above: Mapping[Controller, Controller | None],
) -> dict[Controller, Controller | None]:
    while waiting:
        tied = [one for one in waiting if above[one] in found]
        if not tied:
            break
        found.update({one: above[one] for one in tied})
        waiting = [one for one in waiting if one not in found]
    return found

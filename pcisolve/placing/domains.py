"""Which PCI domain a controller is in, as far as fixed places say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pcisolve.core.address import PLACES_PER_BUS
from pcisolve.problem.parts import Controller, Part


def domain_number(
    controller: Controller, controllers: Sequence[Controller], fixed: Mapping[Part, int], known: dict[Controller, int]
) -> int | None:
    """The domain that fixed places lead to; None while something above is open or goes in a circle.

    Args:
        controllers: by rank.
        fixed: place codes by part (rank of the provider * 256 + slot * 8 + function).
        known: domains found so far; what is found now is added.
    """
    trail: list[Controller] = []
    number: int | None = None
    here = controller
    for _ in controllers:
        if here in known:
            number = known[here]
            break
        if here.is_root:
            number = here.index if here.index >= 0 else None
            break
        trail.append(here)
        code = fixed.get(here)
        if code is None:
            return None
        here = controllers[code // PLACES_PER_BUS]
    if number is not None:
        known.update(dict.fromkeys(trail, number))
    return number

"""What the scheme, the machine and the platform allow a guest that is placed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pcisolve.firmware.guest_view import limit_of, opens_window
from pcisolve.firstfit.run import HIGHEST_FLAT_INDEX
from pcisolve.placing.space import Limits
from pcisolve.problem.parts import Controller
from pcisolve.problem.problem import Problem

_PORTS: Final = 256  # rule chassis-unique: an 8-bit number for each root and downstream port


def limits_of(
    problem: Problem, controllers: Sequence[Controller], sites: Mapping[Controller, int], *, more_roots: bool
) -> Limits:
    """The limits down to the stage asked for.

    Args:
        controllers: those that are there in any case.
        sites: the number of each root and expander.
        more_roots: whether roots may be added.
    """
    machine, stage = problem.machine, problem.options.stage
    deep = stage == "guest" and not machine.zpci
    windows = machine.io_windows if deep and problem.flat and problem.firmware.name == machine.firmware else 0
    return Limits(
        least=1 + max((one.index for one in controllers), default=0) if problem.fills_gaps else 0,
        controllers=HIGHEST_FLAT_INDEX + 1 if problem.flat else None,
        roots=machine.roots_flat if more_roots else None,
        buses=limit_of(problem) if deep else HIGHEST_FLAT_INDEX + 1,
        ports=_PORTS if stage != "libvirt" else None,
        io_windows=windows or None,
        windows=_windows(problem, sites) if deep else {},
    )


def _windows(problem: Problem, sites: Mapping[Controller, int]) -> dict[int, int]:
    """Bus numbers of each expander whose busNr the input gives, up to the next one (rule window-fit)."""
    begins = []
    for top, site in sites.items():
        number = top.targets.get("busNr")
        if isinstance(number, int) and opens_window(top):
            begins.append((number, site))
    if not begins:
        return {}
    begins.sort()
    ends = [number for number, _ in begins[1:]] + [limit_of(problem)]
    return {site: end - number for (number, site), end in zip(begins, ends, strict=True)}

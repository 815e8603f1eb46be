"""Impossible by counting alone: arithmetic that anybody can follow, without the solver's word."""

from __future__ import annotations

from pcisolve.core.address import BUSES_PER_DOMAIN, FUNCTIONS_PER_SLOT, HIGHEST_FLAT_INDEX
from pcisolve.placing.space import ENDPOINT, Host, Space
from pcisolve.problem.problem import Problem


def certificate(problem: Problem, space: Space) -> str:
    """Why there is no layout, in words; "" where counting does not show it."""
    most = _buses(problem, space)
    return _too_many_controllers(space, most) or _too_many_endpoints(space, most)


def _buses(problem: Problem, space: Space) -> int:
    """How many buses there may be at most in the whole guest: every PCI domain has 256, and so has the flat scheme."""
    return HIGHEST_FLAT_INDEX + 1 if problem.flat else BUSES_PER_DOMAIN * len(space.domains)


def _too_many_controllers(space: Space, most: int) -> str:
    there = sum(len(host.members) for host in space.hosts if not host.optional)
    return f"{most:,} buses; {there:,} controllers that each provide one" if there > most else ""


def _too_many_endpoints(space: Space, most: int) -> str:
    """More endpoints than functions, even if every further bus were of the largest kind."""
    endpoints = sum(len(one.parts) for one in space.classes if one.role == ENDPOINT)
    fixed = [host for host in space.hosts if not host.optional and not host.added]
    further = max(most - sum(len(host.members) for host in fixed), 0)
    here = sum(_functions(space, host) * len(host.members) for host in fixed)
    largest = max((_functions(space, host) for host in space.hosts if host.added), default=0)
    room = here + further * largest
    if endpoints <= room:
        return ""
    return (
        f"{endpoints:,} devices; the buses that are there take {here:,}, and at most {further:,} more take up to "
        f"{largest:,} each"
    )


def _functions(space: Space, host: Host) -> int:
    """How many endpoints fit on one bus of a host: eight to a slot where they may share it."""
    here = [one for one in space.classes if one.role == ENDPOINT and host.number in one.written]
    if not here:
        return 0
    return host.slots * (FUNCTIONS_PER_SLOT if any(one.shares for one in here) else 1)

"""Impossible by counting alone: arithmetic that anybody can follow, without the solver's word."""

from __future__ import annotations

from pcisolve.core.address import FUNCTIONS_PER_SLOT
from pcisolve.placing.space import ENDPOINT, Host, Space


def certificate(space: Space) -> str:
    """Why there is no layout, in words; "" where counting does not show it."""
    return _too_many_controllers(space) or _too_many_endpoints(space)


def _buses(space: Space) -> int:
    """How many buses there may be at most in the whole guest."""
    domains = len(space.domains) if space.limits.roots is None else space.limits.roots
    most = space.limits.buses * domains
    return most if space.limits.controllers is None else min(most, space.limits.controllers)


def _too_many_controllers(space: Space) -> str:
    there = sum(len(host.members) for host in space.hosts if not host.optional)
    most = _buses(space)
    return f"{most:,} buses; {there:,} controllers that each provide one" if there > most else ""


def _too_many_endpoints(space: Space) -> str:
    """More endpoints than functions, even if every further bus were of the largest kind."""
    endpoints = sum(len(one.parts) for one in space.classes if one.role == ENDPOINT)
    fixed = [host for host in space.hosts if not host.optional and not host.added]
    further = max(_buses(space) - sum(len(host.members) for host in fixed), 0)
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

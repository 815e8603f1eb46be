"""Device groups that say what their devices are, resolved on the plan's host."""

from __future__ import annotations

import os
from collections import Counter

from pcisolve.core.address import Address
from pcisolve.core.errors import InputError
from pcisolve.core.words import did_you_mean
from pcisolve.host.classes import word, words
from pcisolve.host.host import Host
from pcisolve.host.read import read
from pcisolve.host.values import Function
from pcisolve.planning.file.entry import Problem
from pcisolve.planning.file.values import DeviceWish, Plan, Select
from pcisolve.problem.problem import Options

SELECT = "plan-select"
_MOST = 256  # groups that select: each looks at every function
_SAID = 8  # kinds of functions that a message names


def host_of(plan: Plan, options: Options) -> Host:
    """The host that a plan names, read relative to the plan.

    Raises:
        InputError: it cannot be read, or the plan is in an archive.
    """
    assert plan.host is not None
    where = plan.text.location(plan.mark("host"))
    if options.alone:
        message = "a plan in an archive or in JSON Lines has no host"
        raise InputError(message, expected="a plan in a file of its own", location=where)
    folder = os.path.dirname(plan.text.name) if plan.text.name != "<stdin>" else ""
    path = os.path.join(folder, plan.host)
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise InputError(f"{path}: not a regular file", expected="a readable file", location=where)
    try:
        return read(path)
    except InputError as error:
        if error.location is not None:
            raise
        raise InputError(error.message, expected=error.expected, location=where) from None


def with_selected(plan: Plan, host: Host, problems: list[Problem]) -> Plan:
    """The plan with the host addresses of what its groups select; no function is selected twice.

    Args:
        problems: gets selections that match too little.
    """
    selecting = [wish for wish in plan.devices if wish.select is not None]
    if len(selecting) > _MOST:
        message = f"{len(selecting):,} groups select devices of the host; {_MOST} may"
        problems.append(Problem(SELECT, message, selecting[_MOST].mark("select")))
        return plan
    taken = {address for wish in plan.devices if wish.select is None for address in wish.host}
    devices = []
    for wish in plan.devices:
        if wish.select is not None:
            found = _selected(host, wish, wish.select, taken, problems)
            taken.update(found)
            wish = wish._replace(host=found, copies=len(found))
        devices.append(wish)
    return plan._replace(devices=tuple(devices))


def _selected(
    host: Host, wish: DeviceWish, select: Select, taken: set[Address], problems: list[Problem]
) -> tuple[Address, ...]:
    """What a group has of the host; () where that is a problem."""
    known = set(words().values())
    unknown = [one for one in select.kinds if one not in known]
    if unknown:
        message = f'unknown class "{unknown[0][:60]}"; {did_you_mean(unknown[0][:60], sorted(known))}'
        problems.append(Problem(SELECT, message, wish.mark("select")))
        return ()
    matching = [one for one in host.functions if _matches(one, select)]
    left = tuple(one.address for one in matching if one.address not in taken)
    wanted = select.most or max(len(select.addresses), 1)
    if len(left) < wanted:
        there = f"{len(matching):,} match" + (", and others have them" if len(matching) > len(left) else "")
        message = f'"{wish.name}" selects {wanted:,} and the host has {len(left):,} left: {there}; {_there(host)}'
        problems.append(Problem(SELECT, message, wish.mark("select")))
        return ()
    return left[: select.most] if select.most else left


def _matches(one: Function, select: Select) -> bool:
    if one.is_bridge:
        return False
    return (
        (not select.kinds or word(one) in select.kinds)
        and select.vendor in (None, one.vendor)
        and select.device in (None, one.device)
        and select.node in (None, one.node)
        and select.iommu_group in (None, one.iommu_group)
        and (not select.addresses or one.address in select.addresses)
        and (one.pf == select.vf_of if select.vf_of is not None else True)
    )


def _there(host: Host) -> str:
    """What there is to select, most first."""
    counted = Counter(f"{word(one)} {one.vendor:04x}:{one.device:04x}" for one in host.functions if not one.is_bridge)
    found = sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    said = ", ".join(f"{number:,} {name}" for name, number in found[:_SAID])
    more = f", and {len(found) - _SAID:,} other kinds" if len(found) > _SAID else ""
    return f"it has {said}{more}" if said else "it has no functions but bridges"

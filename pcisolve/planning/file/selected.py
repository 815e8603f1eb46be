"""Device groups that select from a host: which functions they get, by what these are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from pcisolve.core.address import Address
from pcisolve.core.words import did_you_mean
from pcisolve.host.classes import word, words
from pcisolve.host.host import Host
from pcisolve.host.values import Function
from pcisolve.planning.file.entry import EntryReader
from pcisolve.planning.file.values import DeviceWish, Plan, Select

_SHOWN: Final = 8  # kinds of functions that a message names


def selected(plan: Plan, host: Host, reader: EntryReader) -> Plan:
    """The plan with the host's addresses, and as many devices, in each group that selects; in the plan's order.

    A function goes to one group; one that selects by address comes first. What cannot be had is refused to the reader.
    """
    named = Counter(address for one in plan.devices for address in _named(one))
    taken: set[Address] = set()
    devices = []
    for one in plan.devices:
        if one.select is None:
            devices.append(one)
            continue
        own = set(_named(one))
        found = [each.address for each in _matching(one.select, host, reader) if _is_free(each, own, taken, named)]
        found = found[: one.select.copies]
        taken |= set(found)
        _refuse_too_few(one, one.select, found, host, reader)
        _refuse_twice(one, named, reader)
        devices.append(one._replace(copies=max(len(found), 1), host=tuple(found)))
    return plan._replace(devices=tuple(devices))


def _named(device: DeviceWish) -> Iterable[Address]:
    """The functions that a group wants by their addresses."""
    return device.host if device.select is None else device.select.addresses


def _is_free(function: Function, own: set[Address], taken: set[Address], named: Counter[Address]) -> bool:
    address = function.address
    return address not in taken and (address in own or not named[address])


def _matching(select: Select, host: Host, reader: EntryReader) -> Iterator[Function]:
    """The functions that are what is selected, by address; bridges are the host's own."""
    if select.word is not None and select.word not in words().values():
        known = sorted({word(one) for one in _given(host)})
        message = f'"class" is "{select.word[:60]}"; {did_you_mean(select.word, known)}'
        reader.refuse("plan-word", message, select.mark("class"))
        return
    for one in _given(host):
        if (
            (one.pf == select.vf_of if select.vf_of is not None or not select.addresses else True)
            and (select.word is None or word(one) == select.word)
            and (select.vendor is None or one.vendor == select.vendor)
            and (select.device is None or one.device == select.device)
            and (select.node is None or one.node == select.node)
            and (select.group is None or one.iommu_group == select.group)
            and (not select.addresses or one.address in select.addresses)
        ):
            yield one


def _given(host: Host) -> Iterator[Function]:
    """What a host can give away."""
    return (one for one in host.functions if not one.is_bridge and one.class_code >> 8 != _BRIDGES)


_BRIDGES: Final = 0x06


def _refuse_too_few(device: DeviceWish, select: Select, found: list[Address], host: Host, reader: EntryReader) -> None:
    wanted = len(select.addresses) or select.copies or 1
    if len(found) >= wanted or reader.problems:
        return
    missing = [str(one) for one in select.addresses if host.function(one) is None]
    if missing:
        reader.refuse("plan-select", f"the host has no {', '.join(missing[:_SHOWN])}", select.mark("address"))
        return
    said = "no function" if not found else f"{len(found)} function{'s' if len(found) > 1 else ''}"
    message = f'"{device.name}" selects {said} of the {wanted:,} it wants; {_there(host)}'
    reader.refuse("plan-select", message, select.mark("count") if select.copies else select.at)


def _refuse_twice(device: DeviceWish, named: Counter[Address], reader: EntryReader) -> None:
    for one in _named(device):
        if named[one] > 1:
            reader.refuse("plan-select", f"{one} is given to the guest twice", device.at)


def _there(host: Host) -> str:
    """What a host has, in words."""
    kinds = Counter((word(one), f"{one.vendor:04x}", one.node, one.is_vf) for one in _given(host))
    said = [
        f"{number} {name} {vendor}{' (virtual functions)' if virtual else ''}"
        + ("" if node is None else f" at node {node}")
        for (name, vendor, node, virtual), number in sorted(kinds.items(), key=lambda one: (-one[1], str(one[0])))
    ]
    more = f" and {len(said) - _SHOWN} more kinds" if len(said) > _SHOWN else ""
    return f"the host has {', '.join(said[:_SHOWN]) or 'nothing to give'}{more}"

"""The topology as the guest will see it: its own addresses and bus numbers, and what it does not find."""

from __future__ import annotations

from pcisolve.core.address import parse_address
from pcisolve.firmware.guest_view import InGuest
from pcisolve.render.branches import branches
from pcisolve.verdict.values import PlacedController, PlacedDevice, Verdict

Item = PlacedController | PlacedDevice
Below = dict[tuple[int, int], list[Item]]


def guest_tree(verdict: Verdict) -> str:
    """Plain text, a line per part: the guest's address, what it is in the XML and where; then what is lost, and why."""
    below: Below = {}
    lost: list[str] = []
    everything: list[Item] = [*verdict.controllers, *verdict.devices]
    for one in everything:
        if one.address is not None:
            address = parse_address(one.address)
            below.setdefault((address.domain, address.bus), []).append(one)
            if not one.guest.visible:
                lost.append(f"  {_name(one)} at {one.address} of the XML: {one.guest.reason}")
    lines: list[str] = []
    for root in verdict.controllers:
        if root.address is None:
            lines += _root(root, below)
    if lost:
        lines += ["not seen by the guest:", *lost]
    return "\n".join(lines) + "\n" if lines else ""


def _root(root: PlacedController, below: Below) -> list[str]:
    if root.guest.visible:
        lines = [f"{root.name} {root.model}, {_domain(root, below)}{_buses(root.guest)}"]
        return [*lines, *branches(_on(below, root), lambda one: _on(below, one), _label)]
    every = [one for items in below.values() for one in items if one.guest.visible]
    every.sort(key=lambda one: one.guest.address or "")
    return [f"{one.guest.address} {_name(one)}" for one in every]


def _domain(root: PlacedController, below: Below) -> str:
    """The domain the guest gives the root, which the addresses on its bus tell."""
    on_it = [one.guest.address for one in below.get((root.domain, root.bus), []) if one.guest.address is not None]
    return f"domain {on_it[0].split(':')[0]}, " if on_it else ""


def _on(below: Below, item: Item) -> list[Item]:
    """What the guest finds on the bus of a controller, in its order."""
    if not isinstance(item, PlacedController):
        return []
    items = [one for one in below.get((item.domain, item.bus), []) if one.guest.visible]
    return sorted(items, key=lambda one: parse_address(one.address or ""))


def _label(item: Item) -> str:
    buses = f", {_buses(item.guest)}" if isinstance(item, PlacedController) else ""
    return f"{item.guest.address} {_name(item)}{buses}"


def _buses(guest: InGuest) -> str:
    if guest.secondary is None:
        return "no bus number"
    if guest.secondary == guest.subordinate:
        return f"bus {guest.secondary:02x}"
    return f"buses {guest.secondary:02x} to {guest.subordinate:02x}"


def _name(item: Item) -> str:
    if isinstance(item, PlacedController):
        return f"{item.name} {item.model}"
    return f"{item.name}, line {item.line}" if item.line is not None else item.name

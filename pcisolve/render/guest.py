"""The topology as the guest will see it: its own addresses and bus numbers, and what it does not find."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.core.address import parse_address
from pcisolve.firmware.guest_view import InGuest
from pcisolve.render.branches import WHOLE, View, drawn, grown
from pcisolve.render.folded import Twig, spot
from pcisolve.verdict.values import PlacedController, PlacedDevice, Verdict

Item = PlacedController | PlacedDevice
Below = dict[tuple[int, int], list[Item]]


def guest_tree(verdict: Verdict, view: View = WHOLE) -> str:
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
    twigs: list[Twig] = []
    for root in verdict.controllers:
        if root.address is None and view.has(root.domain):
            twigs += _root(root, below)
    return drawn(twigs, view) + "".join(f"{line}\n" for line in ("not seen by the guest:", *lost) if lost)


def _root(root: PlacedController, below: Below) -> Iterator[Twig]:
    if root.guest.visible:
        label = f"{root.name} {root.model}, {_domain(root, below)}{_buses(root.guest)}"
        at = ("", root.domain)
        yield Twig(0, label, root.model, root.name, (root.model,), f"domain {root.domain:04x}", at, "headline")
        yield from grown(_on(below, root), lambda one: _on(below, one), _twig)
        return
    every = [one for items in below.values() for one in items if one.guest.visible]
    every.sort(key=lambda one: one.guest.address or "")
    for one in every:
        yield _twig(one)._replace(depth=0, label=f"{one.guest.address} {_name(one)}")


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


def _twig(item: Item) -> Twig:
    where = item.guest.address or ""
    at = spot(where)
    if isinstance(item, PlacedController):
        label = f"{where} {_name(item)}, {_buses(item.guest)}"
        return Twig(1, label, item.model, item.name, (item.model,), where, at)
    name = item.name.removeprefix(item.kind).strip()
    return Twig(1, f"{where} {_name(item)}", item.kind, name, (item.kind,), where, at)


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

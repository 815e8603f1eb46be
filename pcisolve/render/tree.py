"""The topology as a tree: roots, what is plugged into them, and so on down."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.core.address import parse_address
from pcisolve.problem.naming import clipped
from pcisolve.render.branches import WHOLE, View, drawn, grown
from pcisolve.render.folded import Twig, spot
from pcisolve.verdict.values import PlacedArgument, PlacedController, PlacedDevice, Verdict

Item = PlacedController | PlacedDevice | PlacedArgument
MOST_SHOWN = 40  # characters of an argument
Below = dict[object, list[Item]]  # by domain and bus, or by the id of an argument that makes a bus


def tree(verdict: Verdict, view: View = WHOLE) -> str:
    """Plain text; every line is an address, what sits there, and whether it was added or chosen, or as many alike ones
    as `view` folds.

    What qemu:commandline makes stands where QEMU puts it.
    """
    return drawn(_twigs(verdict, view), view)


def _twigs(verdict: Verdict, view: View) -> Iterator[Twig]:
    below: Below = {}
    everything: list[Item] = [*verdict.controllers, *verdict.devices, *verdict.arguments]
    for one in everything:
        if one.address is not None:
            address = parse_address(one.address)
            below.setdefault((address.domain, address.bus), []).append(one)
        elif isinstance(one, PlacedArgument):
            below.setdefault(one.bus, []).append(one)
    for root in verdict.controllers:
        if root.address is None and view.has(root.domain):
            yield _root(root)
            yield from grown(_on(below, (root.domain, root.bus)), lambda one: _on(below, _bus_of(one)), _twig)


def _root(root: PlacedController) -> Twig:
    place = f"domain {root.domain:04x}"
    label, alike = f"{root.name} {root.model}, {place}", (root.model, root.added)
    return Twig(0, label, root.model, root.name, alike, place, ("", root.domain), "headline")


def _on(below: Below, bus: object) -> list[Item]:
    """What is on a bus, in its order; each bus once: arguments may give one id to several of them."""
    return sorted(below.pop(bus, []), key=_position)


def _bus_of(item: Item) -> object:
    """The bus that something provides; None for most devices."""
    if isinstance(item, PlacedController):
        return item.domain, item.bus
    return item.id or None if isinstance(item, PlacedArgument) else None


def _position(item: Item) -> tuple[int, int]:
    if isinstance(item, PlacedArgument):
        return item.slot, item.function
    address = parse_address(item.address or "")
    return address.slot, address.function


def _twig(item: Item) -> Twig:
    """What is drawn of a part; what only QEMU knows of is like nothing else."""
    if isinstance(item, PlacedArgument):
        where = item.address or f"{item.bus} slot {item.slot:02x}.{item.function}"
        text = clipped(item.text, MOST_SHOWN)
        return Twig(1, f"{where} {item.driver}, line {item.line} (qemu:commandline: {text})", item.driver)
    at = spot(item.address or "")
    if isinstance(item, PlacedController):
        note = " (added)" if item.added else ""
        label = f"{item.address} {item.name} {item.model}, bus {item.domain:04x}:{item.bus:02x}{note}"
        alike: tuple[object, ...] = (item.model, item.added)
        return Twig(1, label, item.model, item.name, alike, item.address or "", at, "added" if item.added else "")
    style = "implicit" if item.implicit else "chosen" if item.chosen else ""
    where = f", line {item.line}" if item.line is not None else ""
    label = f"{item.address} {item.name}{where}{f' ({style})' if style else ''}"
    name = item.name.removeprefix(item.kind).strip()
    return Twig(1, label, item.kind, name, (item.kind, style), item.address, at, style)

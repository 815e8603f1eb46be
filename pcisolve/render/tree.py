"""The topology as a tree: roots, what is plugged into them, and so on down."""

from __future__ import annotations

from pcisolve.core.address import parse_address
from pcisolve.problem.naming import clipped
from pcisolve.render.branches import branches
from pcisolve.verdict.values import PlacedArgument, PlacedController, PlacedDevice, Verdict

Item = PlacedController | PlacedDevice | PlacedArgument
MOST_SHOWN = 40  # characters of an argument
Below = dict[object, list[Item]]  # by domain and bus, or by the id of an argument that makes a bus


def tree(verdict: Verdict) -> str:
    """Plain text; every line is an address, what sits there, and whether it was added or chosen.

    What qemu:commandline makes stands where QEMU puts it.
    """
    below: Below = {}
    everything: list[Item] = [*verdict.controllers, *verdict.devices, *verdict.arguments]
    for one in everything:
        if one.address is not None:
            address = parse_address(one.address)
            below.setdefault((address.domain, address.bus), []).append(one)
        elif isinstance(one, PlacedArgument):
            below.setdefault(one.bus, []).append(one)
    lines: list[str] = []
    for root in verdict.controllers:
        if root.address is None:
            lines.append(f"{root.name} {root.model}, domain {root.domain:04x}")
            top = _on(below, (root.domain, root.bus))
            lines += branches(top, lambda one: _on(below, _bus_of(one)), _label)
    return "\n".join(lines) + "\n" if lines else ""


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


def _label(item: Item) -> str:
    if isinstance(item, PlacedArgument):
        where = item.address or f"{item.bus} slot {item.slot:02x}.{item.function}"
        return f"{where} {item.driver}, line {item.line} (qemu:commandline: {clipped(item.text, MOST_SHOWN)})"
    if isinstance(item, PlacedController):
        note = " (added)" if item.added else ""
        return f"{item.address} {item.name} {item.model}, bus {item.domain:04x}:{item.bus:02x}{note}"
    note = " (implicit)" if item.implicit else " (chosen)" if item.chosen else ""
    where = f", line {item.line}" if item.line is not None else ""
    return f"{item.address} {item.name}{where}{note}"

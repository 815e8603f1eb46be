"""The topology as a tree: roots, what is plugged into them, and so on down."""

from __future__ import annotations

from pcisolve.core.address import parse_address
from pcisolve.problem.naming import clipped
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
            _branch(below, (root.domain, root.bus), lines)
    return "\n".join(lines) + "\n" if lines else ""


def _branch(below: Below, bus: object, lines: list[str]) -> None:
    """What is on a bus and below, each bus once: arguments may give one id to several of them. Without recursion."""
    trail = [("", iter(_marked(below.pop(bus, []))))]
    while trail:
        indent, items = trail[-1]
        mark, item = next(items, ("", None))
        if item is None:
            trail.pop()
            continue
        lines.append(f"{indent}{mark} {_label(item)}")
        inner = below.pop(_bus_of(item), [])
        if inner:
            trail.append((indent + ("|  " if mark == "|-" else "   "), iter(_marked(inner))))


def _marked(items: list[Item]) -> list[tuple[str, Item]]:
    """In their order, each with what stands before it: the last one ends its branch."""
    ordered = sorted(items, key=_position)
    return [("`-" if one is ordered[-1] else "|-", one) for one in ordered]


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

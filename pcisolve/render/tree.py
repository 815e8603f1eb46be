"""The topology as a tree: roots, what is plugged into them, and so on down."""

from __future__ import annotations

from pcisolve.core.address import parse_address
from pcisolve.verdict.values import PlacedController, PlacedDevice, Verdict

Item = PlacedController | PlacedDevice


def tree(verdict: Verdict) -> str:
    """Plain text; every line is an address, what sits there, and whether it was added or chosen."""
    below: dict[tuple[int, int], list[Item]] = {}
    everything: list[Item] = [*verdict.controllers, *verdict.devices]
    for one in everything:
        if one.address is not None:
            address = parse_address(one.address)
            below.setdefault((address.domain, address.bus), []).append(one)
    lines: list[str] = []
    for root in verdict.controllers:
        if root.address is None:
            lines.append(f"{root.name} {root.model}, domain {root.domain:04x}")
            _branch(root, below, "", lines)
    return "\n".join(lines) + "\n" if lines else ""


def _branch(
    controller: PlacedController, below: dict[tuple[int, int], list[Item]], indent: str, lines: list[str]
) -> None:
    items = sorted(below.get((controller.domain, controller.bus), []), key=lambda one: parse_address(one.address or ""))
    for number, item in enumerate(items):
        last = number == len(items) - 1
        lines.append(f"{indent}{'`-' if last else '|-'} {_label(item)}")
        if isinstance(item, PlacedController):
            _branch(item, below, indent + ("   " if last else "|  "), lines)


def _label(item: Item) -> str:
    if isinstance(item, PlacedController):
        note = " (added)" if item.added else ""
        return f"{item.address} {item.name} {item.model}, bus {item.domain:04x}:{item.bus:02x}{note}"
    note = " (implicit)" if item.implicit else " (chosen)" if item.chosen else ""
    where = f", line {item.line}" if item.line is not None else ""
    return f"{item.address} {item.name}{where}{note}"

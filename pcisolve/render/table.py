"""What each root has and what is left, as a table."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.verdict.rows import Row

_HEAD = ("domain", "root", "name", "node", "buses", "window", "controllers", "devices", "functions", "free", "spare")


def table(rows: Iterable[Row]) -> str:
    """A line for each root; numbers to the right. `free` counts empty slots, those kept as spare included."""
    lines = [_HEAD, *(_cells(one) for one in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    return "".join(_line(line, widths) for line in lines)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    padded = [
        cell.ljust(width) if name == "name" else cell.rjust(width)
        for name, cell, width in zip(_HEAD, cells, widths, strict=True)
    ]
    return "  ".join(padded).rstrip() + "\n"


def _cells(row: Row) -> tuple[str, ...]:
    window = "" if row.first_bus is None else f"{row.first_bus:02x}-{row.last_bus:02x}"
    numbers = (row.controllers, row.devices, row.functions, row.free_slots, row.spare)
    node = "" if row.node is None else str(row.node)
    return (f"{row.domain:04x}", str(row.root), row.name, node, str(row.buses), window, *map(str, numbers))

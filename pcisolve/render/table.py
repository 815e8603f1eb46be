"""What each root has and what is left, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcisolve.render.folded import FEWEST
from pcisolve.verdict.rows import Row

_HEAD = ("domain", "root", "name", "node", "buses", "window", "controllers", "devices", "functions", "free", "spare")


def table(rows: Iterable[Row]) -> str:
    """A line for each root; numbers to the right. `free` counts empty slots, those kept as spare included.

    Six or more roots that follow each other and have equal numbers are one line, in which the numbers are those of
    each; `roots` then says how many there are.
    """
    runs = list(_runs(rows))
    head: tuple[str, ...] = _HEAD
    lines = [_cells(run) for run in runs]
    if any(len(run) > 1 for run in runs):
        head, lines = (*_HEAD, "roots"), [(*cells, str(len(run))) for cells, run in zip(lines, runs, strict=True)]
    lines = [head, *lines]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "".join(_line(line, widths, head) for line in lines)


def _runs(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows, those that are folded together."""
    run: list[Row] = []
    for row in rows:
        if run and not _follows(run[-1], row):
            yield from [run] if len(run) >= FEWEST else [[one] for one in run]
            run = []
        run.append(row)
    yield from [run] if len(run) >= FEWEST else [[one] for one in run]


def _follows(one: Row, after: Row) -> bool:
    """Whether a row is the next domain's, or the next root's of the same domain, and otherwise equal."""
    near = after.domain - one.domain in (0, 1) and after.root == one.root + 1
    windows = (one.last_bus, after.first_bus)
    joined = windows == (None, None) if None in windows else one.last_bus == (after.first_bus or 0) - 1
    return near and joined and _numbers(one) == _numbers(after)


def _numbers(one: Row) -> Row:
    return one._replace(domain=0, root=0, name="", first_bus=None, last_bus=None)


def _line(cells: tuple[str, ...], widths: list[int], head: tuple[str, ...]) -> str:
    padded = [
        cell.ljust(width) if name == "name" else cell.rjust(width)
        for name, cell, width in zip(head, cells, widths, strict=True)
    ]
    return "  ".join(padded).rstrip() + "\n"


def _cells(run: list[Row]) -> tuple[str, ...]:
    row, last = run[0], run[-1]
    window = "" if row.first_bus is None else f"{row.first_bus:02x}-{last.last_bus:02x}"
    numbers = (row.controllers, row.devices, row.functions, row.free_slots, row.spare)
    node = "" if row.node is None else str(row.node)
    domain, root = _span(f"{row.domain:04x}", f"{last.domain:04x}"), _span(str(row.root), str(last.root))
    name = row.name if row.name == last.name else f"{row.name} ... {last.name}"
    return (domain, root, name, node, str(row.buses), window, *map(str, numbers))


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first}-{last}"

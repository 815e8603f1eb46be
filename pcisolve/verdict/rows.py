"""The summary of a planned layout: a row for each root."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """What one root has.

    `name` is the plan's word for it, "" for none; `first_bus` and `last_bus` the bus-number window of an expander or
    of a root beside expanders, None where a root has the whole domain; `buses` the bus numbers it takes; slots and
    functions count what endpoints can have: those on the root's own bus and on the buses below it.
    """

    domain: int
    root: int
    name: str
    node: int | None
    buses: int
    first_bus: int | None
    last_bus: int | None
    controllers: int
    devices: int
    functions: int
    free_slots: int
    spare: int

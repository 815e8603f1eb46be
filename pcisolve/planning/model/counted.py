"""The decision about a scene: how many of what go where."""

from __future__ import annotations

from typing import NamedTuple


class Counted(NamedTuple):
    """Numbers above zero only.

    placed: slots of an item by (item, site, host). devices: of a group by (group, site). added: controllers by
    (site, model, host). spare: free slots by (spare, site, host). used: sites that are there. on_switch: slots of an
    item by (item, site, switch), for items that a relation puts on switches; held: devices in those slots, for items
    of several devices a slot.
    """

    placed: dict[tuple[int, int, str], int]
    devices: dict[tuple[str, int], int]
    added: dict[tuple[int, str, str], int]
    spare: dict[tuple[int, int, str], int]
    used: dict[int, int]
    on_switch: dict[tuple[int, int, int], int]
    held: dict[tuple[int, int, int], int]

"""What changes to a guest cost its user: models/repair/weights.toml."""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.catalog.table import Table


class Weights(NamedTuple):
    """Costs without a unit, to be compared: a repair costs the sum of its changes.

    `address_number` is for each number of an address that changes, `address` for one that libvirt is to choose,
    `part_behind` for each part behind a controller that goes; `seen_port`, `seen_device` and `seen_host_device` for
    each part that the guest finds elsewhere; `stray` for each that leaves its NUMA node, root or domain; `torn` for
    each slot of parts that belong together and do not stay so; `grown` for each controller that libvirt adds; `warning`
    for each that is brought; the others are named after what is changed, added or removed.
    """

    address_number: int
    address: int
    part_behind: int
    seen_port: int
    seen_device: int
    seen_host_device: int
    stray: int
    torn: int
    grown: int
    warning: int
    index: int  # type: ignore[assignment]  # libvirt's word; a tuple's own index() is not wanted here
    option: int
    model: int
    added_controller: int
    controller: int
    domain: int
    device: int
    machine: int


def read_weights(table: Table) -> Weights:
    """The file of weights.

    Raises:
        InputError: a wrong file.
    """
    table.text("summary")
    table.text("source")
    weights = Weights(*(table.number(name) for name in Weights._fields))
    table.finish()
    return weights

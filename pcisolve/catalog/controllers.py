"""PCI controller models: models/controllers/*.toml.

Source of the facts: libvirt src/conf/domain_addr.c and src/qemu/qemu_validate.c; each file names its own.
"""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.catalog.known import Known
from pcisolve.catalog.table import Table, Version
from pcisolve.core.address import SLOTS_PER_BUS

TARGET_DEFAULTS = ("index", "place", "slot", "busnr", "phb")
_BUS_SORTS = ("conventional", "express")


class TargetOption(NamedTuple):
    """An option of a controller's <target>: a number from minimum to maximum, or (both None) one of `values`.

    `default` says what fills it when missing: the controller's "index", the "place" of its own address
    (slot * 8 + function), its "slot", the next "busnr", the next "phb" index, or "" for nothing.
    """

    name: str
    minimum: int | None
    maximum: int | None
    values: tuple[str, ...]
    default: str
    hexadecimal: bool
    since: Version
    machines: tuple[str, ...]
    rule: str

    def applies_to(self, family: str) -> bool:
        """Whether the option exists on machines of this family."""
        return not self.machines or family in self.machines


class ControllerModel(NamedTuple):
    """A sort of PCI controller. Kinds are bit sets of core.kinds; slots count from 0.

    `automatic`: endpoints may be placed on its bus unasked. `shares_slot`: several of them may share a slot,
    one function each. `guest_buses`: bus numbers it takes in the guest. `io_window`: firmware gives it I/O ports
    even when it is empty, because devices may be plugged in later. `machines`: families that allow it, () = any.
    """

    name: str
    summary: str
    source: str
    since: Version
    root: bool
    bus: str
    accepts: int
    min_slot: int
    max_slot: int
    automatic: bool
    hotplug: bool
    needs: int
    explicit_needs: int
    shares_slot: bool
    index_above_bus: bool
    guest_buses: int
    io_window: bool
    qemu_names: tuple[str, ...]
    machines: tuple[str, ...]
    extra_roots_on: tuple[str, ...]
    targets: dict[str, TargetOption]

    @property
    def express(self) -> bool:
        """Whether the bus it provides is PCI Express."""
        return self.bus == "express"


def read_controller(table: Table, known: Known, libvirt: Version) -> ControllerModel:
    """One file of models/controllers; options newer than `libvirt` are left out. Raises InputError: a wrong file."""
    lowest, highest = _slots(table)
    model = ControllerModel(
        name=table.word("name", (table.file.stem,)),
        summary=table.text("summary"),
        source=table.text("source"),
        since=table.version("since"),
        root=table.flag("root"),
        bus=table.word("bus", _BUS_SORTS),
        accepts=table.kinds("accepts"),
        min_slot=lowest,
        max_slot=highest,
        automatic=table.flag("automatic"),
        hotplug=table.flag("hotplug"),
        needs=table.kinds("needs"),
        explicit_needs=table.kinds("explicit_needs", required=False) or table.kinds("needs"),
        shares_slot=table.flag("shares_slot"),
        index_above_bus=table.flag("index_above_bus"),
        guest_buses=table.number("guest_buses", maximum=2),
        io_window=table.flag("io_window", False),
        qemu_names=table.words("qemu_names", required=True),
        machines=table.words("machines", known.machines, required=True),
        extra_roots_on=table.words("extra_roots_on", known.machines, required=True),
        targets=_targets(table, known, libvirt),
    )
    return table.finished(model)


def _slots(table: Table) -> tuple[int, ...]:
    slots = table.numbers("slots", SLOTS_PER_BUS - 1)
    if len(slots) != 2 or slots[0] > slots[1]:
        raise table.error("slots", '"slots" has a wrong value', "[lowest, highest]")
    return slots


def _targets(table: Table, known: Known, libvirt: Version) -> dict[str, TargetOption]:
    options = table.table("targets")
    found = {}
    for name in options.raw if options else ():
        option = _target(name, options, known) if options else None
        if option and option.since <= libvirt:
            found[name] = option
    return found


def _target(name: str, options: Table, known: Known) -> TargetOption | None:
    table = options.table(name)
    if table is None:
        return None
    values = table.words("values")
    option = TargetOption(
        name=name,
        minimum=None if values else table.number("minimum"),
        maximum=None if values else table.number("maximum"),
        values=values,
        default=table.word("default", TARGET_DEFAULTS, ""),
        hexadecimal=table.flag("hexadecimal", False),
        since=table.version("since", "0"),
        machines=table.words("machines", known.machines),
        rule=table.text("rule"),
    )
    if option.minimum is not None and option.maximum is not None and option.minimum > option.maximum:
        raise table.error("maximum", '"maximum" is below "minimum"')
    table.finish()
    return option

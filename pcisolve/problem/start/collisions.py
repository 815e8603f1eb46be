"""What QEMU's start comes to: where each device is, and what cannot be made."""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.core.change import Change
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.qemu.commandline import Property
from pcisolve.problem.qemu.devices import Device

TAKEN: Final = "taken"
SINGLE: Final = "single"  # function 0 of the slot is not multifunction
FULL: Final = "full"
MOST_WRONG: Final = 20  # arguments that cannot be made; those after them are not looked at


class Spot(NamedTuple):
    """A place by the name that QEMU has for the bus."""

    bus: str
    slot: int
    function: int


class Entry(NamedTuple):
    """Who is at a place: a part of libvirt's, a device of an argument, or what the machine has, in words.

    `moved` is the override that put a part there.
    """

    part: Part | None = None
    device: Device | None = None
    built_in: str = ""
    multifunction: bool = False
    moved: Property | None = None


class Clash(NamedTuple):
    """What cannot be made because of what is there already: `later` ones share a slot.

    `why` is TAKEN, SINGLE or FULL. `parts` are libvirt's parts among all of them, but for those an override moves.
    """

    why: str
    spot: Spot
    first: Entry
    later: tuple[Entry, ...]
    parts: tuple[Part, ...]

    @property
    def by_override(self) -> bool:
        """Whether an override has a part in it."""
        return any(one.moved is not None for one in (self.first, *self.later))


class NoBus(NamedTuple):
    """A bus that an argument or an override names and that does not exist then.

    `maker` is who makes it later: a controller of libvirt's, another argument, or None.
    """

    bus: str
    device: Device | None
    part: Part | None
    moved: Property | None
    maker: Controller | Device | None


class Expander(NamedTuple):
    """A device that is no bridge on an expander bus: `chosen` where QEMU chose that, as the newest root.

    It is that of an argument, or a part that an override puts there.
    """

    bus: str
    chosen: bool
    device: Device | None = None
    part: Part | None = None
    moved: Property | None = None


class SameChassis(NamedTuple):
    """Ports whose chassis is the same: that of `device`, and another."""

    chassis: int
    device: Device
    other: Device | Controller


class SameName(NamedTuple):
    """Devices of one id: that of `device`, and another."""

    name: str
    device: Device
    other: Device | Part


class Startup:
    """How far QEMU gets.

    Attributes:
        spots: where each device of an argument is, as far as it finds a place.
        moved: the same of the parts that an override moves.
        room: changes that keep libvirt's own choice away from the arguments; filled by repair.remedies.commandline.
    """

    def __init__(self) -> None:
        self.spots: dict[Device, Spot] = {}
        self.moved: dict[Part, Spot] = {}
        self.room: tuple[Change, ...] | None = None
        self.clashes: list[Clash] = []
        self.no_bus: list[NoBus] = []
        self.expanders: list[Expander] = []
        self.chassis: list[SameChassis] = []
        self.names: list[SameName] = []
        self.unreadable: list[tuple[Property, str]] = []

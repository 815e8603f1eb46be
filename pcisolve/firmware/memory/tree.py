"""Buses, functions and their BARs, as firmware finds them."""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.catalog.bars import Bar

MIB: Final = 1 << 20
GIB: Final = 1 << 30
FOUR_GIB: Final = 1 << 32


class Function:
    """A function of a bus, with the BARs that take memory; a bridge has a bus behind it.

    Attributes:
        name: what to call it in messages, or to find it again.
        bars: its BARs, by number.
        usb: whether it is a USB controller, which SeaBIOS keeps below 4 GiB.
        bus: what is behind a bridge; None for all else.
        hotplug: whether the bridge has a slot that firmware keeps room in: a PCI Express port or a bridge with SHPC.
        express: whether that is a PCI Express port's.
        reserve: bytes of non-prefetchable memory that the bridge asks for; 0 for none.
        ports: the sizes of its BARs of I/O ports.
        vga: whether it is a VGA, which edk2 never leaves without addresses.
    """

    __slots__ = ("bars", "bus", "express", "hotplug", "name", "ports", "reserve", "usb", "vga")

    def __init__(self, name: str, bars: tuple[Bar, ...] = ()) -> None:
        self.name = name
        self.bars = bars
        self.usb = False
        self.bus: Bus | None = None
        self.hotplug = False
        self.express = False
        self.reserve = 0
        self.ports: tuple[int, ...] = ()
        self.vga = False


class Bus:
    """A bus: its functions by slot and function, which is the order in which firmware finds them."""

    __slots__ = ("functions",)

    def __init__(self, functions: list[Function] | None = None) -> None:
        self.functions: list[Function] = functions if functions is not None else []


class Range(NamedTuple):
    """Addresses `base` to `end` - 1."""

    base: int
    end: int

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self.end - self.base


class Windows(NamedTuple):
    """What a bridge hands on: memory below 4 GiB, and prefetchable memory, which may be above; None where none."""

    memory: Range | None
    prefetchable: Range | None


class Outcome(NamedTuple):
    """What firmware makes of a guest's BARs.

    Attributes:
        low: bytes below 4 GiB that are needed, with what alignment costs.
        low_room: the bytes there are.
        high: bytes above 4 GiB that are used; 0 where firmware puts nothing there.
        end: the first address above all of them; 0 where nothing is there.
        fits: whether every BAR got an address.
        takers: what is on the root bus and takes memory below 4 GiB, with how many bytes, in the firmware's order.
        addresses: that of each BAR by function and number; empty where the firmware's order is not known or nothing
            fits.
        windows: those of each bridge, likewise.
        high_room: the bytes there are above 4 GiB; 0 where that is not bounded, or not known.
        above: what is on the root bus and takes memory above 4 GiB, with how many bytes.
        lacks: what there is not enough of: memory "low" or "high", or I/O "ports" where `fits`; "" for nothing.
    """

    low: int
    low_room: int
    high: int
    end: int
    fits: bool
    takers: tuple[tuple[Function, int], ...]
    addresses: dict[tuple[Function, int], int]
    windows: dict[Function, Windows]
    high_room: int = 0
    above: tuple[tuple[Function, int], ...] = ()
    lacks: str = ""


def depth_first(tops: list[Bus]) -> list[Bus]:
    """Every bus in the order of its number: each top's, then what is behind its bridges, on the way down."""
    found: list[Bus] = []
    waiting = tops[::-1]
    while waiting:
        bus = waiting.pop()
        found.append(bus)
        waiting += [one.bus for one in reversed(bus.functions) if one.bus is not None]
    return found


def up(value: int, alignment: int) -> int:
    """The next multiple of an alignment that is no less; alignments are powers of two."""
    return (value + alignment - 1) & -alignment


def alignment_free(outcome: Outcome) -> int:
    """The bytes below 4 GiB that are needed whatever the order is."""
    return sum(size for _, size in outcome.takers)

"""SeaBIOS' arithmetic: by hand, against a twin that works as the C does, and what holds of every answer."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from pcisolve.catalog.bars import MEM32, MEM64, Bar
from pcisolve.firmware.memory.seabios import Platform, seabios
from pcisolve.firmware.memory.tree import FOUR_GIB, GIB, MIB, Bus, Function, Outcome, Range
from tests.firmware.memory.seabios_twin import twin
from tests.firmware.memory.trees import random_bus

HOLE = Range(0xC0000000, 0xFEC00000)
Q35 = Platform(HOLE, FOUR_GIB, 0, 0, False)
PLATFORMS = [
    Q35,
    Platform(HOLE, FOUR_GIB + 2 * GIB, 2 * GIB, 0, False),
    Platform(HOLE, FOUR_GIB + 2 * GIB, 2 * GIB, 42, True),
    Platform(HOLE, FOUR_GIB, 0, 42, True),
    Platform(Range(0x80000000, 0xFEC00000), FOUR_GIB, 0, 0, False),
]


def port(*inside: Function, reserve: int = 0) -> Function:
    """A root port with its own BAR."""
    found = Function("port", (Bar(4096, MEM32),))
    found.hotplug = found.express = True
    found.reserve = reserve
    found.bus = Bus(list(inside))
    return found


def test_by_hand() -> None:
    card = Function("card", (Bar(256 * MIB, MEM32), Bar(512 * MIB, MEM64, True, 2)))
    one = port(card)
    outcome = seabios([Bus([one])], Q35)
    # Memory: the window of 256 MiB and the port's 4 KiB; prefetchable: 512 MiB, aligned to as much, so it is lower.
    assert outcome.addresses[card, 0] == 0xE0000000
    assert outcome.addresses[one, 0] == 0xF0000000
    assert outcome.addresses[card, 2] == 0xC0000000
    assert outcome.windows[one] == (Range(0xE0000000, 0xF0000000), Range(0xC0000000, 0xE0000000))
    assert (outcome.fits, outcome.low, outcome.low_room, outcome.high) == (True, 0x3EC00000, 1004 * MIB, 0)


def test_what_is_wide_goes_up() -> None:
    card = Function("card", (Bar(2 * GIB, MEM64, True, 2),))
    outcome = seabios([Bus([port(card)])], Q35)
    assert outcome.fits
    assert outcome.addresses[card, 2] == outcome.high + FOUR_GIB - 2 * GIB == FOUR_GIB


def test_one_narrow_bar_keeps_its_whole_window_down() -> None:
    """An empty hot-plug bridge keeps 2 MiB; a 32-bit BAR beside a wide one takes both below 4 GiB."""
    narrow = Function("narrow", (Bar(MIB, MEM32, True), Bar(GIB, MEM64, True, 2)))
    outcome = seabios([Bus([port(narrow)])], Q35)
    assert not outcome.fits
    assert outcome.low > outcome.low_room
    assert outcome.addresses == {}


def test_a_reserve_is_rounded_up() -> None:
    outcome = seabios([Bus([port(reserve=3 * MIB)])], Q35)
    [window] = [one.memory for one in outcome.windows.values()]
    assert window is not None and window.size == 4 * MIB


def test_usb_stays_down() -> None:
    usb = Function("usb", (Bar(16384, MEM64),))
    usb.usb = True
    disk = Function("disk", (Bar(16384, MEM64),))
    big = Function("big", (Bar(2 * GIB, MEM64, True),))
    outcome = seabios([Bus([usb, disk, big])], Q35)
    assert outcome.addresses[usb, 0] < FOUR_GIB <= outcome.addresses[disk, 0]


@pytest.mark.parametrize("seed", range(300))
def test_as_the_twin(seed: int) -> None:
    random = Random(seed)
    platform = PLATFORMS[seed % len(PLATFORMS)]
    tops = [random_bus(random, largest=random.choice([22, 26, 30])) for _ in range(random.choice([1, 1, 1, 3]))]
    outcome = seabios(tops, platform)
    machine = twin(tops, *platform.low, platform.ram_above, platform.top, pads=platform.pads, high=platform.high_start)
    assert outcome.fits is not machine.panics
    assert outcome.addresses == ({} if machine.panics else machine.places)


@pytest.mark.parametrize("seed", range(100))
def test_laws(seed: int) -> None:
    """BARs are aligned, do not overlap, and are in the windows of all bridges above; what does not fit needs more."""
    tops = [random_bus(Random(seed), largest=26)]
    outcome = seabios(tops, PLATFORMS[seed % len(PLATFORMS)])
    assert outcome.fits is (outcome.low <= outcome.low_room)
    used = sorted(inside(outcome, tops[0], []))
    assert all(first[1] <= second[0] for first, second in pairwise(used))


def inside(outcome: Outcome, bus: Bus, above: list[Function]) -> list[tuple[int, int]]:
    """The addresses of each BAR; fails where one is not in the windows above."""
    found = []
    for function in bus.functions:
        for bar in function.bars if outcome.fits else ():
            base = outcome.addresses[function, bar.number]
            assert base % bar.size == 0
            found.append((base, base + bar.size))
            for bridge in above:
                window = outcome.windows[bridge][bar.prefetchable]
                assert window is not None and window.base <= base and base + bar.size <= window.end
        if function.bus is not None:
            found += inside(outcome, function.bus, [*above, function])
    return found

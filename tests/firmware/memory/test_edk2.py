"""edk2's arithmetic, by hand."""

from __future__ import annotations

from pcisolve.catalog.bars import MEM32, MEM64, Bar
from pcisolve.firmware.memory.edk2 import Edk2, edk2
from pcisolve.firmware.memory.edk2_lists import Needs
from pcisolve.firmware.memory.tree import GIB, MIB, Bus, Function, Range

LOW, HIGH = Range(0xC0000000, 0xFC000000), Range(0xE000000000, 1 << 40)
PORTS, NEEDS = Range(0x6000, 0x10000), Needs(0, 0, hotplug=True)
OVMF = Edk2(LOW, HIGH, PORTS, NEEDS)


def port(*inside: Function, reserve: int = 0) -> Function:
    """A root port without a BAR of its own."""
    found = Function("port")
    found.hotplug = True
    found.reserve = reserve
    found.bus = Bus(list(inside))
    return found


def test_room_is_kept_behind_a_port() -> None:
    outcome = edk2([Bus([port(), port(reserve=3 * MIB)])], OVMF)
    assert (outcome.fits, outcome.low, outcome.low_room, outcome.high) == (True, 6 * MIB, 960 * MIB, 0)


def test_what_is_not_prefetchable_stays_below() -> None:
    card = Function("card", (Bar(512 * MIB, MEM64), Bar(4 * GIB, MEM64, True, 2)))
    outcome = edk2([Bus([port(card)])], OVMF)
    assert (outcome.fits, outcome.low, outcome.high) == (True, 512 * MIB, 4 * GIB)
    assert not edk2([Bus([port(card), port(card)])], OVMF).fits


def test_a_port_has_one_prefetchable_window() -> None:
    """Beside a wide prefetchable BAR, a narrow one goes with what is not prefetchable."""
    both = Function("both", (Bar(256 * MIB, MEM32, True), Bar(GIB, MEM64, True, 2)))
    outcome = edk2([Bus([port(both)])], OVMF)
    assert (outcome.fits, outcome.low, outcome.high) == (True, 256 * MIB, GIB)


def test_on_the_root_bus_all_that_is_wide_is_above() -> None:
    disk = Function("disk", (Bar(2 * GIB, MEM64),))
    outcome = edk2([Bus([disk])], OVMF)
    assert (outcome.fits, outcome.low, outcome.high) == (True, 0, 2 * GIB)


def test_what_does_not_fit_above_is_tried_below() -> None:
    card = Function("card", (Bar(256 * MIB, MEM64, True),))
    assert edk2([Bus([card])], Edk2(LOW, None, PORTS, NEEDS)).fits
    large = Function("large", (Bar(256 * GIB, MEM64, True),))
    assert not edk2([Bus([large])], OVMF).fits


def test_what_is_kept_free_goes_first_where_it_is_largest() -> None:
    small = Function("small", (Bar(128 * MIB, MEM32),))
    assert edk2([Bus([port(small, reserve=512 * MIB), port(reserve=512 * MIB)])], OVMF).fits
    large = Function("large", (Bar(1024 * MIB, MEM32),))
    assert not edk2([Bus([port(large), port(reserve=512 * MIB)])], OVMF).fits

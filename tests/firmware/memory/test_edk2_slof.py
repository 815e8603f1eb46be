"""edk2 and SLOF: where they put BARs, and what goes where there is no room; addresses as booted firmware gave them."""

from __future__ import annotations

import itertools
from random import Random

import pytest

from pcisolve.catalog.bars import MEM32, MEM64, Bar
from pcisolve.firmware.memory.edk2 import Edk2, edk2
from pcisolve.firmware.memory.edk2_lists import Needs
from pcisolve.firmware.memory.slof import Slof, slof
from pcisolve.firmware.memory.tree import FOUR_GIB, GIB, MIB, Bus, Function, Outcome, Range, Windows, depth_first
from tests.firmware.memory.trees import random_bus

OVMF = Edk2(
    Range(0xC0000000, 0xFC000000),
    Range(7 << 37, 1 << 40),
    Range(0x6000, 0x10000),
    Needs(512 * MIB, 512, hotplug=True),
)
PSERIES = Slof(Range(2 * GIB, FOUR_GIB), Range(0x2100 << 32, 0x2200 << 32))


def device(name: str, *bars: Bar, ports: int = 0) -> Function:
    found = Function(name, bars)
    found.ports = (ports,) if ports else ()
    return found


def port(name: str, *inside: Function) -> Function:
    found = Function(name, (Bar(4096, MEM32),))
    found.bus = Bus(list(inside))
    found.hotplug = found.express = True
    return found


def wide(size: int) -> Bar:
    return Bar(size, MEM64, True, 2)


def by_name(outcome: Outcome) -> dict[tuple[str, int], int]:
    return {(one.name, number): address for (one, number), address in outcome.addresses.items()}


def test_what_is_64_bit_and_prefetchable_is_above_and_the_rest_below() -> None:
    outcome = edk2([Bus([port("port", device("gpu", Bar(16 * MIB, MEM32), wide(64 * GIB)))])], OVMF)
    assert outcome.fits
    assert outcome.lacks == ""
    assert by_name(outcome) == {("gpu", 0): 0xC0000000, ("port", 0): 0xC1000000, ("gpu", 2): 7 << 37}
    [windows] = outcome.windows.values()
    assert windows == Windows(Range(0xC0000000, 0xC1000000), Range(7 << 37, (7 << 37) + 64 * GIB))


def test_the_largest_device_behind_a_bridge_goes_where_there_is_no_room() -> None:
    def devices(size: int) -> list[Bus]:
        return [Bus([port(f"port{at}", device("gpu", Bar(size, MEM32))) for at in range(3)])]

    assert edk2(devices(256 * MIB), OVMF).fits
    outcome = edk2(devices(512 * MIB), OVMF)
    assert not outcome.fits
    assert outcome.lacks == "low"
    assert outcome.low > outcome.low_room == 960 * MIB


def test_what_is_kept_free_goes_first_where_it_is_larger() -> None:
    """320 ports keep 640 MiB and more free, and nothing behind them is larger than 2 MiB."""
    ports = [port(f"port{at}", device("nic", Bar(MIB, MEM32))) for at in range(320)]
    assert edk2([Bus(ports)], OVMF).fits
    with_large = [*ports, port("last", device("card", Bar(512 * MIB, MEM32)))]
    assert not edk2([Bus(with_large)], OVMF).fits


def test_io_ports_that_run_out_take_what_is_kept_free_with_them() -> None:
    """Forty ports keep 160 KiB of I/O free, of 40: all that they keep free goes, memory too, and then there is room."""
    ports = [port(f"port{at}") for at in range(40)]
    large = device("card", Bar(512 * MIB, MEM32)), device("other", Bar(256 * MIB, MEM32))
    for one in ports:
        one.reserve = 8 * MIB
    tops = [Bus([*ports, *large])]
    assert edk2(tops, OVMF).fits
    assert edk2(tops, OVMF._replace(needs=Needs(0, 0, hotplug=True))).fits


def test_a_device_that_goes_for_its_ports_says_nothing_of_memory() -> None:
    bridges = [port(f"port{at}", device("nic", ports=64)) for at in range(12)]
    outcome = edk2([Bus(bridges)], OVMF)
    assert outcome.fits
    assert outcome.lacks == "ports"


def test_without_a_window_above_all_is_below() -> None:
    virt = Edk2(Range(0x10000000, 0x3EFF0000), None, Range(0, 0x10000), Needs(0, 512, hotplug=True))
    assert edk2([Bus([device("gpu", wide(256 * MIB))])], virt).fits
    outcome = edk2([Bus([port("port", device("gpu", wide(GIB)))])], virt)
    assert not outcome.fits


def test_a_list_of_4_gib_is_none() -> None:
    assert not edk2([Bus([device("gpu", Bar(2 * GIB, MEM32)), device("gpu", Bar(2 * GIB, MEM32))])], OVMF).fits


def test_slof_goes_by_slot() -> None:
    top = Bus([device("nvme", Bar(16384, MEM64)), port("bridge", device("gpu", Bar(4096, MEM32), wide(GIB)))])
    outcome = slof(top, PSERIES)
    assert outcome.fits
    assert by_name(outcome) == {
        ("nvme", 0): 0x80000000,
        ("gpu", 0): 0x80100000,
        ("gpu", 2): 0x2100 << 32,
        ("bridge", 0): 0x80300000,
    }
    [windows] = outcome.windows.values()
    assert windows == Windows(Range(0x80100000, 0x80300000), Range(0x2100 << 32, 0x2101 << 32))


def test_slof_has_two_gib_and_one_tib() -> None:
    assert slof(Bus([device("gpu", Bar(2 * GIB, MEM32))]), PSERIES).fits
    low = slof(Bus([device("gpu", Bar(2 * GIB, MEM32)), device("nic", Bar(4096, MEM32))]), PSERIES)
    assert (low.fits, low.lacks) == (False, "low")
    assert slof(Bus([device("gpu", wide(1 << 40))]), PSERIES).fits
    high = slof(Bus([device("gpu", wide(1 << 40)), device("nic", wide(1 << 16))]), PSERIES)
    assert (high.fits, high.lacks, high.high_room) == (False, "high", 1 << 40)


@pytest.mark.parametrize("seed", range(60))
def test_nothing_overlaps_and_all_is_where_its_bridge_hands_it_on(seed: int) -> None:
    random = Random(seed)
    top = random_bus(random, depth=2, largest=26)
    for outcome in (edk2([top], OVMF), slof(top, PSERIES)):
        if outcome.lacks:
            continue
        bars = {(one, bar.number): bar for bus in depth_first([top]) for one in bus.functions for bar in one.bars}
        assert set(outcome.addresses) == set(bars)
        taken = sorted((address, address + bars[key].size) for key, address in outcome.addresses.items())
        assert all(first[1] <= second[0] for first, second in itertools.pairwise(taken))
        assert not any(address % bars[key].size for key, address in outcome.addresses.items())
        for bridge, windows in outcome.windows.items():
            assert bridge.bus is not None
            for one in bridge.bus.functions:
                for bar in one.bars:
                    address = outcome.addresses[one, bar.number]
                    within = [w for w in windows if w is not None and w.base <= address <= w.end - bar.size]
                    assert within, (bridge.name, one.name, bar)
                    assert bar.prefetchable or within[0] is windows.memory

"""Random buses with bridges and BARs of all kinds."""

from __future__ import annotations

from random import Random

from pcisolve.catalog.bars import MEM32, MEM64, Bar
from pcisolve.firmware.memory.tree import MIB, Bus, Function


def random_bus(random: Random, depth: int = 3, largest: int = 30) -> Bus:
    """A bus with up to five functions; bridges down to `depth`, BARs of up to 2^largest bytes."""
    return Bus([_function(random, depth, largest, f"{depth}.{at}") for at in range(random.randint(0, 5))])


def _function(random: Random, depth: int, largest: int, name: str) -> Function:
    found = Function(name, tuple(_bar(random, number, largest) for number in range(random.randint(0, 3))))
    found.usb = random.random() < 0.1
    if depth and random.random() < 0.5:
        found.usb = False
        found.bus = random_bus(random, depth - 1, largest)
        found.hotplug = random.random() < 0.6
        found.reserve = random.choice([0, 0, 0, 3 * MIB, 64 * MIB])
    return found


def _bar(random: Random, number: int, largest: int) -> Bar:
    return Bar(1 << random.randint(4, largest), random.choice([MEM32, MEM64]), random.random() < 0.5, number)

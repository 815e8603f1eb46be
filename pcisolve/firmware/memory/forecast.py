"""What the firmware of a guest makes of its BARs, by each of the versions that may be installed."""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.catalog.apertures import Aperture
from pcisolve.core.sizes import size_of
from pcisolve.firmware.memory.edk2 import Edk2, edk2
from pcisolve.firmware.memory.edk2_lists import Needs
from pcisolve.firmware.memory.guest import bits_of, is_plain, ram_of
from pcisolve.firmware.memory.seabios import Platform, seabios
from pcisolve.firmware.memory.slof import Slof, slof
from pcisolve.firmware.memory.tree import FOUR_GIB, GIB, Bus, Outcome, Range, up
from pcisolve.problem.firmware import SEABIOS, UEFI
from pcisolve.problem.problem import Problem

_SLOF: Final = "SLOF"
_MOST_BITS: Final = 52
_WITHOUT_HUGE: Final = 40  # bits that OVMF uses of a CPU without pages of 1 GiB
_PADDED: Final = 32 * GIB  # a window that is larger has room for later behind each bridge
_CLASSIC: Final = 32 * GIB  # OVMF's window where it does not believe the bits


class Windows(NamedTuple):
    """The windows of one version of a firmware; of the three, one is there. `version` is "" where there is but one."""

    version: str
    seabios: Platform | None = None
    edk2: Edk2 | None = None
    slof: Slof | None = None

    @property
    def low(self) -> Range:
        """Below 4 GiB."""
        one = self.seabios or self.edk2 or self.slof
        return one.low if one is not None else Range(0, 0)


def known_windows(problem: Problem) -> list[Windows]:
    """Those of every version of the guest's firmware that is known; none where nothing is.

    The last one has the most room below 4 GiB. What holds for all of them holds.
    """
    if not problem.flat or not problem.roots or not is_plain(problem):
        return []
    name, machine = problem.firmware.name, problem.machine
    found: list[Windows] = []
    for one in problem.catalog.apertures(machine.family, name):
        if name == SEABIOS:
            found += _of_seabios(one, problem)
        elif name == UEFI:
            found += _of_edk2(one, problem)
        elif name == _SLOF:
            high = Range(one.high_start, one.high_start + one.high_size)
            found.append(Windows("", slof=Slof(Range(one.start(0), one.end), high)))
    return sorted(found, key=_low_size)


def with_hole(windows: Windows, size: int) -> Windows:
    """The same with a window of that size above 4 GiB, which begins at a multiple of it."""
    if windows.edk2 is None or windows.edk2.high is None:
        return windows
    start = up(windows.edk2.high.base, size)
    return windows._replace(edk2=windows.edk2._replace(high=Range(start, start + size)))


def _low_size(one: Windows) -> int:
    return one.low.size


def forecast(tops: list[Bus], windows: Windows) -> Outcome:
    """What comes of it; on pseries, where each host bridge is by itself, of the first one that lacks something."""
    if windows.seabios is not None:
        return seabios(tops, windows.seabios)
    if windows.edk2 is not None:
        return edk2(tops, windows.edk2)
    assert windows.slof is not None
    outcomes = [slof(top, windows.slof) for top in tops]
    return next((one for one in outcomes if not one.fits), outcomes[0])


def _of_seabios(one: Aperture, problem: Problem) -> list[Windows]:
    """Of 1.16.2, and of 1.16.3 and newer, which use what they know of the CPU."""
    ram, bits = ram_of(problem), bits_of(problem)
    above = ram - one.low_ram(ram)
    low = Range(one.start(ram), one.end)
    platform = Platform(low, FOUR_GIB + above, above, bits, False)
    return [Windows("1.16.2", seabios=platform), Windows("1.16.3", seabios=platform._replace(pads=True))]


def _of_edk2(one: Aperture, problem: Problem) -> list[Windows]:
    """Of one version, with each window above 4 GiB that the CPU may lead to."""
    ram = ram_of(problem)
    low, ports = Range(one.start(ram), one.end), Range(*one.ports)
    found = []
    for high, pads in _highs(one, problem, ram):
        needs = Needs(pads, one.keeps_ports, hotplug=True)
        found.append(Windows(one.version, edk2=Edk2(low, high, ports, needs)))
    return found


def _highs(one: Aperture, problem: Problem, ram: int) -> list[tuple[Range, int]]:
    """The windows above 4 GiB that there may be, and what is kept free in each behind a bridge."""
    if one.high_size:
        size = max(one.high_size, 1 << (hole_of(problem) - 1).bit_length())
        start = up(one.high_start, size)
        return [(Range(start, start + size), 0)]
    bits = bits_of(problem)
    if not bits:  # the widest there is, with nothing kept free: what does not fit there fits nowhere
        return [(Range(7 << (_MOST_BITS - 3), 1 << _MOST_BITS), 0)]
    base = up(FOUR_GIB + max(ram - one.low_ram(ram), 0), _CLASSIC)
    found = [(Range(base, base + _CLASSIC), 0)]
    for used in sorted({min(bits, _WITHOUT_HUGE), min(bits, one.most_bits or bits)}):
        size = 1 << (used - 3)
        found.append((Range((1 << used) - size, 1 << used), size >> 8 if size > _PADDED else 0))
    return found


def hole_of(problem: Problem) -> int:
    """Bytes of <pcihole64> as the guest says them; 1 where it says nothing that can be read."""
    hole = problem.roots[0].view.first("pcihole64")
    return max((size_of(hole.text, hole.get("unit") or "KiB") if hole is not None else 1) or 1, 1)

"""Memory below 4 GiB: what devices and bridges need of it, and what the machine has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from pcisolve.core.shortage import Shortage
from pcisolve.core.sizes import spoken
from pcisolve.firmware.memory.guest import Tree, bars_of, is_plain, ram_of, tree_of
from pcisolve.firmware.memory.seabios import Platform, seabios
from pcisolve.firmware.memory.tree import FOUR_GIB, MIB, Outcome, Range, alignment_free
from pcisolve.problem.firmware import SEABIOS
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Question, Rule, Telling, name_of, point

_SPOKEN: Final = 4  # of those that take memory
_NEVER: Final = 4  # alignment makes a need at most this much larger
_LEAST_WINDOWS: Final = 4 * MIB  # the two windows of a bridge


class LowMemory(NamedTuple):
    """What SeaBIOS knows of the machine."""

    platform: Platform


class MemoryBelow(Rule[LowMemory]):
    """The devices need no more memory below 4 GiB than SeaBIOS has for them.

    All that is not prefetchable behind a bridge has to be there, and every 32-bit BAR; a bridge's window is as large as
    what is in it, rounded up to its largest BAR, and at least 2 MiB, or memReserve. SeaBIOS halts when there is not
    enough ("PCI: out of 32bit address space"). BARs that nobody knows, of host devices, count as nothing.
    """

    id = "memory-below-4g"
    stage = "guest"
    source = "SeaBIOS 1.16.2 src/fw/pciinit.c, compared with it below QEMU 7.2; fact memory-hole-seabios"
    allows = ("q35: <video><model type='qxl' ram='524288' vram='65536'/></video>",)
    forbids = (
        "q35: <video><model type='qxl' ram='524288' vram='524288'/></video>",
        "q35: <controller type='pci' index='1' model='pcie-root-port'><target memReserve='2097152'/></controller>",
    )

    def cases(self, question: Question) -> Iterator[LowMemory]:
        problem = question.problem
        platform = _platform(problem)
        if platform is not None and _may_want(question) * _NEVER >= platform.low.size and is_plain(problem):
            yield LowMemory(platform)

    def check(self, layout: Layout, case: LowMemory) -> bool:
        tree, outcome = _asked(layout, case)
        return outcome.fits or (not tree.complete and alignment_free(outcome) <= outcome.low_room)

    def tell(self, question: Question, case: LowMemory) -> Telling:
        tree, outcome = _asked(question.layout, case)
        family, room = question.problem.machine.family, outcome.low_room
        least = alignment_free(outcome)
        need = outcome.low if tree.complete else least
        aligned = f", which alignment makes {spoken(need)}" if spoken(need) != spoken(least) else ""
        takers = _takers(tree, outcome)
        told = ", ".join(f"{name_of(part)} takes {spoken(size)}" for part, size in takers[:_SPOKEN])
        rest = sum(size for _, size in takers[_SPOKEN:])
        more = f", all others {spoken(rest)}" if rest else ""
        message = (
            f"{SEABIOS} will halt: PCI devices need {spoken(least)} of memory below 4 GiB{aligned}, and {family} "
            f"has {spoken(room)} there; {told}{more}"
        )
        points = tuple(point(part, "", "wants memory, too" if at else "") for at, part in enumerate(_wanting(tree)))
        short = Shortage("bytes of memory below 4 GiB", need, room)
        return Telling(message, points, shortages=(short,))


def _takers(tree: Tree, outcome: Outcome) -> list[tuple[Part, int]]:
    """What is on the root bus, with the bytes it takes below 4 GiB, largest first."""
    found: dict[Part, int] = {}
    for one, size in outcome.takers:
        if one in tree.parts:
            found[tree.parts[one]] = found.get(tree.parts[one], 0) + size
    return sorted(found.items(), key=_falling)


def _wanting(tree: Tree) -> list[Part]:
    """The parts of the input that want most memory there, by themselves, wherever they are."""
    found = {
        part: one.reserve + sum(bar.size for bar in one.bars if not (bar.wide and bar.prefetchable))
        for one, part in tree.parts.items()
        if part.node is not None
    }
    return [part for part, _ in sorted(found.items(), key=_falling)[:_SPOKEN]]


def _falling(taker: tuple[object, int]) -> int:
    return -taker[1]


def _platform(problem: Problem) -> Platform | None:
    """What SeaBIOS knows of the machine; None where it is another firmware, or not known."""
    firmware = problem.firmware.name
    if not problem.flat or not problem.roots or firmware != SEABIOS:
        return None
    aperture = problem.catalog.aperture(problem.machine.family, firmware)
    if aperture is None:
        return None
    ram = ram_of(problem)
    above = ram - aperture.low_ram(ram)
    return Platform(Range(aperture.start(ram), aperture.end), FOUR_GIB + above, above, 0, False)


def _may_want(question: Question) -> int:
    """Bytes of all BARs and least windows, wherever they are: without a look at the tree."""
    total = 0
    for part in question.placed:
        if isinstance(part, Controller):
            reserve = part.targets.get("memReserve")
            total += _LEAST_WINDOWS + (reserve * 1024 if isinstance(reserve, int) else 0)
        else:
            total += sum(bar.size for bar in bars_of(question.problem, part) or ())
    return total


def _asked(layout: Layout, case: LowMemory) -> tuple[Tree, Outcome]:
    tree = tree_of(layout)
    return tree, seabios(tree.tops, case.platform)


RULES: tuple[Rule[LowMemory], ...] = (MemoryBelow(),)

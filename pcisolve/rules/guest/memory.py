"""Memory of PCI devices, below 4 GiB and above: what devices and bridges need of it, and what the firmware has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from pcisolve.core.shortage import Shortage
from pcisolve.core.sizes import spoken
from pcisolve.firmware.memory.forecast import Windows, forecast, known_windows
from pcisolve.firmware.memory.guest import Tree, bars_of, bits_of, tree_of
from pcisolve.firmware.memory.tree import MIB, Function, Outcome, alignment_free
from pcisolve.problem.firmware import SEABIOS, UEFI
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of

_SPOKEN: Final = 4  # of those that take memory
_MOST: Final = 512  # controllers; firmware numbers half as many buses
_MOST_UEFI: Final = 64  # whose bridges give way one by one, which takes time
_NEVER: Final = 4  # alignment makes a need at most this much larger
_LEAST_WINDOWS: Final = 4 * MIB  # the two windows of a bridge
LOW, HIGH = "low", "high"
_DOES: Final = {SEABIOS: "will halt", UEFI: "will leave devices without memory"}
_ELSE: Final = "will place devices beyond their window"


class Memory(NamedTuple):
    """The windows of each version of the guest's firmware; bits of the guest's addresses, 0 for not known."""

    windows: tuple[Windows, ...]
    bits: int


class _Answer(NamedTuple):
    """What the version that has most room makes of it, and which memory lacks in all of them: low, high or neither."""

    tree: Tree
    outcome: Outcome
    lacks: str


class _MemoryRule(Rule[Memory]):
    """What both rules share: they tell what all versions of the firmware lack, one or the other."""

    stage = "guest"
    placeless = True
    half = ""

    def cases(self, question: Question) -> Iterator[Memory]:
        most = _MOST_UEFI if question.problem.firmware.name == UEFI else _MOST
        windows = known_windows(question.problem) if len(question.controllers) <= most else []
        if windows and _may_want(question) * _NEVER >= min(one.low.size for one in windows):
            yield Memory(tuple(windows), bits_of(question.problem))

    def check(self, layout: Layout, case: Memory) -> bool:
        return _answer(layout, case).lacks != self.half


class MemoryBelow(_MemoryRule):
    """The devices need no more memory below 4 GiB than the firmware has for them.

    All that is not prefetchable behind a bridge has to be there, and every 32-bit BAR; a bridge's window is as large as
    what is in it, rounded up to its largest BAR, and at least 2 MiB where devices come later, or memReserve. Where
    there is not enough SeaBIOS halts ("PCI: out of 32bit address space"), UEFI firmware takes the largest device's
    memory away, and SLOF goes beyond the end. BARs that nobody knows, of host devices, count as nothing.
    """

    id = "memory-below-4g"
    half = LOW
    source = (
        "SeaBIOS 1.16.2 src/fw/pciinit.c, edk2 2022.11 MdeModulePkg/Bus/Pci, SLOF slof/fs/pci-scan.fs, each compared "
        "with it below QEMU 7.2; facts memory-hole-seabios, memory-windows-edk2, memory-windows-slof"
    )
    allows = ("q35: <video><model type='qxl' ram='524288' vram='65536'/></video>",)
    forbids = (
        "q35: <video><model type='qxl' ram='524288' vram='524288'/></video>",
        "q35: <controller type='pci' index='1' model='pcie-root-port'><target memReserve='2097152'/></controller>",
    )

    def tell(self, question: Question, case: Memory) -> Telling:
        tree, outcome, _ = _answer(question.layout, case)
        problem, room = question.problem, outcome.low_room
        least = alignment_free(outcome)
        need = outcome.low if tree.complete else least
        aligned = f", which alignment makes {spoken(need)}" if spoken(need) != spoken(least) else ""
        name = problem.firmware.name
        message = (
            f"{name} {_DOES.get(name, _ELSE)}: PCI devices need {spoken(least)} of memory below 4 GiB{aligned}, and "
            f"{problem.machine.family} has {spoken(room)} there; {_told(tree, outcome.takers)}"
        )
        short = Shortage("bytes of memory below 4 GiB", need, room)
        return Telling(message, _points(tree, wide=False), shortages=(short,))


class MemoryAbove(_MemoryRule):
    """The devices need no more memory above 4 GiB than the firmware, or the guest's CPU, has for them.

    UEFI firmware has an eighth of the CPU's addresses there, 512 GiB on ARM's virt board unless <pcihole64> says more,
    and SLOF 1 TiB for each host bridge. SeaBIOS has no bound: it goes on beyond what the CPU can address. How wide the
    CPU is, <maxphysaddr mode='emulate'> says; without that next to nothing is said on x86.
    """

    id = "memory-above-4g"
    half = HIGH
    source = (
        "SeaBIOS 1.16.2, 1.17.0 src/fw/pciinit.c, edk2 OvmfPkg/Library/PlatformInitLib/MemDetect.c (2022.11, 2026.05), "
        "SLOF slof/fs/pci-scan.fs; facts memory-windows-edk2, memory-windows-slof"
    )
    allows = ("q35: <shmem name='x'><model type='ivshmem-plain'/><size unit='G'>256</size></shmem>",)
    forbids = (
        "pseries: <shmem name='x'><model type='ivshmem-plain'/><size unit='G'>1024</size></shmem>"
        "<shmem name='y'><model type='ivshmem-plain'/><size unit='G'>64</size></shmem>",
    )

    def tell(self, question: Question, case: Memory) -> Telling:
        tree, outcome, _ = _answer(question.layout, case)
        name, family = question.problem.firmware.name, question.problem.machine.family
        told = _told(tree, outcome.above)
        if name == SEABIOS:
            need, room = _end(outcome), 1 << case.bits
            message = (
                f"{name} will place PCI devices where the CPU reads no memory: they end at {spoken(need)}, and its "
                f"{case.bits} bits end at {spoken(room)}; {told}"
            )
        else:
            need, room = outcome.high, outcome.high_room
            message = (
                f"{name} {_DOES.get(name, _ELSE)}: PCI devices need {spoken(need)} of memory above 4 GiB, and {family} "
                f"has {spoken(room)} there; {told}"
            )
        short = Shortage("bytes of memory above 4 GiB", need, room)
        return Telling(message, _points(tree, wide=True), shortages=(short,))


def _answer(layout: Layout, case: Memory) -> _Answer:
    """What all versions lack; where they lack different things, what the one with most room below 4 GiB lacks."""
    tree = tree_of(layout)
    outcomes = [forecast(tree.tops, one) for one in case.windows]
    widest = max(outcomes, key=_rooms)
    lacks = all(_lacks(tree, one, case) for one in outcomes)
    return _Answer(tree, widest, _lacks(tree, widest, case) if lacks else "")


def lacking(tree: Tree, case: Memory) -> bool:
    """Whether any version of the firmware has not enough memory for a tree."""
    return any(_lacks(tree, forecast(tree.tops, one), case) for one in case.windows)


def _rooms(outcome: Outcome) -> tuple[int, int]:
    return outcome.low_room, outcome.high_room


def _lacks(tree: Tree, outcome: Outcome, case: Memory) -> str:
    """Of which memory there is not enough; what nobody knows counts as nothing, and then alignment does, too."""
    if outcome.fits:
        beyond = not outcome.high_room and case.bits and _end(outcome) > 1 << case.bits
        return HIGH if beyond and tree.complete else ""
    if outcome.lacks != HIGH:
        return LOW if tree.complete or alignment_free(outcome) > outcome.low_room else ""
    return HIGH if tree.complete or sum(size for _, size in outcome.above) > outcome.high_room else ""


def _end(outcome: Outcome) -> int:
    """Where the last BAR ends; an empty window behind it harms nobody."""
    sizes = {(one, bar.number): bar.size for one, _ in outcome.addresses for bar in one.bars}
    return max((address + sizes[key] for key, address in outcome.addresses.items()), default=0)


def _told(tree: Tree, takers: tuple[tuple[Function, int], ...]) -> str:
    found = _takers(tree, takers)
    told = ", ".join(f"{name_of(part)} takes {spoken(size)}" for part, size in found[:_SPOKEN])
    rest = sum(size for _, size in found[_SPOKEN:])
    return told + (f", all others {spoken(rest)}" if rest else "")


def _points(tree: Tree, *, wide: bool) -> tuple[Point, ...]:
    nodes = [part.node for part in _wanting(tree, wide) if part.node is not None]
    return tuple(Point(node, "", "wants memory, too" if at else "") for at, node in enumerate(nodes))


def _takers(tree: Tree, takers: tuple[tuple[Function, int], ...]) -> list[tuple[Part, int]]:
    """What is on the root bus, with the bytes it takes, largest first."""
    found: dict[Part, int] = {}
    for one, size in takers:
        if one in tree.parts:
            found[tree.parts[one]] = found.get(tree.parts[one], 0) + size
    return sorted(found.items(), key=_falling)


def _wanting(tree: Tree, wide: bool) -> list[Part]:
    """The parts of the input that want most memory there, by themselves, wherever they are."""
    found = {
        part: sum(bar.size for bar in one.bars if (bar.wide and bar.prefetchable) is wide)
        + (0 if wide else one.reserve)
        for one, part in tree.parts.items()
        if part.node is not None
    }
    return [part for part, _ in sorted(found.items(), key=_falling)[:_SPOKEN]]


def _falling(taker: tuple[object, int]) -> int:
    return -taker[1]


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


RULES: tuple[Rule[Memory], ...] = (MemoryBelow(), MemoryAbove())

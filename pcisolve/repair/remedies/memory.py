"""Memory of PCI devices: what bridges reserve, and the 64-bit window, with the least change that holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from pcisolve.core.change import TEXT, Change, NewElement
from pcisolve.core.node import Node
from pcisolve.core.sizes import UNITS
from pcisolve.firmware.memory.forecast import hole_of, with_hole
from pcisolve.firmware.memory.guest import tree_of
from pcisolve.firmware.memory.tree import MIB, Function
from pcisolve.problem.parts import Controller
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedy import Remedies, Remedy
from pcisolve.rules.guest.memory import Memory, lacking
from pcisolve.rules.qemu.memory import sets_window
from pcisolve.rules.rule import Telling

_KIB: Final = 1024
_LEAST: Final = 1 << 39  # bytes of the window on ARM's virt board
_MOST: Final = 1 << 45


def _reserves(bench: Bench, case: Memory, telling: Telling) -> Iterator[Remedy]:
    """The largest memReserve that fits: of the one that reserves most, or no more than that for each."""
    if bench.layout is None:
        return
    tree = tree_of(bench.layout)
    reserving = [(one.reserve, one, part) for one, part in tree.parts.items() if _target(part) is not None]
    reserving.sort(key=lambda found: -found[0])
    asked = [(one, size) for size, one, _ in reserving]
    for word, count in (("one memReserve", min(len(asked), 1)), ("memReserve", len(asked) if len(asked) > 1 else 0)):
        if not count:
            continue
        fits = _fits(asked, count, lambda: not lacking(tree, case))
        limit = _most(fits, asked[0][1] // MIB)
        if limit is not None:
            changes = [
                _change(part, min(size, limit * MIB)) for size, _, part in reserving[:count] if size > limit * MIB
            ]
            yield Remedy(word, tuple(changes))


def _target(part: object) -> Node | None:
    """The element that says what a controller of the input reserves."""
    if not isinstance(part, Controller) or part.node is None or not part.targets.get("memReserve"):
        return None
    target = part.node.first("target")
    return target if target is not None and "memReserve" in target.attributes else None


def _fits(asked: list[tuple[Function, int]], count: int, holds: Callable[[], bool]) -> Callable[[int], bool]:
    """Whether all fits when the first `count` reserve at most so many MiB."""

    def answer(limit: int) -> bool:
        for at, (function, size) in enumerate(asked):
            function.reserve = min(size, limit * MIB) if at < count else size
        return holds()

    return answer


def _most(fits: Callable[[int], bool], below: int) -> int | None:
    """The largest number below another one that fits; None where 0 does not."""
    if not fits(0):
        return None
    low, high = 0, below
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _change(part: object, size: int) -> Change:
    target = _target(part)
    assert target is not None
    return Change(target, "memReserve", str(size // _KIB) if size else None)


def _window(bench: Bench, case: Memory, telling: Telling) -> Iterator[Remedy]:
    """The smallest <pcihole64> with which all fits, where libvirt hands it on."""
    problem = bench.problem
    if bench.layout is None or not sets_window(problem):
        return
    tree, size = tree_of(bench.layout), max(_LEAST, hole_of(problem))
    while size < _MOST:
        size = 1 << size.bit_length()
        wider = case._replace(windows=tuple(with_hole(one, size) for one in case.windows))
        if not lacking(tree, wider):
            changes = _hole(bench, size)
            if changes:
                yield Remedy("pcihole64", changes)
            return


def _hole(bench: Bench, size: int) -> tuple[Change, ...]:
    """The element with a size: in the unit it has, or in GiB where it is new."""
    root = bench.problem.roots[0]
    new = NewElement("pcihole64", {"unit": "GiB"}, text=str(size >> 30))
    if root.node is None:
        names = {"type": "pci", "index": "0", "model": root.model_name}
        return (Change(bench.devices, "", NewElement("controller", names, (new,))),) if bench.devices else ()
    old = root.node.first("pcihole64")
    if old is None:
        return (Change(root.node, "", new),)
    unit = UNITS.get(old.get("unit") or "KiB", 0)
    return (Change(old, TEXT, str(size // unit)),) if unit and not size % unit else ()


REMEDIES: dict[str, Remedies] = {
    "memory-below-4g": _reserves,
    "memory-above-4g": _window,
}

"""What QEMU would not start and the guest would not find: bus numbers, chassis, functions, order."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.core.change import Change, NewElement
from pcisolve.firmware.windows import Window
from pcisolve.problem.parts import Controller, Part
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedies.controllers import REMEDIES as CONTROLLERS
from pcisolve.repair.remedy import Remedies, Remedy, drop, move, put
from pcisolve.rules.guest.functions import Headless
from pcisolve.rules.qemu.functions import Slot
from pcisolve.rules.rule import Telling


def _bit(bench: Bench, case: Slot, telling: Telling) -> Iterator[Remedy]:
    yield from put(case.head.address_node, "multifunction", "on", "multifunction on")


def _no_bit(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    yield from drop(case.address_node, "multifunction", "no multifunction")


def _function_zero(bench: Bench, case: Headless, telling: Telling) -> Iterator[Remedy]:
    """The first of them goes to function 0."""
    for part in case.parts:
        if part.pinned is not None:
            yield from move(part, part.pinned._replace(function=0), "function 0")
            return


def _window(bench: Bench, case: Window, telling: Telling) -> Iterator[Remedy]:
    """An expander begins lower, by as much as it lacks; the one above it higher."""
    need = bench.needs[case.top]
    if not case.top.is_root:
        yield from _bus_number(case.top, case.last + 1 - need)
    if case.above is not None:
        yield from _bus_number(case.above, case.first + need)


def _bus_number(controller: Controller, number: int) -> Iterator[Remedy]:
    node = controller.node
    if node is None or not 0 < number < 255:
        return
    target = node.first("target")
    if target is None:
        element = NewElement("target", {"busNr": str(number)})
        yield Remedy(f"busNr {controller.index}", (Change(node, "", element),))
    else:
        yield from put(target, "busNr", str(number), f"busNr {controller.index}")


REMEDIES: dict[str, Remedies] = {
    "guest-multifunction-bit": _bit,
    "s390-no-multifunction": _no_bit,
    "guest-function0-missing": _function_zero,
    "window-fit": _window,
    "start-parent-order": CONTROLLERS["rfc-parent-lower"],
}

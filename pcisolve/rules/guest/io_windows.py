"""I/O ports: SeaBIOS stops when the bridges want more than there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from pcisolve.core.shortage import Shortage
from pcisolve.firmware.io_windows import always_needs, io_takers, is_candidate, uses_io
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Question, Rule, Telling, name_of, point

if TYPE_CHECKING:
    from pcisolve.placing.layout_model import LayoutModel


class IoSpace(NamedTuple):
    """All bridges that could take I/O windows, the devices that have I/O ports, and how many windows there are."""

    limit: int
    bridges: tuple[Controller, ...]
    devices: tuple[Part, ...]


class IoWindows(Rule[IoSpace]):
    """The bridges take no more I/O windows than SeaBIOS has.

    Each bridge with I/O ports behind it takes 4 KiB of the 64 KiB there are, and a conventional hot-plug bridge does
    even when it is empty. PCI Express ports take none unless a device with I/O ports is behind them. SeaBIOS halts when
    there are not enough ("PCI: out of I/O address space"). UEFI firmware (OVMF) leaves the rest without and goes on, so
    that a guest that boots it is free of this.
    """

    id = "io-limit"
    stage = "guest"
    room = True
    source = (
        "tried with QEMU 7.2 and SeaBIOS: pc 8 windows boot and 9 do not, q35 14 and 15; io-limit-pc, io-limit-q35; "
        "OVMF 2022.11 boots pc with 32 bridges; io-limit-is-seabios"
    )
    allows = (
        "pc: " + "".join(f"<controller type='pci' index='{number}' model='pci-bridge'/>" for number in range(1, 9)),
    )
    forbids = (
        "pc: " + "".join(f"<controller type='pci' index='{number}' model='pci-bridge'/>" for number in range(1, 10)),
    )

    def cases(self, question: Question) -> Iterator[IoSpace]:
        limit = _limit(question.problem)
        bridges = tuple(one for one in question.controllers if is_candidate(one))
        if not limit or len(bridges) <= limit:
            return
        sorts = {one.model_name: one for one in bridges}.values()
        placed = [part for part in question.placed if part.variant is not None and not isinstance(part, Controller)]
        devices = tuple(part for part in placed if any(uses_io(part, one) for one in sorts))
        if sum(map(always_needs, bridges)) + len(devices) > limit:
            yield IoSpace(limit, bridges, devices)

    def check(self, layout: Layout, case: IoSpace) -> bool:
        return len(io_takers(layout)) <= case.limit

    def post(self, model: LayoutModel) -> None:
        from pcisolve.placing.io_windows import io_windows

        if limit := _limit(model.problem):
            model.at_most(io_windows(model), limit)

    def tell(self, question: Question, case: IoSpace) -> Telling:
        takers = io_takers(question.layout)
        family, firmware = question.problem.machine.family, question.problem.firmware.words
        message = (
            f"{firmware} will halt: {len(takers)} bridges need I/O ports, and on {family} it has windows for "
            f"{case.limit}; conventional bridges need one each, PCI Express ports only with devices that use I/O ports"
        )
        over = takers[case.limit :]
        role = "" if over[0].added else "is one too many"
        message += f" ({name_of(over[0])} is the first without)"
        short = Shortage("I/O windows", len(takers), case.limit)
        return Telling(message, (point(over[0], "", role),), shortages=(short,))


def _limit(problem: Problem) -> int:
    """How many windows there are; 0 where nothing is known to run out."""
    machine = problem.machine
    return machine.io_windows if problem.flat and problem.firmware.name == machine.firmware else 0


RULES: tuple[Rule[IoSpace], ...] = (IoWindows(),)

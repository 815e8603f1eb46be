"""Bus numbers: what is below a root or an expander must fit into its window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pcisolve.core.shortage import BUSES, Shortage
from pcisolve.firmware.guest_view import BUS_NUMBERS, beyond_numbers, limit_of, opens_window
from pcisolve.firmware.windows import Window, needs, own_need, windows
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller
from pcisolve.rules.rule import WARNING, Point, Question, Rule, Telling, name_of

if TYPE_CHECKING:
    from pcisolve.placing.layout_model import LayoutModel


class WindowRule(Rule[Window]):
    """Shared by both: a root or expander, and all bridges below it, need no more numbers than its window has."""

    stage = "guest"
    room = True

    def cases(self, question: Question) -> Iterator[Window]:
        if question.problem.machine.zpci:
            return  # the guest sees no bridges there
        whole = limit_of(question.problem) == BUS_NUMBERS and not any(map(opens_window, question.controllers))
        if whole and not question.problem.flat:
            return  # rule rfc-256 counts whole domains
        bridges = sum(1 for one in question.controllers if not one.is_root and one.model is not None)
        for window in windows(question.layout):
            # More can never be needed than there are bridges.
            if window.size < own_need(window.top) + bridges and self.speaks_of(window):
                yield window

    def speaks_of(self, window: Window) -> bool:
        """Whether this rule, not the other, is about a window."""
        raise NotImplementedError

    def check(self, layout: Layout, case: Window) -> bool:
        return needs(layout)[case.top] <= case.size

    def _below(self, question: Question, case: Window) -> list[Controller]:
        """The controllers below the one that opens the window, up to the next one that opens one."""
        layout = question.layout
        found = []
        for one in question.problem.controllers:
            here, seen = layout.provider(one), 0
            while here is not None and here is not case.top and not opens_window(here) and seen < BUS_NUMBERS:
                here, seen = layout.provider(here), seen + 1
            if here is case.top and not opens_window(one):
                found.append(one)
        return found

    def _count(self, question: Question, case: Window) -> tuple[int, str]:
        """What is needed, in words."""
        need = needs(question.layout)[case.top]
        bridges, own = need - own_need(case.top), own_need(case.top)
        parts = [f"{own} for itself" + (" and its hidden bridge" if own > 1 else "")]
        if bridges:
            parts.append(f"{bridges} for the {'bridge' if bridges == 1 else 'bridges'} below it")
        return need, " and ".join(parts)


class WindowFit(WindowRule):
    """What is below a root or an expander bus has as many bus numbers as it needs, up to the next expander bus.

    Each controller below takes one. An expander begins with its busNr; firmware counts on beyond its window without
    a word: numbers are then used twice, or begin again at 0, and devices are lost. libvirt's own busNr leaves room for
    one controller.
    """

    id = "window-fit"
    carries = True
    source = "tried with QEMU 7.2 and SeaBIOS: window-overflow-wraps, window-collision, window-root-collision"
    allows = (
        "q35: <controller type='pci' index='1' model='pcie-expander-bus'><target busNr='254'/></controller>"
        "<controller type='pci' index='2' model='pcie-root-port'><address type='pci' bus='1' slot='0'/></controller>",
    )
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-expander-bus'><target busNr='254'/></controller>"
        "<controller type='pci' index='2' model='pcie-root-port'><address type='pci' bus='1' slot='0'/></controller>"
        "<controller type='pci' index='3' model='pcie-root-port'><address type='pci' bus='1' slot='1'/></controller>",
        "q35: <controller type='pci' index='1' model='pcie-expander-bus'><target busNr='1'/></controller>"
        "<controller type='pci' index='2' model='pcie-root-port'><address type='pci' bus='0' slot='3'/></controller>",
    )

    def speaks_of(self, window: Window) -> bool:
        return window.above is not None or not window.top.is_root

    def post(self, model: LayoutModel) -> None:
        numbers = ((one.targets.get("busNr"), site) for site, one in enumerate(model.space.tops) if opens_window(one))
        given = sorted((first, site) for first, site in numbers if isinstance(first, int))
        if given and model.problem.flat:
            given = [*((0, site) for site, one in enumerate(model.space.tops) if one.is_root), *given]
        ends = [*(first for first, _ in given[1:]), limit_of(model.problem)]
        for (first, site), end in zip(given, ends, strict=False):
            if not model.problem.machine.zpci:
                model.at_most(model.bus_numbers([site]), end - first)

    def tell(self, question: Question, case: Window) -> Telling:
        need, sum_of_it = self._count(question, case)
        has = f"has only {case.size}, {case.first:02x} to {case.last:02x}" if case.size > 0 else "has none"
        message = f"the bus numbers run out below {name_of(case.top)}: it needs {need} ({sum_of_it}) but {has}"
        if case.above is not None:
            message += f", because {name_of(case.above)} begins at {case.last + 1:02x}"
        if not case.top.is_root and "busNr" not in case.top.targets:
            message += f"; busNr {case.first} is libvirt's choice, pcisolve solve chooses one with room if there is one"
        notes = (f"{question.problem.firmware.name or 'the guest'} numbers the buses, depth first",)
        points = [] if case.above is None else [_point(case.above, "begins there")]
        points += [Point(one.node, "", "takes a number below it") for one in self._below(question, case) if one.node]
        if case.top.node is not None:
            points.insert(0, _point(case.top, ""))
        short = Shortage(BUSES, need, max(case.size, 0))
        return Telling(message, tuple(points) or (_point(case.top, ""),), notes, (short,))


class BusCount(WindowRule):
    """A PCI domain has as many bus numbers as its machine gives it, 256 at most.

    Some machines have fewer: 16 on older ARM virt boards.
    """

    id = "buses-256"
    source = "QEMU 7.2 hw/arm/virt.c, hw/loongarch/virt.c; buses-x86, buses-arm-highmem, buses-arm-low, buses-loongarch"
    allows = ("virt: <controller type='pci' index='20' model='pcie-root-port'/>",)

    def speaks_of(self, window: Window) -> bool:
        return window.above is None and window.top.is_root

    def check(self, layout: Layout, case: Window) -> bool:
        return super().check(layout, case) or not any(beyond_numbers(layout).values())

    def post(self, model: LayoutModel) -> None:
        from pcisolve.placing.layout_model import SURE

        for sites in () if model.problem.machine.zpci else model.space.domains:
            roots = model.buses(sites, lambda host: host.model.root)
            model.at_most(model.bus_numbers(sites, needed=model.io == SURE), limit_of(model.problem) * roots)

    def tell(self, question: Question, case: Window) -> Telling:
        need, _ = self._count(question, case)
        message = f"the guest has {need} buses, but {_machine(question)} has only {case.size} bus numbers; "
        short = Shortage(BUSES, need, case.size)
        return Telling(f"{message}those above are lost", (_point(case.top, ""),), shortages=(short,))


class SpareBus(BusCount):
    """A port that is kept empty for later has a bus number, too.

    Where a machine has fewer numbers than buses, and the last ports in the firmware's order are empty, nothing is lost
    today, but nothing can be plugged into them.
    """

    id = "bus-number-spare"
    severity = WARNING
    source = "edk2 on QEMU 7.2 virt with 16 bus numbers: the last port gets none, all others work"
    allows = ("virt: <controller type='pci' index='14' model='pcie-root-port'/>",)
    forbids = ()

    def post(self, model: LayoutModel) -> None:
        """Advice: rule buses-256 steers the search."""

    def check(self, layout: Layout, case: Window) -> bool:
        return WindowRule.check(self, layout, case) or any(beyond_numbers(layout).values())

    def tell(self, question: Question, case: Window) -> Telling:
        spare = list(beyond_numbers(question.layout))
        ports = f"{name_of(spare[0])} gets" if len(spare) == 1 else f"{len(spare)} empty ports get"
        message = f"{ports} no bus number: {_machine(question)} has {case.size}; nothing can be plugged in there"
        points = tuple(_point(one, "") for one in spare if one.node) or (_point(case.top, ""),)
        return Telling(message, points, shortages=(Shortage(BUSES, case.size + len(spare), case.size),))


def _machine(question: Question) -> str:
    return question.problem.root.get("os/type/machine") or question.problem.machine.family


def _point(controller: Controller, role: str) -> Point:
    node = controller.node or controller.view
    target = node.first("target")
    if target is not None and "busNr" in target.attributes:
        return Point(target, "busNr", role)
    return Point(node, "index" if "index" in node.attributes else "", role)


RULES: tuple[Rule[Window], ...] = (WindowFit(), BusCount(), SpareBus())

"""Switches that a plan declares: their controllers, and the places of the devices on them, before the rest is counted.

A switch is on a root port of its root, or on a downstream port of the switch above it. Each of its devices has a
downstream port of its own, in the order of the plan.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from pcisolve.core.address import FUNCTIONS_PER_SLOT, SLOTS_PER_BUS, Address
from pcisolve.planning.file.entry import Problem
from pcisolve.planning.file.values import Plan, RootWish, SwitchWish, Which, copy_name
from pcisolve.planning.layout.lines import ControllerLines, address_line
from pcisolve.planning.model.ground import Ground
from pcisolve.problem.scheme import FLAT

CODE: Final = "plan-switch"
_BUSES: Final = 256
_FAMILIES: Final = ("q35", "arm-virt")
_BUS_0: Final = ""


class Built(NamedTuple):
    """What a plan with switches begins with.

    Attributes:
        lines: controllers, in XML.
        places: where the devices on switches are.
        known: the entry and copy of the plan that an expander bus is, by index.
    """

    lines: str
    places: dict[Which, Address]
    known: dict[int, tuple[RootWish, int]]


def machine_problems(ground: Ground, plan: Plan) -> list[Problem]:
    """What keeps a machine from having switches where the plan wants them."""
    family = ground.setting.machine.family
    if family in _FAMILIES and ground.scheme == FLAT and not ground.is_direct:
        return []
    message = f"declared switches need PCI Express in one domain, as q35 and arm virt have it; this is {family}"
    return [Problem(CODE, message, plan.mark("switches"))]


def built(plan: Plan, problems: list[Problem]) -> Built | None:
    """The declared tree; None where it is more than a guest can have, which is then a problem."""
    on: dict[str, list[Which]] = {one.name: [] for one in plan.switches}
    for wish in plan.devices:
        if wish.switch is not None:
            on[wish.switch] += [(wish.name, rank) for rank in range(wish.copies)]
    children = Counter(one.parent for one in plan.switches)
    for one in plan.switches:
        ports = len(on[one.name]) + children[one.name]
        if ports > SLOTS_PER_BUS:
            message = f'switch "{one.name}" needs {ports:,} downstream ports and has {SLOTS_PER_BUS}'
            problems.append(Problem(CODE, message, one.at))
    starts = None if problems else _starts(plan, on, problems)
    return None if starts is None else _Lines(plan, on, starts).built()


def _starts(plan: Plan, on: dict[str, list[Which]], problems: list[Problem]) -> dict[str, int] | None:
    """The first bus number of each expander. What the tree does not need is divided evenly, bus 0 having its share."""
    need = {_BUS_0: 1, **{name: 1 for name, _, _ in _roots(plan)}}
    above: dict[str, str] = {}
    for one in plan.switches:
        root = above[one.name] = above.get(one.parent, one.parent)
        # A port for it, its upstream port, and a port for each device.
        need[root] += 2 + len(on[one.name])
    left = _BUSES - sum(need.values())
    if left < 0:
        message = f"the declared switches need {_BUSES - left} bus numbers; a guest has {_BUSES}"
        problems.append(Problem(CODE, message, plan.mark("switches")))
        return None
    share, low = left // len(need), _BUSES
    found = {}
    for name, _, _ in _roots(plan):
        low -= need[name] + share
        found[name] = low
    return found


def _roots(plan: Plan) -> list[tuple[str, RootWish, int]]:
    return [(copy_name(one.name, one.copies, copy), one, copy) for one in plan.roots for copy in range(one.copies)]


class _Lines:
    """Writes controllers with indexes from 1, parents first."""

    def __init__(self, plan: Plan, on: dict[str, list[Which]], starts: dict[str, int]) -> None:
        self.plan, self.on, self.starts = plan, on, starts
        self.lines = ControllerLines()
        self.fixed = {one.name for one in plan.devices if not one.hotplug}
        self.places: dict[Which, Address] = {}
        self.free: dict[int, int] = {}  # the next place below a controller, by its index
        self.buses: dict[str, int] = {_BUS_0: 0}

    def built(self) -> Built:
        """All of them."""
        known = {}
        for name, wish, copy in _roots(self.plan):
            node = wish.nodes[copy if len(wish.nodes) > 1 else 0] if wish.nodes else None
            index = self.buses[name] = self.lines.expander(self.starts[name], node)
            known[index] = (wish, copy)
        for one in self.plan.switches:
            self._switch(one)
        return Built(self.lines.text, self.places, known)

    def _switch(self, one: SwitchWish) -> None:
        above = self.buses[one.parent]
        is_root = one.parent == _BUS_0 or one.parent in self.starts
        port = self._root_port(above) if is_root else self._downstream(above)
        upper = self.buses[one.name] = self.lines.add("pcie-switch-upstream-port", address_line(port, 0, 0))
        for which in self.on[one.name]:
            self.places[which] = Address(0, self._downstream(upper, fixed=which[0] in self.fixed), 0, 0)

    def _root_port(self, above: int) -> int:
        if not above:  # bus 0 has devices of the chipset: libvirt finds the place
            return self.lines.add("pcie-root-port", "")
        slot, function = divmod(self._next(above), FUNCTIONS_PER_SLOT)
        return self.lines.add("pcie-root-port", address_line(above, slot, function, multifunction=not function))

    def _downstream(self, upper: int, *, fixed: bool = False) -> int:
        target = "<target hotplug='off'/>" if fixed else ""
        return self.lines.add("pcie-switch-downstream-port", target + address_line(upper, self._next(upper), 0))

    def _next(self, index: int) -> int:
        self.free[index] = self.free.get(index, -1) + 1
        return self.free[index]

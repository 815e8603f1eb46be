"""The <target> options libvirt fills in: chassis, port, busNr, target index.

In the multi-domain scheme an index may not fit into a chassis number, bus numbers of expanders count per domain,
and a PHB keeps its controller's index as target index where it can, because the guest names its domain by that.
"""

from __future__ import annotations

from collections import defaultdict

from pcisolve.catalog.controllers import TargetOption
from pcisolve.problem.choice import Choice, Failure
from pcisolve.problem.parts import Controller
from pcisolve.problem.problem import Problem

_BUSES = 256
_PHB_TARGETS = 31
_GIVES_UP = {"busnr": "alg-busnr", "phb": "phb-max-31"}


def fill_targets(problem: Problem, choice: Choice, controllers: list[Controller]) -> None:
    """Every missing option that has a default, controllers in list order."""
    _Targets(problem, choice, controllers).fill()


class _Targets:
    def __init__(self, problem: Problem, choice: Choice, controllers: list[Controller]) -> None:
        self.problem, self.choice, self.controllers = problem, choice, controllers
        # Target indexes of the controllers named so far; one that comes with a model name is named from the start.
        self.phbs = {one.targets.get("index") for one in controllers if one.view.get("model/name") is not None}
        self.phbs |= {kept.get("index") for kept in choice.kept.targets.values()}
        self.chassis: set[int | str] = set()
        self.lowest_busnr: dict[int, int] = defaultdict(lambda: _BUSES)
        for one in controllers:
            self.chassis.update(one.targets[name] for name in ("chassis", "chassisNr") if name in one.targets)
            self.chassis.update(choice.kept.targets.get(one, {}).get(name, -1) for name in ("chassis", "chassisNr"))
            given = one.targets.get("busNr", choice.kept.targets.get(one, {}).get("busNr"))
            if isinstance(given, int):
                self.lowest_busnr[self._domain(one)] = min(given, self.lowest_busnr[self._domain(one)])

    def _domain(self, controller: Controller) -> int:
        address = self.choice.addresses.get(controller)
        return 0 if address is None else address.domain

    def fill(self) -> None:
        family = self.problem.machine.family
        for controller in self.controllers:
            if controller.model is None:
                continue
            self.phbs.add(controller.targets.get("index"))
            filled = self.choice.targets[controller] = {}
            for option in controller.model.targets.values():
                if option.default and option.name not in controller.targets and option.applies_to(family):
                    value = self.choice.kept.targets.get(controller, {}).get(option.name)
                    if value is None:
                        value = self._value(option, controller)
                    if value is None:
                        self.choice.failures.append(Failure(_GIVES_UP[option.default], controller))
                    else:
                        filled[option.name] = value
            self.phbs.add(filled.get("index"))

    def _value(self, option: TargetOption, controller: Controller) -> int | None:
        if option.default == "index":
            return controller.index if self.problem.flat else self._chassis(option, controller)
        if option.default == "busnr":
            return self._busnr(controller)
        if option.default == "phb":
            return self._phb(controller)
        place = self.choice.places.get(controller)
        if place is None:
            return 0
        return place.slot if option.default == "slot" else place.slot * 8 + place.function

    def _chassis(self, option: TargetOption, controller: Controller) -> int:
        """The index while it fits, as today; else the highest number nobody has (rule rfc-dep-chassis).

        Where all are taken, numbers repeat: libvirt allows that, QEMU does not.
        """
        low, high = option.minimum or 0, option.maximum or 0
        value = controller.index
        if not low <= value <= high:
            repeated = low + value % (high - low + 1)
            value = next((number for number in range(high, low, -1) if number not in self.chassis), repeated)
        self.chassis.add(value)
        return value

    def _busnr(self, controller: Controller) -> int | None:
        """Two below the lowest so far, so that one bus fits between (rule alg-busnr)."""
        domain = self._domain(controller)
        lowest = self.lowest_busnr[domain] - 2
        if lowest < 1:
            return None
        self.lowest_busnr[domain] = lowest
        return lowest

    def _phb(self, controller: Controller) -> int | None:
        """The lowest target index that no controller *named so far* uses (rule phb-target-default-bug)."""
        if controller.index == 0:
            return 0
        if not self.problem.flat and controller.index < _PHB_TARGETS and controller.index not in self.phbs:
            return controller.index
        return next((value for value in range(1, _PHB_TARGETS + 1) if value not in self.phbs), None)

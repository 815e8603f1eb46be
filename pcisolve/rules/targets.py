"""The <target> of a PCI controller: which option where, and in which range."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pcisolve.core.address import HIGHEST_FLAT_INDEX
from pcisolve.core.node import Node
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller
from pcisolve.problem.problem import Problem
from pcisolve.rules.blame import is_added, why_added
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of


class Setting(NamedTuple):
    """One option of a controller's <target>, given or filled in."""

    controller: Controller
    option: str
    value: int | str


def _given(question: Question) -> Iterator[Setting]:
    """The options the input states."""
    for controller in question.problem.controllers:
        for option, value in controller.targets.items():
            yield Setting(controller, option, value)


def _settings(question: Question, only: str = "") -> Iterator[Setting]:
    """The options the input states, and those that are filled in; all of them, or one."""
    yield from (one for one in _given(question) if not only or one.option == only)
    for controller, filled in question.choice.targets.items():
        for option, value in filled.items():
            if not only or option == only:
                yield Setting(controller, option, value)


def _point(case: Setting) -> tuple[Point, ...]:
    node = case.controller.node or case.controller.view
    target: Node = node.first("target") or node
    if case.option == "node":
        return (Point(target.first("node") or target),)
    return (Point(target, case.option if case.option in target.attributes else ""),)


class SettingRule(Rule[Setting]):
    """Shared by the rules about one option: its value is given, so that the input alone decides."""


class TargetApplies(SettingRule):
    """Each <target> option belongs to certain controller models, and some to certain machines."""

    id = "target-applies"
    impossible = True
    source = "libvirt src/qemu/qemu_validate.c qemuValidateDomainDeviceDefControllerPCI, tried with 9.0.0"
    allows = ("q35: <controller type='pci' index='1' model='pcie-root-port'><target chassis='9'/></controller>",)
    forbids = ("q35: <controller type='pci' index='1' model='pcie-root-port'><target busNr='9'/></controller>",)

    def cases(self, question: Question) -> Iterable[Setting]:
        return [one for one in _given(question) if not self._fits(question.problem, one)]

    def _fits(self, problem: Problem, case: Setting) -> bool:
        model = case.controller.model
        if model is None:
            return True
        option = model.targets.get(case.option)
        return option is not None and option.applies_to(problem.machine.family)

    def check(self, layout: Layout, case: Setting) -> bool:
        return self._fits(layout.problem, case)

    def tell(self, question: Question, case: Setting) -> Telling:
        model = case.controller.model
        valid = sorted(model.targets) if model else []
        takes = ", ".join(valid) if valid else "none"
        message = f'{name_of(case.controller)} has no <target> option "{case.option}"; its options: {takes}'
        return Telling(message, _point(case))


class TargetRange(SettingRule):
    """A <target> number lies in its option's range."""

    id = "target-range"
    source = "libvirt src/conf/domain_validate.c virDomainControllerDefValidate, tried with 9.0.0"
    allows = ("q35: <controller type='pci' index='1' model='pcie-root-port'><target chassis='255'/></controller>",)
    forbids = ("q35: <controller type='pci' index='1' model='pcie-root-port'><target chassis='256'/></controller>",)

    def cases(self, question: Question) -> Iterable[Setting]:
        flat = question.problem.flat
        return [one for one in _settings(question) if not _in_range(one) and not (flat and _follows_index(one))]

    def check(self, layout: Layout, case: Setting) -> bool:
        return _in_range(case)

    def tell(self, question: Question, case: Setting) -> Telling:
        low, high = _range(case)
        if is_added(case.controller):
            what, where = why_added(question.problem)
            message = f"{what}: libvirt would add {name_of(case.controller)} with {case.option} {case.value}"
            return Telling(f"{message}; it must be {low} to {high}", (where,))
        given = "would get" if case.option not in case.controller.targets else "has"
        message = f"{name_of(case.controller)} {given} {case.option} {case.value}; it must be {low} to {high}"
        return Telling(message, _point(case))


def _range(case: Setting) -> tuple[int, int]:
    model = case.controller.model
    option = model.targets.get(case.option) if model else None
    if option is None or option.minimum is None or option.maximum is None:
        return 0, 1 << 62
    return option.minimum, option.maximum


def _follows_index(case: Setting) -> bool:
    """Whether the value was filled in from an index that is too high, which rule index-max-255 reports."""
    return case.option not in case.controller.targets and case.controller.index > HIGHEST_FLAT_INDEX


def _in_range(case: Setting) -> bool:
    low, high = _range(case)
    return isinstance(case.value, str) or low <= case.value <= high


class PhbTargetZero(SettingRule):
    """Target index 0 belongs to the root with controller index 0, and to no other."""

    id = "target-index"
    source = "libvirt src/qemu/qemu_validate.c, tried with 9.0.0"
    allows = ("pseries: <controller type='pci' index='1' model='pci-root'><target index='7'/></controller>",)
    forbids = ("pseries: <controller type='pci' index='1' model='pci-root'><target index='0'/></controller>",)

    def cases(self, question: Question) -> Iterable[Setting]:
        roots = [one for one in _settings(question, "index") if one.controller.is_root]
        return [one for one in roots if not self._matches(one)]

    def _matches(self, case: Setting) -> bool:
        return (case.value == 0) == (case.controller.index == 0)

    def check(self, layout: Layout, case: Setting) -> bool:
        return self._matches(case)

    def tell(self, question: Question, case: Setting) -> Telling:
        message = (
            f"{name_of(case.controller)} has target index {case.value}; "
            "target index 0 is for controller index 0 and for no other"
        )
        return Telling(message, _point(case))


class NodeExists(SettingRule):
    """A NUMA node named by a controller is one of the guest's NUMA cells."""

    id = "node-exists"
    follows_from = ("node-not-on-index0",)
    source = "libvirt src/conf/domain_validate.c, tried with 9.0.0"
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-expander-bus'><target><node>0</node></target></controller>",
    )

    def cases(self, question: Question) -> Iterable[Setting]:
        cells = question.problem.numa_cells
        return [one for one in _given(question) if one.option == "node" and not int(one.value) < cells]

    def check(self, layout: Layout, case: Setting) -> bool:
        return int(case.value) < layout.problem.numa_cells

    def tell(self, question: Question, case: Setting) -> Telling:
        cells = question.problem.numa_cells
        have = f"its cells are 0 to {cells - 1}" if cells else "it has no <cpu><numa> cells"
        message = f"{name_of(case.controller)} is on NUMA node {case.value}, which the guest does not have: {have}"
        return Telling(message, _point(case))


class NodeNotOnDefault(SettingRule):
    """The root with index 0 belongs to no NUMA node."""

    id = "node-not-on-index0"
    impossible = True
    source = "libvirt src/qemu/qemu_validate.c, tried with 9.0.0"
    forbids = (
        "pseries: <controller type='pci' index='0' model='pci-root'><target><node>0</node></target></controller>",
    )

    def cases(self, question: Question) -> Iterable[Setting]:
        return [one for one in _given(question) if one.option == "node" and one.controller.index == 0]

    def check(self, layout: Layout, case: Setting) -> bool:
        return case.controller.index != 0

    def tell(self, question: Question, case: Setting) -> Telling:
        return Telling(f"{name_of(case.controller)} has index 0 and cannot be on a NUMA node", _point(case))


RULES: tuple[SettingRule, ...] = (TargetApplies(), TargetRange(), PhbTargetZero(), NodeExists(), NodeNotOnDefault())

"""Root buses that exist in libvirt only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pcisolve.problem.layout import Layout
from pcisolve.problem.own_place import at_own_place
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of, point


class OnNothing(NamedTuple):
    """Parts on a bus that QEMU does not have; `root` is None where the guest does not even name one."""

    root: Controller | None
    parts: tuple[Part, ...]


class RootInQemu(Rule[OnNothing]):
    """What is plugged into a root needs a machine that has that bus.

    libvirt takes a root that is written for microvm or isapc (until 11.9: machine-without-pci), and adds one to every
    powernv; QEMU has no such bus there ("Bus 'pcie.0' not found"). Nothing is wrong while nothing is on it.
    """

    id = "pci-root-without-pci"
    stage = "qemu"
    source = "libvirt src/qemu/qemu_domain.c; QEMU 7.2, each of its machines started with a PCI device"
    allows = ("isapc: <memballoon model='none'/>",)
    forbids = (
        "isapc: <controller type='pci' index='0' model='pci-root'/><memballoon model='virtio'/>",
        "isapc: <controller type='usb' index='0' model='piix3-uhci'><address type='pci' slot='1' function='2'/>"
        "</controller><memballoon model='none'/>",
    )

    def cases(self, question: Question) -> Iterator[OnNothing]:
        problem = question.problem
        if not problem.controllers:
            stranded = tuple(filter(at_own_place, problem.by_kind("controller")))
            if stranded and not problem.machine.root:
                yield OnNothing(None, stranded)
            return
        for root in problem.roots:
            if not _has_bus(problem, root):
                found = tuple(part for part in question.placed if question.choice.places[part].provider == root.index)
                if found:
                    yield OnNothing(root, found)

    def check(self, layout: Layout, case: OnNothing) -> bool:
        if case.root is None:
            return bool(layout.controllers)
        return _has_bus(layout.problem, case.root) or not any(layout.provider(part) is case.root for part in case.parts)

    def tell(self, question: Question, case: OnNothing) -> Telling:
        machine = question.problem.root.get("os/type/machine") or question.problem.machine.family
        first = case.parts[0]
        if case.root is None:
            message = f"QEMU will not start: {name_of(first)} needs a PCI bus, and {machine} has none"
            return Telling(message, (point(first, "bus"),))
        bus = "pcie.0" if case.root.model is not None and case.root.model.express else "pci.0"
        more = f" and {len(case.parts) - 1} more are" if len(case.parts) > 1 else " is"
        message = (
            f"QEMU will not start: {machine} has no PCI bus {bus}, and {name_of(first)}{more} plugged into "
            f"{name_of(case.root)}"
        )
        points = [point(first, "bus")]
        if case.root.node is not None:
            points.insert(0, Point(case.root.node, "model"))
        return Telling(message, tuple(points))


def _has_bus(problem: Problem, root: Controller) -> bool:
    """Whether QEMU has the bus of a root; where libvirt adds none itself, only that of the model the machine names."""
    machine = problem.machine
    if not machine.qemu_root:
        return False
    return bool(machine.root) or not machine.hand_written_root or machine.hand_written_root == root.model_name


RULES: tuple[Rule[OnNothing], ...] = (RootInQemu(),)

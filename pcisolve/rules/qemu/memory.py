"""What has to hold for the memory that bridges and roots keep free, and for the nodes that devices are near to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pcisolve.core.node import Node
from pcisolve.core.numbers import parse_decimal
from pcisolve.core.sizes import size_of
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.inputs import InputRule
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of

_MEM_RESERVE: Final = 4 * 1024 * 1024  # KiB
_LEAST_HOLE: Final = 512 << 30
_HOLE_SINCE: Final = (12, 0, 0)  # tried with 12.8.0; 9.0.0 does not hand it on, of those in between it is not known
_HOLE_MACHINES: Final = ("i440fx", "q35")
_NODESET_SINCE: Final = (11, 8, 0)


def sets_window(problem: Problem) -> bool:
    """Whether <pcihole64> is the size of the window that firmware uses."""
    return problem.machine.family == "arm-virt" and problem.catalog.libvirt >= _HOLE_SINCE


class MemReserve(InputRule[Controller]):
    """A bridge keeps less than 4 GiB of memory free."""

    id = "start-mem-reserve"
    stage = "qemu"
    source = "QEMU 11.1 hw/pci-bridge/gen_pcie_root_port.c (must be less than 4G), tried; libvirt has no bound"
    allows = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'><target memReserve='4194303'/></controller>",
    )
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'><target memReserve='4194304'/></controller>",
    )

    def among(self, problem: Problem) -> Iterable[Controller]:
        return problem.controllers

    def keeps(self, problem: Problem, case: Controller) -> bool:
        value = case.targets.get("memReserve")
        return not isinstance(value, int) or value < _MEM_RESERVE

    def tell(self, question: Question, case: Controller) -> Telling:
        value = case.targets.get("memReserve")
        message = f"QEMU will not start: {name_of(case)} reserves {value} KiB; less than 4 GiB is possible"
        return Telling(message, (Point((case.node or case.view).first("target") or case.view, "memReserve"),))


class HoleMachine(InputRule[Controller]):
    """The 64-bit window of PCI is set on i440fx and q35, and since libvirt 12 on ARM's virt board.

    libvirt does not read it on other controllers than the root.
    """

    id = "pcihole64-machine"
    stage = "libvirt"
    impossible = True
    source = (
        "libvirt 9.0.0 and 12.8.0 (Setting the 64-bit PCI hole size is not supported for machine), tried with pc, q35, "
        "virt on ARM and RISC-V, pseries, s390-ccw-virtio"
    )
    allows = ("q35: <controller type='pci' index='0' model='pcie-root'><pcihole64>1048576</pcihole64></controller>",)
    forbids = ("pseries: <controller type='pci' index='0' model='pci-root'><pcihole64>1024</pcihole64></controller>",)

    def among(self, problem: Problem) -> Iterable[Controller]:
        return (one for one in problem.roots if one.view.first("pcihole64") is not None)

    def keeps(self, problem: Problem, case: Controller) -> bool:
        return problem.machine.family in _HOLE_MACHINES or sets_window(problem)

    def tell(self, question: Question, case: Controller) -> Telling:
        family = question.problem.machine.family
        message = f"{name_of(case)} has a 64-bit PCI window of its own, and on {family} its size is fixed"
        return Telling(message, (Point(case.view.first("pcihole64") or case.view),))


class HoleSize(InputRule[Controller]):
    """On ARM's virt board the 64-bit window of PCI is a power of two, and at least 512 GiB."""

    id = "start-pcihole64"
    stage = "qemu"
    source = "QEMU 11.1 hw/arm/virt.c (highmem-mmio-size is not a power of 2; cannot be set to a lower value), tried"
    allows = (
        "virt: <controller type='pci' index='0' model='pcie-root'><pcihole64 unit='GiB'>1024</pcihole64></controller>",
    )
    forbids = (
        "virt: <controller type='pci' index='0' model='pcie-root'><pcihole64 unit='GiB'>600</pcihole64></controller>",
    )

    def among(self, problem: Problem) -> Iterable[Controller]:
        return problem.roots

    def keeps(self, problem: Problem, case: Controller) -> bool:
        size = _size(case.view.first("pcihole64"))
        if size is None or problem.machine.family != "arm-virt" or problem.catalog.libvirt < _HOLE_SINCE:
            return True
        return size >= _LEAST_HOLE and size & (size - 1) == 0

    def tell(self, question: Question, case: Controller) -> Telling:
        hole = case.view.first("pcihole64") or case.view
        message = f"QEMU will not start: the PCI window of {name_of(case)} is no power of two from 512 GiB up"
        return Telling(message, (Point(hole),))


def _size(hole: Node | None) -> int | None:
    """Bytes; None where there is nothing that can be read."""
    return None if hole is None else size_of(hole.text, hole.get("unit") or "KiB")


class NodeSet(InputRule[Part]):
    """The nodes that a device is near to are cells of the guest's <numa>."""

    id = "acpi-nodeset"
    severity = "warning"
    source = "libvirt formatdomain 11.8.0 (acpi nodeset); 12.8.0 and QEMU 11.1 take any number, tried"
    allows = ("q35: <rng model='virtio'/>",)
    forbids = ("q35: <rng model='virtio'><acpi nodeset='7'/></rng>",)

    def among(self, problem: Problem) -> Iterable[Part]:
        return problem.parts

    def keeps(self, problem: Problem, case: Part) -> bool:
        nodes = _nodes(case.view.get("acpi/nodeset") or "")
        return problem.catalog.libvirt < _NODESET_SINCE or max(nodes, default=-1) < problem.numa_cells

    def tell(self, question: Question, case: Part) -> Telling:
        cells = question.problem.numa_cells
        have = f"its cells are 0 to {cells - 1}" if cells else "it has no <cpu><numa> cells"
        message = f"{name_of(case)} is to be near NUMA nodes {case.view.get('acpi/nodeset')} of the guest, and {have}"
        return Telling(message, (Point(case.view.first("acpi") or case.view, "nodeset"),))


def _nodes(text: str) -> list[int]:
    """The highest number of each range, such as 3 of "0-3"."""
    found = []
    for piece in text.split(","):
        try:
            found.append(parse_decimal(piece.rpartition("-")[2].lstrip("^")))
        except ValueError:
            continue
    return found


RULES: tuple[Rule[Controller] | Rule[Part], ...] = (MemReserve(), HoleMachine(), HoleSize(), NodeSet())

"""What has to hold for IOMMUs that are for one bus, when a guest is started."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from pcisolve.core.kinds import PCIE_EXPANDER
from pcisolve.core.node import Node
from pcisolve.core.numbers import parse_decimal
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.inputs import InputRule
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of

_SINCE: Final = (11, 10, 0)  # libvirt reads pciBus
_NO_INDEX: Final = -1


class OnBus(NamedTuple):
    """An SMMU and the index of the controller whose bus it is for; -1 for what is no index."""

    iommu: Part
    driver: Node
    index: int  # type: ignore[assignment]  # libvirt's word; a tuple's own index() is not wanted here


def _pluggable(problem: Problem) -> list[OnBus]:
    """The SMMUs that name a bus."""
    found = []
    for part in problem.by_kind("iommu") if problem.catalog.libvirt >= _SINCE else ():
        driver = part.view.first("driver")
        text = driver.get("pciBus") if driver is not None else None
        if driver is not None and text is not None and part.view.get("model") == "smmuv3":
            found.append(OnBus(part, driver, _index(text)))
    return found


def _index(text: str) -> int:
    try:
        return parse_decimal(text)
    except ValueError:
        return _NO_INDEX


class SmmuBus(Rule[OnBus]):
    """An SMMU with pciBus is for the bus of the PCI Express root or of an expander; libvirt defines any number."""

    id = "start-smmu-bus"
    stage = "qemu"
    placeless = True
    source = (
        "libvirt 12.8.0 (Could not find a suitable controller for smmuv3) and QEMU 11.1 hw/arm/smmu-common.c (SMMU "
        "should be attached to a default PCIe root complex(pcie.0) or a pxb-pcie based root complex), both tried"
    )
    allows = ("virt: <iommu model='smmuv3'><driver pciBus='0'/></iommu>",)
    forbids = ("virt: <iommu model='smmuv3'><driver pciBus='9'/></iommu>",)

    def cases(self, question: Question) -> Iterable[OnBus]:
        return [one for one in _pluggable(question.problem) if not self.check(question.layout, one)]

    def check(self, layout: Layout, case: OnBus) -> bool:
        controller = layout.by_index.get(case.index)
        return controller is not None and (controller.is_root or bool(controller.needs & PCIE_EXPANDER))

    def tell(self, question: Question, case: OnBus) -> Telling:
        there = question.layout.by_index.get(case.index)
        given = case.driver.get("pciBus")
        what = name_of(there) if there is not None else f"{given}, which no PCI controller has"
        message = f"QEMU will not start: an SMMU is for the bus of a root or of a pcie-expander-bus, not for {what}"
        return Telling(message, (Point(case.driver, "pciBus"),))


class SmmuOnce(InputRule[OnBus]):
    """A bus has one SMMU."""

    id = "start-smmu-once"
    stage = "qemu"
    placeless = True
    source = "QEMU 11.1 hw/pci/pci.c (An iommu is already attached to this bus), tried"
    allows = ("virt: <iommu model='smmuv3'><driver pciBus='0'/></iommu>",)
    forbids = ("virt: " + "<iommu model='smmuv3'><driver pciBus='0'/></iommu>" * 2,)

    def among(self, problem: Problem) -> Iterable[OnBus]:
        return _pluggable(problem)

    def keeps(self, problem: Problem, case: OnBus) -> bool:
        return next(one for one in _pluggable(problem) if one.index == case.index) == case

    def tell(self, question: Question, case: OnBus) -> Telling:
        first = next(one for one in _pluggable(question.problem) if one.index == case.index)
        message = f"QEMU will not start: PCI controller {case.index} has two SMMUs on its bus"
        return Telling(message, (Point(case.driver, "pciBus"), Point(first.driver, "pciBus", "has one already")))


def _busless(problem: Problem) -> list[Part]:
    """The SMMUs that name no bus, where others do; all of them in libvirt's order."""
    named = {one.iommu for one in _pluggable(problem)}
    smmus = [one for one in problem.by_kind("iommu") if one.view.get("model") == "smmuv3"]
    return [one for one in smmus if named and one not in named]


def _is_first(problem: Problem, case: Part) -> bool:
    return next(iter(problem.by_kind("iommu")), None) is case


class SmmuMixed(InputRule[Part]):
    """Where the first SMMU names no bus, it is the whole machine's, and there is no other."""

    id = "start-smmu-mixed"
    stage = "qemu"
    placeless = True
    source = "QEMU 11.1 hw/arm/virt.c (virt machine already has iommu=smmuv3 set), tried with libvirt 12.8.0"
    allows = ("virt: <iommu model='smmuv3'/>",)
    forbids = ("virt: <iommu model='smmuv3'/><iommu model='smmuv3'><driver pciBus='0'/></iommu>",)

    def among(self, problem: Problem) -> Iterable[Part]:
        return _busless(problem)

    def keeps(self, problem: Problem, case: Part) -> bool:
        return not _is_first(problem, case)

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"QEMU will not start: {name_of(case)} names no bus and is the machine's own, and there are others"
        other = _pluggable(question.problem)[0]
        return Telling(message, (Point(case.view), Point(other.driver, "pciBus", "is for one bus")))


class SmmuDropped(InputRule[Part]):
    """After an SMMU that names a bus, one that names none is left out when the guest is started, silently."""

    id = "smmu-dropped"
    stage = "qemu"
    severity = "warning"
    placeless = True
    source = "libvirt 12.8.0, tried: the command line has no trace of it"
    allows = ("virt: <iommu model='smmuv3'/>",)
    forbids = ("virt: <iommu model='smmuv3'><driver pciBus='0'/></iommu><iommu model='smmuv3'/>",)

    def among(self, problem: Problem) -> Iterable[Part]:
        return _busless(problem)

    def keeps(self, problem: Problem, case: Part) -> bool:
        return _is_first(problem, case)

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"{name_of(case)} names no bus, and others do: libvirt leaves it out when the guest is started"
        return Telling(message, (Point(case.view),))


RULES: tuple[Rule[OnBus] | Rule[Part], ...] = (SmmuBus(), SmmuOnce(), SmmuMixed(), SmmuDropped())

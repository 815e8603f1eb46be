"""Guests of other hypervisors."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.core.node import Node
from pcisolve.problem.hypervisor import other_hypervisor
from pcisolve.problem.layout import Layout
from pcisolve.rules.rule import NOTE, Point, Question, Rule, Telling


class OtherHypervisor(Rule[Node]):
    """Only what all of libvirt's hypervisors share is judged of a guest that is not QEMU's.

    Machines, places and controllers of Xen, bhyve, cloud-hypervisor, containers and others are not QEMU's, and what
    QEMU refuses says nothing about them. What stays is what libvirt's own reader refuses: numbers, words, one place or
    one index given twice.
    """

    id = "other-hypervisor"
    severity = NOTE
    common = True
    source = "libvirt src/conf/domain_conf.c, src/conf/domain_validate.c: shared by its drivers"
    allows = ("q35: <memballoon model='virtio'/>",)

    def cases(self, question: Question) -> Iterable[Node]:
        root = question.problem.root
        return (root,) if other_hypervisor(root) else ()

    def check(self, layout: Layout, case: Node) -> bool:
        return not other_hypervisor(case)

    def tell(self, question: Question, case: Node) -> Telling:
        message = (
            f"this guest is for {other_hypervisor(case)} (type '{case.get('type')}'); "
            f"only what all hypervisors share is judged"
        )
        return Telling(message, (Point(case, "type"),))


RULES: tuple[Rule[Node], ...] = (OtherHypervisor(),)

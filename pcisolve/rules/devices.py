"""Which device may have which address."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.catalog.behaviors import CONTROLLERS_NEED_PCI
from pcisolve.problem.drives import drive_of
from pcisolve.problem.layout import Layout
from pcisolve.problem.own_place import at_own_place
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.inputs import InputRule
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of, point


class DeviceRule(InputRule[Part]):
    """Shared by rules about what a device of the input says."""

    def among(self, problem: Problem) -> Iterable[Part]:
        return (part for part in problem.parts if part.node is not None)


class NeedsPciAddress(DeviceRule):
    """Some devices exist on PCI only, so no other type of address will do."""

    id = "needs-pci-address"
    source = "libvirt src/conf/domain_validate.c and src/qemu/qemu_validate.c, tried with 9.0.0"
    allows = ("q35: <watchdog model='i6300esb'><address type='pci'/></watchdog>",)
    forbids = ("q35: <watchdog model='i6300esb'><address type='drive' controller='0'/></watchdog>",)

    def keeps(self, problem: Problem, case: Part) -> bool:
        if case.variant is None or case.variant.pci_address != "required":
            return True
        return case.address_type in ("", "pci") or case.address_type in case.variant.other_addresses

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"{name_of(case)} needs an address of type pci, not {case.address_type}"
        return Telling(message, (point(case, "type"),))


class RefusesPciAddress(DeviceRule):
    """Devices that are not on PCI cannot have a PCI address."""

    id = "must-not-have-pci-address"
    source = "libvirt src/conf/domain_validate.c and src/qemu/qemu_validate.c, tried with 9.0.0"
    allows = (
        "pc: <disk type='file' device='disk'><target dev='vda' bus='virtio'/><address type='pci' slot='9'/></disk>",
    )
    forbids = (
        "pc: <disk type='file' device='disk'><target dev='sda' bus='scsi'/><address type='pci' slot='9'/></disk>",
    )

    def keeps(self, problem: Problem, case: Part) -> bool:
        return case.address_type != "pci" or case.variant is None or case.variant.pci_address != "refused"

    def tell(self, question: Question, case: Part) -> Telling:
        return Telling(f"{name_of(case)} is not a PCI device and cannot have a PCI address", (point(case, "type"),))


class VirtioDiskAddress(DeviceRule):
    """A virtio disk has an address of type pci or ccw, or virtio-mmio where QEMU has that."""

    id = "virtio-disk-address-type"
    source = "libvirt src/qemu/qemu_domain_address.c qemuDomainAssignDevicePCISlots, tried with 9.0.0"
    allows = ("pc: <disk type='file' device='disk'><target dev='vda' bus='virtio'/><address type='pci'/></disk>",)
    forbids = (
        "pc: <disk type='file' device='disk'><target dev='vda' bus='virtio'/>"
        "<address type='drive' controller='0' bus='0' unit='0'/></disk>",
    )

    def among(self, problem: Problem) -> Iterable[Part]:
        return (one for one in problem.by_kind("disk") if one.node is not None)

    def keeps(self, problem: Problem, case: Part) -> bool:
        if case.view.get("target/bus") != "virtio":
            return True
        if case.address_type == "virtio-mmio":  # which QEMU for ppc64 and s390x does not have
            return not (problem.machine.zpci or problem.machine.spapr_vio)
        return case.address_type in ("", "pci", "ccw")

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"{name_of(case)} is a virtio disk and cannot have an address of type {case.address_type}"
        return Telling(message, (point(case, "type"),))


class UnassignedHostdev(DeviceRule):
    """Only a host device can do without a place in the guest.

    libvirt does not plug a device of address type "unassigned" in.
    """

    id = "unassigned-hostdev-only"
    follows_from = ("needs-pci-address", "virtio-disk-address-type")
    source = "libvirt src/conf/domain_validate.c, tried with 9.0.0 and 12.8.0"
    allows = (
        "q35: <hostdev mode='subsystem' type='pci'><source><address bus='6' slot='1'/></source>"
        "<address type='unassigned'/></hostdev>",
    )
    forbids = ("q35: <rng model='virtio'><address type='unassigned'/></rng>",)

    def keeps(self, problem: Problem, case: Part) -> bool:
        return case.address_type != "unassigned" or case.kind in ("hostdev", "hub", "channel")

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"{name_of(case)} has an address of type unassigned, which is for host devices only"
        return Telling(message, (point(case, "type"),))


class CcwMachine(InputRule[Part]):
    """CCW addresses exist on s390 only."""

    id = "ccw-needs-s390"
    follows_from = ("needs-pci-address",)
    source = "libvirt src/qemu/qemu_validate.c, tried with 9.0.0"
    allows = ("s390: <rng model='virtio'><address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0001'/></rng>",)
    forbids = ("q35: <rng model='virtio'><address type='ccw' cssid='0xfe' ssid='0x0' devno='0x0001'/></rng>",)

    def among(self, problem: Problem) -> Iterable[Part]:
        return problem.parts

    def keeps(self, problem: Problem, case: Part) -> bool:
        return case.address_type != "ccw" or problem.machine.virtio_address == "ccw"

    def tell(self, question: Question, case: Part) -> Telling:
        family = question.problem.machine.family
        return Telling(
            f"{name_of(case)} has an address of type ccw, which {family} does not have", (point(case, "type"),)
        )


class AcpiIndex(DeviceRule):
    """Only a PCI device has an ACPI index."""

    id = "acpi-index-pci"
    impossible = True
    source = "libvirt src/qemu/qemu_validate.c, tried with 9.0.0"
    allows = ("q35: <memballoon model='virtio'><acpi index='3'/></memballoon>",)
    forbids = (
        "q35: <memballoon model='virtio'><acpi index='3'/><address type='spapr-vio' reg='0x3000'/></memballoon>",
    )

    def keeps(self, problem: Problem, case: Part) -> bool:
        return case.view.get("acpi/index") is None or case.address_type in ("", "pci")

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"{name_of(case)} has an ACPI index, which goes with an address of type pci, not {case.address_type}"
        return Telling(message, (point(case, "type"),))


class ControllerOnce(Rule[tuple[Part, ...]]):
    """No two controllers of one type have one index.

    The companions of an ICH9 USB 2 controller share its index: they are one controller to the guest.
    """

    placeless = True

    id = "controller-duplicate"
    common = True
    source = "libvirt src/conf/domain_postparse.c and src/conf/domain_addr.c, tried with 9.0.0"
    allows = (
        "pc: <controller type='usb' model='ich9-ehci1' index='0'/>"
        "<controller type='usb' index='0' model='ich9-uhci1'/>",
    )
    forbids = ("pc: <controller type='scsi' index='0'/><controller type='scsi' index='0'/>",)

    def cases(self, question: Question) -> list[tuple[Part, ...]]:
        twins: dict[tuple[str | None, str | None], list[Part]] = {}
        for part in question.problem.by_kind("controller"):
            model = part.view.get("model") or ""
            if not isinstance(part, Controller) and model != "none" and not model.startswith("ich9-uhci"):
                twins.setdefault((part.view.get("type"), part.view.get("index")), []).append(part)
        return [tuple(parts) for parts in twins.values() if len(parts) > 1]

    def check(self, layout: Layout, case: tuple[Part, ...]) -> bool:
        return len({(part.view.get("type"), part.view.get("index")) for part in case}) == len(case)

    def tell(self, question: Question, case: tuple[Part, ...]) -> Telling:
        points = [Point(part.node or part.view, "index", "has that index already") for part in case[:-1]]
        last = Point(case[-1].node or case[-1].view, "index")
        view = case[0].view
        return Telling(f"{len(case)} {view.get('type')} controllers have index {view.get('index')}", (last, *points))


class SingleIde(Rule[Part]):
    """Only machines with a built-in IDE controller have one, and only one."""

    placeless = True

    id = "ide-single"
    source = "libvirt src/qemu/qemu_validate.c, tried with 9.0.0"
    allows = ("pc: <controller type='ide' index='0'/>",)
    forbids = ("q35: <controller type='ide' index='0'/>", "pc: <controller type='ide' index='1'/>")

    def cases(self, question: Question) -> Iterable[Part]:
        builtin = question.problem.machine.builtin_ide
        return [part for part in question.problem.by_kind("controller") if not self._keeps(part, builtin)]

    def _keeps(self, part: Part, builtin: bool) -> bool:
        return part.view.get("type") != "ide" or (builtin and part.view.get("index") in ("0", None))

    def check(self, layout: Layout, case: Part) -> bool:
        return self._keeps(case, layout.problem.machine.builtin_ide)

    def tell(self, question: Question, case: Part) -> Telling:
        machine = question.problem.machine
        have = "only IDE controller 0" if machine.builtin_ide else "no IDE controller"
        if case.node is not None:
            return Telling(f"{name_of(case)}: {machine.family} has {have}", (Point(case.node),))
        disks = [part for part in question.problem.by_kind("disk") if self._needs(part, case)]
        message = f"{name_of(disks[0]) if disks else 'a disk'} needs {name_of(case)}, and {machine.family} has {have}"
        points = [Point(one.node.first("target") or one.node, "bus") for one in disks if one.node is not None]
        return Telling(message, tuple(points[:1]) or (Point(case.view),))

    def _needs(self, disk: Part, controller: Part) -> bool:
        drive = drive_of(disk.view)
        return drive is not None and drive.bus_type == "ide" and str(drive.controller) == controller.view.get("index")


class PciBuses(Rule[Part]):
    """A PCI device needs a machine with a PCI bus."""

    placeless = True

    id = "no-pci-buses"
    source = "libvirt src/conf/domain_addr.c, tried with 9.0.0"
    allows = ("isapc: <memballoon model='none'/>",)
    forbids = ("isapc: <memballoon model='virtio'/>",)

    def cases(self, question: Question) -> Iterable[Part]:
        problem = question.problem
        if problem.controllers:
            return ()
        return [part for part in problem.parts if part.needs and self._is_stranded(problem.machine.supports_pci, part)]

    def _is_stranded(self, supports_pci: bool, part: Part) -> bool:
        if at_own_place(part):
            return False  # libvirt does not look for its bus
        return part.pinned is not None or (part.wants and supports_pci)

    def check(self, layout: Layout, case: Part) -> bool:
        return bool(layout.controllers) or isinstance(case, Controller)

    def tell(self, question: Question, case: Part) -> Telling:
        family = question.problem.machine.family
        added = (
            " (libvirt adds it by itself; <memballoon model='none'/> prevents that)"
            if case.kind == "memballoon"
            else ""
        )
        return Telling(f"{name_of(case)} needs a PCI bus, and {family} has none{added}", (point(case),))


class PciMachine(InputRule[Part]):
    """A PCI controller, and a USB controller that is a PCI device, are for machines that have PCI."""

    id = "machine-without-pci"
    follows_from = ("no-pci-buses",)
    source = (
        "libvirt 12.8.0 (Machine type does not support PCI), tried with a dozen boards; behavior controllers-need-pci"
    )
    allows = ("isapc: <memballoon model='none'/>",)
    forbids = ("isapc: <controller type='pci' index='0' model='pci-root'/>",)

    def among(self, problem: Problem) -> Iterable[Part]:
        without = not problem.machine.root and problem.catalog.behaves(CONTROLLERS_NEED_PCI)
        return problem.by_kind("controller") if without else ()

    def keeps(self, problem: Problem, case: Part) -> bool:
        return not isinstance(case, Controller) and not (case.needs and case.view.get("type") == "usb")

    def tell(self, question: Question, case: Part) -> Telling:
        family = question.problem.root.get("os/type/machine") or question.problem.machine.family
        return Telling(f"{name_of(case)} needs PCI, which the machine {family} does not have", (point(case, "type"),))


RULES: tuple[Rule[Part] | Rule[tuple[Part, ...]], ...] = (
    NeedsPciAddress(),
    RefusesPciAddress(),
    VirtioDiskAddress(),
    UnassignedHostdev(),
    CcwMachine(),
    PciMachine(),
    AcpiIndex(),
    ControllerOnce(),
    SingleIde(),
    PciBuses(),
)

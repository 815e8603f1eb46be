"""Devices QEMU does not take where libvirt puts them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pcisolve.catalog.machines import Fixed
from pcisolve.catalog.matching import matches
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of, point


class Intruder(NamedTuple):
    """A part at the place of a device that QEMU always has."""

    part: Part
    fixed: Fixed


class AlwaysThere(Rule[Intruder]):
    """Nothing else is put where QEMU has a device of its own, even if the guest names no such device.

    libvirt keeps the place only when the guest has that controller.
    """

    id = "piix3-hole"
    stage = "qemu"
    source = "QEMU hw/i386/pc_piix.c, tried with 7.2 (slot 1 function 1 not available, in use by piix3-ide)"
    allows = (
        "pc: <controller type='usb' model='none'/><rng model='virtio'>"
        "<address type='pci' slot='1' function='2'/></rng>",
    )
    forbids = ("pc: <rng model='virtio'><address type='pci' slot='1' function='1'/></rng>",)

    def cases(self, question: Question) -> Iterator[Intruder]:
        always = [one for one in question.problem.machine.fixed if one.always]
        for part in question.placed if always else ():
            for fixed in always:
                place = question.choice.places[part]
                if place == (0, fixed.slot, fixed.function) and not _is(part, fixed):
                    yield Intruder(part, fixed)

    def check(self, layout: Layout, case: Intruder) -> bool:
        return layout.places[case.part] != (0, case.fixed.slot, case.fixed.function)

    def tell(self, question: Question, case: Intruder) -> Telling:
        where = question.choice.addresses[case.part]
        message = (
            f"QEMU will not start: {name_of(case.part)} is at {where}, where the machine always has its "
            f"{case.fixed.what}, although this guest does not name it"
        )
        return Telling(message, (point(case.part, "slot"),))


def _is(part: Part, fixed: Fixed) -> bool:
    return part.kind == fixed.element and matches(fixed.when, part.view)


class _DeviceRule(Rule[Part]):
    """Shared by rules that the sort of device alone decides: `cases` lists the breaches."""

    placeless = True

    stage = "qemu"


class OtherBus(_DeviceRule):
    """A device of another bus, such as USB, has no PCI address.

    libvirt keeps the address with a warning in its log, and QEMU cannot plug the device in there.
    """

    id = "flags-zero-but-address"
    source = "libvirt src/qemu/qemu_domain_address.c; QEMU 7.2 (Device 'usb-audio' can't go on PCIE bus)"
    allows = ("q35: <sound model='usb'/>",)
    forbids = ("q35: <sound model='usb'><address type='pci' slot='3'/></sound>",)

    def cases(self, question: Question) -> Iterable[Part]:
        return [part for part in question.placed if part.variant is not None and part.variant.other_bus]

    def check(self, layout: Layout, case: Part) -> bool:
        return case not in layout.places or case.variant is None or case.variant.other_bus == ""

    def tell(self, question: Question, case: Part) -> Telling:
        bus = case.variant.other_bus if case.variant else ""
        article = "an" if bus == "ISA" else "a"
        message = f"QEMU will not start: {name_of(case)} is {article} {bus} device and cannot be plugged into a PCI bus"
        return Telling(message, (point(case, "type"),))


class Msix(_DeviceRule):
    """On s390 every PCI function has MSI-X interrupts."""

    id = "s390-msix"
    source = "QEMU hw/s390x/s390-pci-bus.c, tried with 7.2 (MSI-X support is mandatory in the S390 architecture)"
    allows = ("s390: <rng model='virtio'><address type='pci' slot='3'/></rng>", "s390: <memballoon model='virtio'/>")
    forbids = ("s390: <sound model='ac97'><address type='pci' slot='3'/></sound>",)

    def cases(self, question: Question) -> Iterable[Part]:
        if not question.problem.machine.zpci:
            return ()
        qemu = question.problem.options.qemu
        return [part for part in question.placed if part.variant is not None and not part.variant.has_msix(qemu)]

    def check(self, layout: Layout, case: Part) -> bool:
        variant = case.variant if case in layout.places else None
        return variant is None or variant.has_msix(layout.problem.options.qemu)

    def tell(self, question: Question, case: Part) -> Telling:
        family = question.problem.machine.family
        message = (
            f"QEMU will not start: {name_of(case)} has no MSI-X interrupts, which every PCI device of {family} needs"
        )
        can_be_ccw = case.variant is not None and case.variant.needs == "virtio"
        hint = "; without a PCI address it becomes a CCW device" if can_be_ccw else ""
        return Telling(message + hint, (Point(case.place_node, "type" if case.address_node is not None else ""),))


class PciDeviceElsewhere(_DeviceRule):
    """A PCI device cannot be plugged into a SCSI, USB or spapr-vio bus, whatever libvirt lets one write."""

    id = "start-address-type"
    source = "QEMU 7.2, 10.0 and 11.1 (Device 'VGA' can't go on SCSI bus; Bus 'usb.0' not found)"
    allows = ("q35: <video><model type='vga'/><address type='pci' slot='3'/></video>",)
    forbids = ("pseries: <video><model type='vga'/><address type='drive' controller='0' unit='7'/></video>",)

    def cases(self, question: Question) -> Iterable[Part]:
        return [part for part in question.problem.parts if not self._may_be(part)]

    def check(self, layout: Layout, case: Part) -> bool:
        return self._may_be(case)

    def _may_be(self, part: Part) -> bool:
        if part.variant is None or not part.variant.needs:
            return True
        if part.kind == "interface" and part.address_type == "spapr-vio":
            return True  # libvirt leaves it out of the command line
        return part.address_type not in _NO_PCI_BUS or part.new_type != ""

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"QEMU will not start: {name_of(case)} is a PCI device and has an address of type {case.address_type}"
        return Telling(message, (point(case, "type"),))


_NO_PCI_BUS = ("drive", "usb", "spapr-vio")

RULES: tuple[Rule[Intruder] | Rule[Part], ...] = (AlwaysThere(), OtherBus(), Msix(), PciDeviceElsewhere())

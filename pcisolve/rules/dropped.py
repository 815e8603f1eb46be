"""What libvirt drops from the addresses it is given."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.devices import DeviceRule
from pcisolve.rules.rule import NOTE, Point, Question, Rule, Telling, name_of, point


class _Dropped(DeviceRule):
    """Shared: nothing is refused for it."""

    severity = NOTE


class DroppedAddress(_Dropped):
    """A device that is there in name only has no place.

    libvirt takes the PCI address of a video, a memballoon or a USB controller of model "none" away, and of a console
    that only repeats the first serial port: another device may be there. Of a USB hub and of memory it keeps the place
    free while it places the others, and then gives an address of the device's own bus.
    """

    id = "model-none-no-place"
    source = "libvirt src/qemu/qemu_domain.c, src/conf/domain_postparse.c, tried with 9.0.0"
    allows = ("pc: <video><model type='none'/></video>",)
    forbids = (
        "pc: <video><model type='none'/><address type='pci' slot='3'/></video>",
        "pc: <memballoon model='none'><address type='pci' slot='3'/></memballoon>",
        "pc: <controller type='usb' model='none'><address type='pci' slot='3'/></controller>",
        "pc: <hub type='usb'><address type='pci' slot='3'/></hub>",
    )

    def keeps(self, problem: Problem, case: Part) -> bool:
        if case.address_node is None or case.address_node.get("type") != "pci":
            return True
        if case.asked is not None and case.asked.is_unset:
            return True  # it names no place that could be lost
        return not (case.drops_address or case.loses_address)

    def tell(self, question: Question, case: Part) -> Telling:
        reason = "it is there in name only" if case.drops_address else "it is no PCI device"
        message = f"libvirt drops the PCI address of {name_of(case)}: {reason}"
        return Telling(message, (point(case, "type"),))


class BareMultifunction(_Dropped):
    """multifunction belongs to a place.

    libvirt chooses the place of an address without one, and says multifunction='on' itself where other functions
    share the slot; what the address says of it is dropped.
    """

    id = "multifunction-without-place"
    source = "libvirt src/conf/domain_addr.c virDomainPCIAddressReserveNextAddr, tried with 9.0.0"
    allows = ("pc: <rng model='virtio'><address type='pci' slot='3' multifunction='on'/></rng>",)
    forbids = ("pc: <rng model='virtio'><address type='pci' multifunction='on'/></rng>",)

    def keeps(self, problem: Problem, case: Part) -> bool:
        if case.asked is None or case.pinned is not None or case.drops_address or case.address_node is None:
            return True
        return case.address_node.get("multifunction") is None

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"libvirt drops multifunction of {name_of(case)}: its address names no place"
        return Telling(message, (point(case, "multifunction"),))


class NoneAlone(Rule[Part]):
    """A video of model none is the only one."""

    id = "video-none-alone"
    source = "libvirt src/conf/domain_validate.c virDomainDefVideoValidate, tried with 9.0.0"
    allows = ("pc: <video><model type='none'/></video>",)
    forbids = ("pc: <video><model type='vga'/></video><video><model type='none'/></video>",)

    def cases(self, question: Question) -> Iterable[Part]:
        videos = question.problem.by_kind("video")
        return [part for part in videos if part.view.get("model/type") == "none"] if len(videos) > 1 else ()

    def check(self, layout: Layout, case: Part) -> bool:
        return len(layout.problem.by_kind("video")) < 2

    def tell(self, question: Question, case: Part) -> Telling:
        others = [one for one in question.problem.by_kind("video") if one is not case]
        message = f"{name_of(case)} says that there is no video, and {name_of(others[0])} is one"
        points = [Point(one.node, "", "is one") for one in others if one.node is not None]
        return Telling(message, (Point(case.node or case.view), *points))


RULES: tuple[Rule[Part], ...] = (DroppedAddress(), BareMultifunction(), NoneAlone())

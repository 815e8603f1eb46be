"""What libvirt adds by itself before it places anything (rule alg-implicit)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from pcisolve.catalog.machines import Machine
from pcisolve.core.node import Node
from pcisolve.core.numbers import is_auto_radix, parse_auto_radix
from pcisolve.problem.drives import SCSI_UNITS, drive_of, nvme_controller
from pcisolve.problem.lists import Indexed, disk_bus

_DISK_CONTROLLERS = ("scsi", "fdc", "ide", "sata", "nvme")
MAX_IMPLICIT_CONTROLLERS = 1024


def synthetic(tag: str, attributes: dict[str, str], *children: Node) -> Node:
    """An element that libvirt adds, or the input's element with defaults filled in; it has no position."""
    node = Node(tag, attributes, -1)
    node.children.extend(children)
    return node


class Elements:
    """The guest's device elements by tag, and libvirt's controller list as it grows.

    Attributes:
        in_order: whether a controller that is added is listed by its index; else it comes last.
    """

    def __init__(self, devices: Iterable[Node], *, in_order: bool) -> None:
        self.in_order = in_order
        self.by_tag: dict[str, list[Node]] = {}
        for node in devices:
            self.by_tag.setdefault(node.tag, []).append(node)
        self.controllers: list[Indexed] = []
        self._have: set[tuple[str, int]] = set()
        self._highest: dict[str, int] = {}

    def set_controllers(self, controllers: list[Indexed]) -> None:
        """Take over the ordered list of the input's own controllers."""
        self.controllers = controllers
        self._have = {(one.type, one.index) for one in controllers}
        for one in controllers:
            self._highest[one.type] = max(one.index, self._highest.get(one.type, one.index))

    def tagged(self, tag: str) -> list[Node]:
        """The elements of a tag, in the order that was set."""
        return self.by_tag.get(tag, [])

    def add(self, controller_type: str, index: int, model: str = "") -> None:
        """Add a controller unless that index of that type exists (behavior added-in-order)."""
        if (controller_type, index) in self._have:
            return
        attributes = {"type": controller_type, "index": str(index)}
        if model:
            attributes["model"] = model
        new = Indexed(synthetic("controller", attributes), controller_type, index)
        self.controllers.insert(self._position(new) if self.in_order else len(self.controllers), new)
        self._have.add((controller_type, index))
        self._highest[controller_type] = max(index, self._highest.get(controller_type, index))

    def _position(self, new: Indexed) -> int:
        """Before the first of its type with a higher index, else behind the last of its type, else at the end."""
        highest = self._highest.get(new.type)
        if highest is None:
            return len(self.controllers)
        if highest > new.index:
            found = (at for at, one in enumerate(self.controllers) if one.type == new.type and one.index > new.index)
            return next(found)
        behind = (at for at in range(len(self.controllers), 0, -1) if self.controllers[at - 1].type == new.type)
        return next(behind)

    def reserve(self, controller_type: str, index: int) -> None:
        """Keep an index for a controller that is numbered later."""
        self._have.add((controller_type, index))

    def has(self, controller_type: str, index: int) -> bool:
        """Whether a controller of that type and index exists."""
        return (controller_type, index) in self._have


def add_family_defaults(elements: Elements, machine: Machine) -> None:
    """USB controller, SATA controller, PCI root and balloon of the machine family."""
    if not elements.has("usb", 0):
        for model in machine.default_usb[:1]:
            elements.add("usb", 0, model)
    for extra in machine.implicit_controllers:
        elements.add(extra.type, extra.index)
    if machine.root:
        elements.add("pci", 0, machine.root)
    if machine.balloon and not elements.tagged("memballoon"):
        elements.by_tag["memballoon"] = [synthetic("memballoon", {"model": machine.balloon})]


def add_implicit_controllers(elements: Elements) -> None:
    """Controllers for disks, virtio-serial ports and SCSI host devices (rule implicit-disk-controllers)."""
    highest = dict.fromkeys(_DISK_CONTROLLERS, -1)
    for disk in elements.tagged("disk"):
        bus = disk_bus(disk)
        if bus in highest:
            highest[bus] = max(highest[bus], _controller_of(disk, bus))
    for bus, last in highest.items():
        for index in range(min(last, MAX_IMPLICIT_CONTROLLERS) + 1):
            elements.add(bus, index)
    for node in virtio_serial_devices(elements):
        elements.add("virtio-serial", address_number(node.find("address"), "controller", "virtio-serial"))
    _add_scsi_for_hostdevs(elements)


def _controller_of(disk: Node, bus: str) -> int:
    if bus == "nvme":
        return nvme_controller(disk)
    drive = drive_of(disk)
    return 0 if drive is None else drive.controller


def address_number(address: Node | None, attribute: str, kind: str) -> int:
    """A number of an address of this kind; 0 where the input says nothing usable."""
    if address is None or address.get("type") != kind:
        return 0
    text = address.get(attribute)
    return parse_auto_radix(text) if text is not None and is_auto_radix(text) else 0


def virtio_serial_devices(elements: Elements) -> Iterator[Node]:
    """Channels and consoles on virtio-serial, in the order in which libvirt gives them ports."""
    for tag in ("channel", "console"):
        for node in elements.tagged(tag):
            if node.get("target/type") == "virtio":
                yield node


def _is_scsi_hostdev(node: Node) -> bool:
    return node.get("type") == "scsi" and node.get("mode") in (None, "subsystem")


def _add_scsi_for_hostdevs(elements: Elements) -> None:
    hostdevs = [node for node in elements.tagged("hostdev") if _is_scsi_hostdev(node)]
    if not hostdevs:
        return
    drives = [drive_of(node) for node in (*elements.tagged("disk"), *hostdevs)]
    used = {(one.controller, one.unit) for one in drives if one is not None and one.bus_type == "scsi"}
    highest, model = -1, ""
    models = {one.index: one.node.get("model") or "" for one in elements.controllers if one.type == "scsi"}
    for node in hostdevs:
        drive = drive_of(node)
        if drive is not None:
            controller = drive.controller
        else:
            controller, unit = next((c, u) for c in count() for u in range(SCSI_UNITS) if (c, u) not in used)
            used.add((controller, unit))
        if controller > highest:
            highest, model = controller, models.get(controller) or model
    for index in range(min(highest, MAX_IMPLICIT_CONTROLLERS) + 1):
        elements.add("scsi", index, model)


def add_implicit_video(elements: Elements) -> None:
    """One video for a guest that has graphics and no video."""
    if elements.tagged("graphics") and not elements.tagged("video"):
        elements.by_tag["video"] = [synthetic("video", {})]


def scsi_model(elements: Elements) -> str:
    """The model of the SCSI controller with the lowest index that has one; "" (behavior scsi-model-of-siblings)."""
    named = [one for one in elements.controllers if one.type == "scsi" and one.node.get("model") not in (None, "auto")]
    return min(named, key=lambda one: one.index).node.get("model") or "" if named else ""

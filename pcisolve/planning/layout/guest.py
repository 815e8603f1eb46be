"""The planned guest as elements: the base's, and after them what the plan adds, every address explicit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pcisolve.core.address import Address
from pcisolve.core.node import Node
from pcisolve.planning.elements import ElementMaker, when_attributes
from pcisolve.planning.file.text import Mark
from pcisolve.planning.layout.expand import Expansion
from pcisolve.planning.layout.growing import NewController
from pcisolve.planning.model.ground import Ground
from pcisolve.planning.model.scene import Scene, Site
from pcisolve.problem.choice import Place
from pcisolve.problem.implicit import synthetic
from pcisolve.problem.scheme import FLAT


class PlannedGuest(NamedTuple):
    """A whole guest.

    Attributes:
        root: the <domain> element; what the base has in it are the base's own elements.
        new: what was added, controllers first.
        marks: where the plan asks for each new element, by Node.number; a controller has none.
        ranks: group and rank of each new device, by Node.number.
        dropped: elements of the base that say there is none of what the plan brings.
    """

    root: Node
    new: list[Node]
    marks: dict[int, Mark]
    ranks: dict[int, tuple[str, int]]
    dropped: list[Node]


def planned_guest(scene: Scene, expansion: Expansion, ground: Ground, root: Node) -> PlannedGuest:
    """The guest a layout of the plan comes to; new elements are numbered after the base's."""
    return _Maker(scene, expansion, ground, root).guest()


class _Maker:
    def __init__(self, scene: Scene, expansion: Expansion, ground: Ground, root: Node) -> None:
        self.scene, self.expansion, self.ground, self.root = scene, expansion, ground, root
        self.number = number_after(root)
        self.domains = self._domains()
        self.dropped = self._dropped()
        fixed = {one.name for one in scene.groups if not one.wish.hotplug}
        self.without_hotplug = {one.place.provider for one in expansion.devices if one.group in fixed}

    def _dropped(self) -> list[Node]:
        """Such as <memballoon model='none'/> where the plan has a balloon."""
        devices = self.root.first("devices")
        elements = [(one.device.element, when_attributes(one.variant).get("type")) for one in self.scene.groups]
        found = []
        for node in devices.children if devices is not None else ():
            none = "none" in (node.get("model"), node.get("model/type"))
            kind = node.get("type") if node.tag == "controller" else None
            if none and any(tag == node.tag and kind in (None, type_) for tag, type_ in elements):
                found.append(node)
        return found

    def _domains(self) -> dict[int, int]:
        """The PCI domain of each controller's bus, by index."""
        found: dict[int, int] = {}
        numbers: dict[int, int] = {}
        for site in self.scene.sites:
            if site.is_domain and site.number is not None:
                numbers[site.domain] = site.number
        for one in self.expansion.controllers:
            if one.model.root:
                numbers[one.site.domain] = one.index
        for position, controllers in self.scene.existing.items():
            for existing in controllers:
                found[existing.index] = numbers[self.scene.sites[position].domain]
        for one in self.expansion.controllers:
            found[one.index] = numbers[one.site.domain]
        self.roots = set(numbers.values())
        return found

    def guest(self) -> PlannedGuest:
        new: list[Node] = [self._numbered(self._controller(one)) for one in self.expansion.controllers]
        marks: dict[int, Mark] = {}
        new += self._iommus(marks)
        ranks: dict[int, tuple[str, int]] = {}
        maker = ElementMaker(self.scene.plan.guest, self._drives(), self._indexes())
        for device in self.expansion.devices:
            group = self.scene.by_group[device.group]
            node = maker.element(group.variant, group.device, group.wish, device.rank)
            node.children.append(self._address(device.place))
            new.append(self._numbered(node))
            marks[node.number] = group.wish.at
            ranks[node.number] = (device.group, device.rank)
        return PlannedGuest(with_devices(self.root, new, self.dropped), new, marks, ranks, self.dropped)

    def _iommus(self, marks: dict[int, Mark]) -> Iterator[Node]:
        """One for each root that has one of its own; it names the root by its controller's index."""
        roots = {one.site: one.index for one in self.expansion.controllers if one.model is one.site.model}
        for site in self.scene.sites:
            index = roots.get(site, site.number if site.existing is not None else None)
            if site.wish is not None and site.wish.iommu and index is not None:
                node = synthetic("iommu", {"model": site.wish.iommu}, synthetic("driver", {"pciBus": str(index)}))
                yield self._numbered(node)
                marks[node.number] = site.wish.at

    def _numbered(self, node: Node) -> Node:
        node.number = self.number
        self.number += 1
        return node

    def _controller(self, one: NewController) -> Node:
        node = synthetic("controller", {"type": "pci", "index": str(one.index), "model": one.model.name})
        attributes = {name: str(value) for name, value in one.targets.items()}
        if one.index in self.without_hotplug and "hotplug" in one.model.targets:
            attributes["hotplug"] = "off"
        cell = self._node_of(one.site) if one.model.name == one.site.model.name else None
        if attributes or cell is not None:
            target = synthetic("target", attributes)
            if cell is not None:
                inner = synthetic("node", {})
                inner.text = str(cell)
                target.children.append(inner)
            node.children.append(target)
        if one.parent is not None:
            node.children.append(self._address(Place(one.parent.number, one.slot, one.function)))
        return node

    @staticmethod
    def _node_of(site: Site) -> int | None:
        return site.node if site.existing is None else None

    def _address(self, place: Place) -> Node:
        return address_node(self.address(place))

    def address(self, place: Place) -> Address:
        """A place as the XML says it in the plan's scheme."""
        if self.scene.scheme == FLAT:
            return Address(0, place.provider, place.slot, place.function)
        bus = 0 if place.provider in self.roots else place.provider
        return Address(self.domains[place.provider], bus, place.slot, place.function)

    def _drives(self) -> set[str]:
        """Target names of the base's disks."""
        devices = self.root.first("devices")
        disks = devices.all("disk") if devices is not None else ()
        return {name for one in disks if (name := one.get("target/dev")) is not None}

    def _indexes(self) -> set[tuple[str, int]]:
        """Type and index of every controller of the base that is not a PCI controller."""
        parts = self.ground.base.problem.by_kind("controller")
        views = [one.view for one in parts if one.node not in self.dropped]
        pairs = [(one.get("type") or "", one.get("index") or "") for one in views]
        return {(type_, int(index)) for type_, index in pairs if type_ != "pci" and index.isdecimal()}


def with_devices(root: Node, new: Sequence[Node], dropped: Sequence[Node]) -> Node:
    """A copy of a <domain> whose <devices> has more children; the base's own elements are not touched."""
    copy = Node(root.tag, root.attributes, root.number)
    devices = root.first("devices")
    for child in root.children:
        if child is not devices:
            copy.children.append(child)
    more = Node("devices", {} if devices is None else devices.attributes, -1 if devices is None else devices.number)
    fresh = set(new)
    kept = [one for one in devices.children if one not in dropped] if devices is not None else []
    more.children = [*kept, *new]
    counted = Counter(child.tag for child in more.children if child not in fresh)
    for node in new:
        node.parent = more
        counted[node.tag] += 1
        node.ordinal = counted[node.tag]
    more.parent = copy
    copy.children.append(more)
    return copy


def address_node(address: Address) -> Node:
    """An <address> element."""
    domain, bus, slot, function = address
    words = {"domain": f"{domain:#06x}", "bus": f"{bus:#04x}", "slot": f"{slot:#04x}", "function": f"{function:#x}"}
    return synthetic("address", {"type": "pci", **words})


def number_after(root: Node) -> int:
    """The number of the next element behind all there are."""
    highest, stack = root.number, [root]
    while stack:
        node = stack.pop()
        highest = max(highest, node.number)
        stack += node.children
    return highest + 1

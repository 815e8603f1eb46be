"""hwloc's XML of versions 1, 2 and 3 (lstopo --of xml).

Source: hwloc's topology-xml.c and hwloc.dtd/hwloc2.dtd; hwloc_obj_osdev_type_e of hwloc.h, which are numbers up to
version 2 and bits in version 3.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final, NamedTuple

from pcisolve.core.address import Address
from pcisolve.core.errors import InputError
from pcisolve.core.node import Node
from pcisolve.core.words import printable
from pcisolve.host.fields import MAX_TEXT, address_of
from pcisolve.host.host import Builder, Host
from pcisolve.host.values import Bus, Function, Names, NumaNode, Root
from pcisolve.libvirt.plain import Plain

EXPECTED: Final = "hwloc XML (lstopo --of xml)"
_HOST, _PCI = "0", "1"  # the sides of a bridge
_TYPE: Final = re.compile(
    r"([0-9a-f]{4}) \[([0-9a-f]{4}):([0-9a-f]{4})\](?: \[([0-9a-f]{4}):([0-9a-f]{4})\])?"
    r"(?: [0-9a-f]{2}(?: ([0-9a-f]{2}))?)?"
)
_BUSES: Final = re.compile(r"([0-9a-f]{4,8}):\[([0-9a-f]{2})-([0-9a-f]{2})\]")
_OS_DEVICES: Final = ({"0": "block", "2": "net", "3": "rdma"}, {"1": "block", "16": "net", "32": "rdma"})
_LATENCY: Final = 4  # HWLOC_DISTANCES_KIND_MEANS_LATENCY, of versions 2 and 3
_MAX_MASK: Final = 1 << 16  # characters of a cpuset or nodeset
_MAX_NUMBERS: Final = 1 << 20


class Numa(NamedTuple):
    """A NUMANode object: number, CPUs as a bit map (0: not known), and what distances call it by."""

    number: int
    cpus: int
    gp_index: str
    node: Node


class At(NamedTuple):
    """What an object is inside of: PCI parent and the buses below it, number of the innermost function, NUMA node."""

    parent: Address | Bus | None = None
    buses: tuple[int, int] | None = None
    function: int | None = None
    node: int | None = None


class Found(NamedTuple):
    """A function, its element, and whether its bus is one of those that its bridge says it has."""

    node: Node
    function: Function
    inside: bool


def read_hwloc(data: bytes, name: str) -> Host:
    """The host that hwloc's XML describes.

    Raises:
        InputError: it is not hwloc's XML, or cannot be one host's.
    """
    document = Plain(data, name, EXPECTED, doctypes=("topology",))
    if document.root.tag != "topology":
        message = f"the root element is <{printable(document.root.tag)[:40]}>"
        raise InputError(message, expected="<topology>", location=document.location(document.root))
    return _Reader(document).host()


class _Reader:
    """Goes through the objects once for NUMA nodes, and once for PCI."""

    def __init__(self, document: Plain) -> None:
        self._document = document
        self._builder = Builder("hwloc", document.name)
        version = document.root.get("version") or "1"
        self._os_devices = _OS_DEVICES[version.split(".")[0] not in ("1", "2")]
        self._names: dict[int, dict[str, list[str]]] = {}
        self._found: list[Found] = []

    def host(self) -> Host:
        self._numa = [self._numa_of(node) for node in _objects(self._document.root) if node.get("type") == "NUMANode"]
        self._add_nodes()
        for top in self._document.root.all("object"):
            self._go_through(top)
        at_home = {one.function.address for one in self._found if one.inside}
        for number, one in enumerate(self._found):
            where, address = self._document.location(one.node), one.function.address
            if not one.inside and address in at_home:
                self._builder.note(f"{where}: {address} is left out: it is on no bus of its bridge, and is there twice")
                continue
            names = self._names.get(number, {})
            found = Names(*(tuple(sorted(names.get(kind, ()))) for kind in ("net", "block", "rdma")))
            self._builder.add(replace(one.function, names=found), where)
        return self._builder.finish()

    def _numa_of(self, node: Node) -> Numa:
        text = node.get("os_index") or ""
        if re.fullmatch("[0-9]{1,5}", text) is None:
            raise self._error(node, "os_index", "the number of a NUMA node")
        return Numa(int(text), self._mask(node, "cpuset"), node.get("gp_index") or "", node)

    def _add_nodes(self) -> None:
        rows = self._distances()
        for one in self._numa:
            self._builder.add_node(NumaNode(one.number, rows.get(one.number, ())), self._document.location(one.node))

    def _distances(self) -> dict[int, tuple[int, ...]]:
        """By node, what it is from the nodes in their order."""
        for node in self._document.root.all("distances2"):
            if node.get("type") == "NUMANode" and int(_digits(node.get("kind"))) & _LATENCY:
                key = 2 if node.get("indexing") == "gp" else 0
                order = {str(one[key]): one.number for one in self._numa}
                numbers = [order.get(word) for word in _words(node, "indexes")]
                return self._rows(node, numbers, [int(_digits(word)) for word in _words(node, "u64values")])
        for top in self._document.root.all("object"):
            for node in top.all("distances"):
                if node.get("nbobjs") == str(len(self._numa)) and len(self._numa) > 1:
                    base = _float(node.get("latency_base"))
                    values = [round(base * _float(one.get("value"))) for one in node.all("latency")]
                    return self._rows(node, [one.number for one in self._numa], values)
        return {}

    def _rows(self, node: Node, order: list[int | None], values: list[int]) -> dict[int, tuple[int, ...]]:
        if len(values) != len(order) ** 2 or len(order) != len(self._numa) or None in order:
            message = f"{len(values)} distances between {len(order)} of {len(self._numa)} NUMA nodes"
            expected = "the distance of each node from each"
            raise InputError(message, expected=expected, location=self._document.location(node))
        size = len(order)
        sorted_at = sorted(range(size), key=lambda at: order[at] or 0)
        return {order[row] or 0: tuple(values[row * size + at] for at in sorted_at) for row in range(size)}

    def _go_through(self, top: Node) -> None:
        waiting = [(top, At())]
        while waiting:
            node, at = waiting.pop()
            at = self._object(node, at)
            waiting += [(child, at) for child in reversed(node.children) if child.tag == "object"]

    def _object(self, node: Node, at: At) -> At:
        """What one object says; what those inside it are inside of."""
        kind = node.get("type")
        if kind == "Bridge" and (node.get("bridge_type") or "").startswith(_HOST):
            domain, first, last = self._buses(node)
            bus = Bus(domain, first)
            self._builder.add_root(Root(bus), self._document.location(node))
            return at._replace(parent=bus, buses=(first, last))
        if kind in ("PCIDev", "Bridge"):
            function = self._function(node, at)
            inside = at.buses is None or at.buses[0] <= function.address.bus <= at.buses[1]
            self._found.append(Found(node, function, inside))
            return at._replace(parent=function.address, buses=function.buses, function=len(self._found) - 1)
        if kind == "OSDev":
            self._name(node, at)
            return at
        return at._replace(node=self._node_of(node, at.node))

    def _function(self, node: Node, at: At) -> Function:
        address = address_of(node.get("pci_busid") or "")
        if address is None:
            raise self._error(node, "pci_busid", "an address such as 0000:00:1f.2")
        found = _TYPE.fullmatch(node.get("pci_type") or "")
        if found is None:
            raise self._error(node, "pci_type", 'class, vendor and device such as "0604 [8086:2030] [8086:0000] 04"')
        code, vendor, device, first, second = (int(one or "0", 16) for one in found.groups()[:5])
        bandwidth = round(_float(node.get("pci_link_speed")), 3)
        is_bridge = node.get("type") == "Bridge"
        buses = self._buses(node)[1:] if is_bridge else None
        return Function(
            address=address,
            parent=Bus(address.domain, address.bus) if at.parent is None else at.parent,
            class_code=code,
            vendor=vendor,
            device=device,
            prog_if=int(found[6], 16) if found[6] else None,
            subsystem=(first, second) if (first or second) and not is_bridge else None,
            node=at.node,
            bandwidth=bandwidth or None,
            buses=buses,
        )

    def _name(self, node: Node, at: At) -> None:
        kind, name = self._os_devices.get(node.get("osdev_type") or ""), node.get("name") or ""
        if kind and at.function is not None and 0 < len(name) <= MAX_TEXT and name.isprintable():
            self._names.setdefault(at.function, {}).setdefault(kind, []).append(name)

    def _node_of(self, node: Node, outer: int | None) -> int | None:
        """The one NUMA node that an object is local to, by its nodeset or else its CPUs; None where there are more."""
        nodes = self._mask(node, "nodeset")
        if nodes:
            return nodes.bit_length() - 1 if nodes & (nodes - 1) == 0 else None
        cpus = self._mask(node, "cpuset")
        if not cpus:
            return outer
        inside = [one.number for one in self._numa if one.cpus and not cpus & ~one.cpus]
        return inside[0] if len(inside) == 1 else None

    def _mask(self, node: Node, attribute: str) -> int:
        """A bit map: words of 32 bits, an empty one for 0; 0 for one without end."""
        text = node.get(attribute) or ""
        if text.startswith("0xf...f"):
            return 0
        words = [word.removeprefix("0x") or "0" for word in text.split(",")]
        if len(text) > _MAX_MASK or any(re.fullmatch("[0-9a-f]{1,8}", word) is None for word in words):
            raise self._error(node, attribute, "a bit map such as 0x000000ff")
        return int("".join(word.rjust(8, "0") for word in words), 16)

    def _buses(self, node: Node) -> tuple[int, int, int]:
        found = _BUSES.fullmatch(node.get("bridge_pci") or "")
        if found is None:
            raise self._error(node, "bridge_pci", "domain and buses such as 0000:[02-0a]")
        return int(found[1], 16), int(found[2], 16), int(found[3], 16)

    def _error(self, node: Node, attribute: str, expected: str) -> InputError:
        value = node.get(attribute)
        said = "is missing" if value is None else f'is "{printable(value[:60])}"'
        return InputError(f"{attribute} {said}", expected=expected, location=self._document.location(node))


def _objects(top: Node) -> list[Node]:
    found: list[Node] = []
    waiting = [top]
    while waiting:
        node = waiting.pop()
        found += [node] if node.tag == "object" else []
        waiting += reversed(node.children)
    return found


def _words(node: Node, tag: str) -> list[str]:
    return " ".join(one.text for one in node.all(tag)).split()[:_MAX_NUMBERS]


def _digits(text: str | None) -> str:
    return text if text is not None and re.fullmatch("[0-9]{1,18}", text) else "0"


def _float(text: str | None) -> float:
    return float(text) if text is not None and re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", text) else 0.0

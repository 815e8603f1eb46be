"""libvirt's node devices (virsh nodedev-dumpxml), one after the other; with `virsh capabilities` also NUMA distances.

Source: libvirt docs/formatnode.rst and src/conf/node_device_conf.c; docs/formatcaps.rst for <distances>.
"""

from __future__ import annotations

import re
from typing import Final

from pcisolve.core.address import Address
from pcisolve.core.errors import InputError
from pcisolve.core.node import Node
from pcisolve.core.words import printable
from pcisolve.host.collect import ADDRESS, MAX_STEPS, ROOT_BUS, WIDTHS, bandwidth_of
from pcisolve.host.fields import MAX_TEXT, address_of, bus_of
from pcisolve.host.host import Builder, Host
from pcisolve.host.values import Bus, Function, Link, Names, NumaNode, Root
from pcisolve.libvirt.plain import Plain

EXPECTED: Final = "libvirt node devices (virsh nodedev-dumpxml)"
_NAME: Final = re.compile(r"pci_([0-9a-f]{4,8})_([0-9a-f]{2})_([0-9a-f]{2})_([0-7])")
_NUMBER: Final = re.compile(r"0x[0-9a-fA-F]{1,16}|[0-9]{1,10}")


def read_nodedev(data: bytes, name: str) -> Host:
    """The host that node devices are of.

    Raises:
        InputError: they are not node devices, or cannot be one host's.
    """
    return _Reader(Plain(data, name, EXPECTED, many=True)).host()


class _Reader:
    """Devices other than PCI ones say what theirs are called."""

    def __init__(self, document: Plain) -> None:
        self._document = document
        self._builder = Builder("libvirt", document.name)
        self._names: dict[Address, dict[str, list[str]]] = {}
        self._above: dict[str, str] = {}

    def host(self) -> Host:
        pci: list[tuple[Node, Node]] = []
        for device in self._document.root.children:
            if device.tag == "capabilities":
                self._add_nodes(device)
                continue
            if device.tag != "device":
                message = f"<{printable(device.tag)[:40]}> is no node device"
                raise InputError(message, expected=EXPECTED, location=self._document.location(device))
            self._above[_text(device, "name")] = _text(device, "parent")
            capability = next((one for one in device.all("capability") if one.get("type") == "pci"), None)
            if capability is not None:
                pci.append((device, capability))
        for device in self._document.root.all("device"):
            self._name(device)
        for device, capability in pci:
            self._builder.add(self._function(device, capability), self._document.location(device))
        return self._builder.finish()

    def _add_nodes(self, capabilities: Node) -> None:
        cells = capabilities.find("host/topology/cells")
        rows = [] if cells is None else cells.all("cell")
        numbers = sorted(self._number(cell, cell.get("id"), 0xFFFF) for cell in rows)
        for cell in rows:
            distances = cell.first("distances")
            found = {
                self._number(one, one.get("id"), 0xFFFF): self._number(one, one.get("value"), 0xFFFF)
                for one in (() if distances is None else distances.all("sibling"))
            }
            row = tuple(found[number] for number in numbers if number in found)
            node = NumaNode(self._number(cell, cell.get("id"), 0xFFFF), row if len(row) == len(numbers) else ())
            self._builder.add_node(node, self._document.location(cell))

    def _name(self, device: Node) -> None:
        """A network interface or a disk, named for the nearest PCI function above it."""
        for capability in device.all("capability"):
            tag = {"net": "interface", "storage": "block"}.get(capability.get("type") or "")
            name = "" if tag is None else _text(capability, tag).removeprefix("/dev/")
            above, steps = _text(device, "parent"), 0
            while above and _NAME.fullmatch(above) is None and steps < MAX_STEPS:
                above, steps = self._above.get(above, ""), steps + 1
            address = _address_of_name(above)
            if address is not None and 0 < len(name) <= MAX_TEXT and name.isprintable():
                kind = "net" if tag == "interface" else "block"
                self._names.setdefault(address, {}).setdefault(kind, []).append(name)

    def _function(self, device: Node, pci: Node) -> Function:
        address = self._address(pci)
        code = self._number(pci, _text(pci, "class"), 0xFFFFFF)
        names = self._names.get(address, {})
        numa, group, vfs = pci.first("numa"), pci.first("iommuGroup"), self._capability(pci, "virt_functions")
        pf = self._capability(pci, "phys_function")
        above = None if pf is None else pf.first("address")
        link, most = self._link(pci, "sta"), self._link(pci, "cap")
        return Function(
            address=address,
            parent=self._parent(device, address),
            class_code=code >> 8,
            prog_if=code & 0xFF,
            vendor=self._id(pci, "vendor"),
            device=self._id(pci, "product"),
            node=None if numa is None else self._number(numa, numa.get("node"), 0xFFFF),
            iommu_group=None if group is None else self._number(group, group.get("number"), 0xFFFFFF),
            pf=None if above is None else self._address_in(above),
            total_vfs=0 if vfs is None else self._number(vfs, vfs.get("maxCount") or "0", 0xFFFF),
            link=link,
            max_link=most,
            bandwidth=None if link is None else bandwidth_of({"speed": link.speed, "width": link.width}),
            driver=_text(device, "driver/name")[:MAX_TEXT],
            names=Names(tuple(sorted(names.get("net", ()))), tuple(sorted(names.get("block", ())))),
        )

    def _parent(self, device: Node, address: Address) -> Address | Bus:
        """From the path in sysfs, or else by the parent's name."""
        steps = _text(device, "path").split("/")[:-1]
        if steps and ROOT_BUS.fullmatch(steps[-1]) and len(steps) <= MAX_STEPS:
            bus = bus_of(steps[-1][3:])
            above = [one for one in steps if ADDRESS.fullmatch(one)]
            if bus is not None:
                provider = address_of(above[-1]) if above else None
                self._builder.add_root(Root(bus, provider), self._document.location(device))
                return bus
        return _address_of_name(_text(device, "parent")) or Bus(address.domain, address.bus)

    def _link(self, pci: Node, validity: str) -> Link | None:
        express = pci.first("pci-express")
        for one in [] if express is None else express.all("link"):
            speed, width = one.get("speed") or "", one.get("width") or ""
            if one.get("validity") == validity and re.fullmatch(r"[0-9]{1,3}(\.[0-9])?", speed) and width.isdecimal():
                return Link(float(speed), int(width)) if float(speed) and int(width[:4]) in WIDTHS else None
        return None

    def _capability(self, pci: Node, kind: str) -> Node | None:
        return next((one for one in pci.all("capability") if one.get("type") == kind), None)

    def _address(self, pci: Node) -> Address:
        domain, bus, slot, function = (
            self._number(pci, _text(pci, tag), most)
            for tag, most in (("domain", 0xFFFFFFFF), ("bus", 0xFF), ("slot", 31), ("function", 7))
        )
        return Address(domain, bus, slot, function)

    def _address_in(self, node: Node) -> Address:
        domain, bus, slot, function = (
            self._number(node, node.get(tag), most)
            for tag, most in (("domain", 0xFFFFFFFF), ("bus", 0xFF), ("slot", 31), ("function", 7))
        )
        return Address(domain, bus, slot, function)

    def _id(self, pci: Node, tag: str) -> int:
        node = pci.first(tag)
        return self._number(pci, None if node is None else node.get("id"), 0xFFFF)

    def _number(self, node: Node, text: str | None, most: int) -> int:
        number = int(text, 0 if text.startswith("0x") else 10) if text and _NUMBER.fullmatch(text) else -1
        if not 0 <= number <= most:
            said = f'"{printable((text or "")[:40])}"' if text else "no number"
            message = f"<{printable(node.tag)[:40]}> has {said} where one is needed"
            raise InputError(message, expected=f"a number up to {most:#x}", location=self._document.location(node))
        return number


def _text(node: Node, path: str) -> str:
    found = node.find(path)
    return "" if found is None else found.text.strip()


def _address_of_name(name: str) -> Address | None:
    found = _NAME.fullmatch(name)
    return None if found is None else Address(*(int(one, 16) for one in found.groups()))

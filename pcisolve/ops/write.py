"""A layout written back into the document it came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pcisolve.core.change import NewElement
from pcisolve.core.node import Node
from pcisolve.libvirt.document import Document
from pcisolve.libvirt.writer import Writer
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part


def solved_bytes(document: Document, layout: Layout, planned: int | None = None, dropped: Iterable[Node] = ()) -> bytes:
    """The document with every address, added controller and implicit device in it; the rest byte for byte.

    Args:
        planned: elements from this Node.number on are not in the document yet: a plan adds them.
        dropped: elements of the document that are not in the layout any more.
    """
    writer = Writer(document)
    for node in dropped:
        writer.remove(node)
    new = [one for one in layout.problem.parts if _is_planned(one, planned)]
    for part in layout.problem.parts:
        if part.node is not None and not _is_planned(part, planned):
            _update(writer, layout, part, part.node)
            _take_away(writer, layout, part, part.node)
    after = _last_pci_controller(layout, planned)
    for controller in sorted(layout.controllers, key=lambda one: one.index):
        if controller.node is None or _is_planned(controller, planned):
            writer.add_device(_new_element(layout, controller), after)
    for part in layout.problem.parts:
        if part.node is None and not isinstance(part, Controller) and part in layout.addresses:
            writer.add_device(_new_element(layout, part), None)
    for part in sorted(new, key=lambda one: one.view.number):
        if not isinstance(part, Controller):
            writer.add_device(_new_element(layout, part), None)
    return writer.data()


class Pin(NamedTuple):
    """Something to write into a document; `absent`: that there is no such device."""

    part: Part
    absent: bool = False


def pinned_bytes(document: Document, layout: Layout, pins: Sequence[Pin]) -> bytes:
    """The document with the places and models of some parts of a layout."""
    writer = Writer(document)
    after = _last_pci_controller(layout, None)
    for part, absent in pins:
        if absent:
            own = {"type": "usb", "index": part.view.get("index") or "0"} if part.kind == "controller" else {}
            writer.add_device(NewElement(part.kind, {**own, "model": "none"}, ()), None)
        elif part.node is None:
            writer.add_device(_new_element(layout, part), after if isinstance(part, Controller) else None)
        else:
            _update(writer, layout, part, part.node)
            _write_model(writer, part, part.node)
    return writer.data()


def _write_model(writer: Writer, part: Part, node: Node) -> None:
    """The model that libvirt takes where the element names none."""
    if part.kind in ("interface", "video"):
        model = part.view.get("model/type")
        if model and node.get("model/type") is None:
            writer.set_child(node, "model", {"type": model})
    elif part.kind in ("controller", "panic") and not isinstance(part, Controller):
        model = part.view.get("model")
        if model and node.get("model") is None:
            writer.set_attribute(node, "model", model)


def _is_planned(part: Part, planned: int | None) -> bool:
    return planned is not None and part.node is not None and part.node.number >= planned


def _take_away(writer: Writer, layout: Layout, part: Part, node: Node) -> None:
    """The address that libvirt takes away, or turns into one of another bus."""
    if part.new_type:
        _leave_pci(writer, layout, part)
    elif part.drops_address or part.loses_address or _is_empty(layout, part):
        for address in node.children:
            if address.tag == "address":  # libvirt reads the first only; a second one would be it then
                writer.remove(address)


def _is_empty(layout: Layout, part: Part) -> bool:
    """Whether an address that names no place stays without one: libvirt writes none then."""
    return part.asked is not None and part.asked.is_unset and part not in layout.addresses


def _leave_pci(writer: Writer, layout: Layout, part: Part) -> None:
    """Replace the PCI address of a device that libvirt moves to another bus, silently."""
    address = part.address_node
    if address is None or part.node is None:
        return
    for name in address.attributes:
        writer.remove_attribute(address, name)
    port = layout.problem.ports.get(part.node)
    rest = {} if port is None else {"controller": str(port.controller), "bus": "0", "port": str(port.number)}
    writer.set_child(part.node, "address", {"type": part.new_type, **rest})


def _last_pci_controller(layout: Layout, planned: int | None) -> Node | None:
    controllers = layout.problem.controllers
    nodes = [one.node for one in controllers if one.node is not None and not _is_planned(one, planned)]
    return max(nodes, key=lambda node: node.number, default=None)


def _update(writer: Writer, layout: Layout, part: Part, node: Node) -> None:
    if isinstance(part, Controller):
        if node.get("index") is None:
            writer.set_attribute(node, "index", str(part.index))
        _update_controller(writer, layout, part, node)
    elif part.kind == "controller":
        for name in ("type", "index"):
            if node.get(name) is None and part.view.get(name) is not None:
                writer.set_attribute(node, name, part.view.get(name) or "0")
    address = layout.addresses.get(part)
    if address is None or part.loses_address:
        return
    wanted = layout.zpci.get(part)
    zpci = (
        (wanted.uid, wanted.fid) if wanted is not None and wanted.uid is not None and wanted.fid is not None else None
    )
    if part in layout.choice.chipset and part.address_node is not None:
        writer.remove_child(part.address_node, "zpci")
    bit = "on" if part in layout.multifunction and part.multifunction is None else None
    if bit is None and part.multifunction is None and part.address_node is not None:
        writer.remove_attribute(part.address_node, "multifunction")
    writer.set_address(node, address, multifunction=bit, zpci=zpci)


def _update_controller(writer: Writer, layout: Layout, part: Controller, node: Node) -> None:
    name = _qemu_name(layout, part)
    if name and node.get("model/name") is None:
        writer.set_child(node, "model", {"name": name})
    targets = _target_attributes(layout, part)
    if targets:
        writer.set_child(node, "target", targets)


def _qemu_name(layout: Layout, part: Controller) -> str:
    if part.model is None:
        return ""
    if part.is_root:
        return layout.problem.machine.root_name
    return part.model.qemu_names[0] if part.model.qemu_names else ""


def _target_attributes(layout: Layout, part: Controller) -> dict[str, str]:
    """The options libvirt fills in, printed as it prints them (port in hexadecimal)."""
    model = part.model
    filled = layout.targets.get(part, {})
    if model is None or not filled:
        return {}
    return {name: f"{value:#x}" if model.targets[name].hexadecimal else str(value) for name, value in filled.items()}


def _new_element(layout: Layout, part: Part) -> NewElement:
    children: list[NewElement] = []
    if isinstance(part, Controller):
        name = part.view.get("model/name") or _qemu_name(layout, part)
        if name:
            children.append(NewElement("model", {"name": name}, ()))
        given = part.view.first("target")
        targets = {**(given.attributes if given is not None else {}), **_target_attributes(layout, part)}
        inner = tuple(copied(child) for child in given.children) if given is not None else ()
        if targets or inner:
            children.append(NewElement("target", targets, inner))
        children += [copied(child) for child in part.view.children if child.tag not in ("model", "target", "address")]
    else:
        children += [copied(child) for child in part.view.children if child.tag != "address"]
    address = layout.addresses.get(part)
    if address is not None:
        children.append(_address_element(layout, part))
    return NewElement(part.view.tag, dict(part.view.attributes), tuple(children))


def copied(node: Node) -> NewElement:
    """An element to be written that says what a node says, with all below it."""
    return NewElement(node.tag, dict(node.attributes), tuple(copied(child) for child in node.children), node.text)


def _address_element(layout: Layout, part: Part) -> NewElement:
    attributes = {"type": "pci", **layout.addresses[part].attributes}
    if part in layout.multifunction:
        attributes["multifunction"] = "on"
    ids = layout.zpci.get(part)
    children: tuple[NewElement, ...] = ()
    if ids is not None and ids.uid is not None and ids.fid is not None:
        children = (NewElement("zpci", {"uid": f"{ids.uid:#06x}", "fid": f"{ids.fid:#010x}"}, ()),)
    return NewElement("address", attributes, children)

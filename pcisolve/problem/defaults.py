"""What libvirt fills in where an element says nothing: models, buses, types and indexes (default-*-model rules)."""

from __future__ import annotations

from typing import Final

from pcisolve.catalog.machines import Machine
from pcisolve.core.node import Node
from pcisolve.problem.implicit import synthetic
from pcisolve.problem.lists import disk_bus

DEFAULT_TYPE: Final = "ide"  # of a controller: libvirt src/conf/domain_conf.c virDomainControllerDefParseXML

_ISA_SERIAL: Final = (
    "isa-serial"  # once said of every serial port, so that libvirt reads it as nothing where ISA is not
)


def with_defaults(
    node: Node, machine: Machine, acting: Node | None, index: int | None = None, scsi_model: str = ""
) -> Node:
    """The element as libvirt reads it.

    Args:
        scsi_model: of a SCSI controller without one; "" for the machine's.
        acting: a console that is the guest's first serial port.
        index: of a controller, as libvirt numbers it.
    """
    tag = node.tag
    if tag == "controller":
        return _controller(node, machine, index, scsi_model or machine.scsi_model)
    if tag == "interface" and node.get("model/type") is None and node.get("type") != "hostdev":
        return _overlay(node, "model", "type", "virtio" if node.get("type") == "vdpa" else machine.net_model)
    if tag == "video" and node.get("model/type") in (None, "default"):
        return _overlay(node, "model", "type", machine.video_model)
    if tag == "disk" and node.get("target/bus") is None:
        return _overlay(node, "target", "bus", disk_bus(node))
    if tag == "panic" and machine.panic_model and node.get("model") in (None, "default"):
        return _overlay_attributes(node, {"model": machine.panic_model})
    if node is acting or (tag == "serial" and node.get("target/type") in (None, _ISA_SERIAL)):
        return _overlay(node, "target", "type", machine.serial_type)
    if tag == "input" and node.get("bus") is None:
        return _overlay_attributes(node, {"bus": _input_bus(node, machine)})
    return node


def _controller(node: Node, machine: Machine, index: int | None, scsi_model: str) -> Node:
    number = str(index)
    added = {} if node.get("index") == number else {"index": number}  # " 1" is 1
    if node.get("type") is None:
        added["type"] = DEFAULT_TYPE
    elif node.get("type") == "usb" and node.get("model") in (None, "default"):
        keeps = machine.usb_model == "none" and not machine.usb_always_none  # on s390, where it has an address
        if not keeps or node.first("address") is None:
            added["model"] = machine.usb_model
    elif node.get("type") == "scsi" and node.get("model") in (None, "auto"):
        added["model"] = scsi_model
    return _overlay_attributes(node, added) if added else node


def _input_bus(node: Node, machine: Machine) -> str:
    """Source: libvirt src/qemu/qemu_domain.c, asked from 9.0.0."""
    if node.get("type") in ("evdev", "passthrough"):
        return "none" if node.get("type") == "evdev" else "virtio"
    return "usb" if node.get("type") == "tablet" and machine.input_bus == "ps2" else machine.input_bus


def _overlay(node: Node, child: str, attribute: str, value: str) -> Node:
    """The element with an attribute of its first such child filled in."""
    old = node.first(child)
    filled = synthetic(child, {**(old.attributes if old else {}), attribute: value})
    copy = synthetic(node.tag, node.attributes, *[c for c in node.children if c is not old], filled)
    copy.number, copy.parent = node.number, node.parent
    return copy


def _overlay_attributes(node: Node, added: dict[str, str]) -> Node:
    copy = synthetic(node.tag, {**node.attributes, **added}, *node.children)
    copy.number, copy.parent = node.number, node.parent
    return copy

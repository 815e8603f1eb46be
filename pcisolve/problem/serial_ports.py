"""Ports of virtio-serial controllers, which may run out and then cost one more PCI device."""

from __future__ import annotations

from itertools import count, islice
from typing import NamedTuple

from pcisolve.core.node import Node
from pcisolve.problem.implicit import Elements, address_number, virtio_serial_devices

_DEFAULT_PORTS = 31
_MOST_PORTS = 4096
_TYPE = "virtio-serial"


class Port(NamedTuple):
    """A port of a virtio-serial controller; port 0 is for consoles."""

    controller: int
    number: int


def assign_ports(elements: Elements) -> dict[Node, Port]:
    """Give every channel and console its port, adding controllers when they run out (rule implicit-serial-overflow).

    Source: libvirt src/conf/domain_addr.c virDomainVirtioSerialAddrNext.
    """
    sizes = {one.index: _size(one.node) for one in elements.controllers if one.type == _TYPE}
    used: dict[int, set[int]] = {index: set() for index in sizes}
    ports: dict[Node, Port] = {}
    devices = list(virtio_serial_devices(elements))
    for node in devices:
        asked = node.first("address")
        number = address_number(asked, "port", _TYPE)
        if number:
            ports[node] = Port(address_number(asked, "controller", _TYPE), number)
            used.setdefault(ports[node].controller, set()).add(number)
    full = {0: 0, 1: 0}  # how many controllers have no port left, from this port on
    for node in devices:
        if node not in ports:
            port = _next_port(node, sizes, used, full) or _on_new_controller(node, elements, sizes, used)
            ports[node] = port
            used[port.controller].add(port.number)
    return ports


def _next_port(node: Node, sizes: dict[int, int], used: dict[int, set[int]], full: dict[int, int]) -> Port | None:
    asked = node.first("address")
    if asked is not None and asked.get("type") == _TYPE:
        return _free_port([address_number(asked, "controller", _TYPE)], 1, sizes, used)
    first = _first_port(node)
    controllers = list(islice(sizes, full[first], None))
    while controllers and _free_port(controllers[:1], first, sizes, used) is None:
        full[first] += 1
        del controllers[0]
    return _free_port(controllers[:1], first, sizes, used)


def _free_port(controllers: list[int], first: int, sizes: dict[int, int], used: dict[int, set[int]]) -> Port | None:
    for index in controllers:
        for number in range(first, sizes.get(index, 0)):
            if number not in used[index]:
                return Port(index, number)
    return None


def _on_new_controller(node: Node, elements: Elements, sizes: dict[int, int], used: dict[int, set[int]]) -> Port:
    index = next(index for index in count() if index not in sizes)
    elements.add(_TYPE, index)
    sizes[index], used[index] = _DEFAULT_PORTS, set()
    return Port(index, _first_port(node))


def _first_port(node: Node) -> int:
    return 0 if node.tag == "console" else 1


def _size(node: Node) -> int:
    text = node.get("ports")
    return min(int(text), _MOST_PORTS) if text is not None and text.isdecimal() and len(text) < 10 else _DEFAULT_PORTS

"""A host as a tree: its NUMA nodes, then each root bus with what is below it."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.host.classes import word
from pcisolve.host.host import Host
from pcisolve.host.values import Function, Root
from pcisolve.render.branches import WHOLE, View, drawn, grown
from pcisolve.render.folded import Twig, spot


def host_tree(host: Host, view: View = WHOLE) -> str:
    """Plain text; every line is an address, what is there, and where it belongs, or as many alike ones as `view` folds:
    virtual functions of one physical function.
    """
    return drawn(_twigs(host, view), view)


def _twigs(host: Host, view: View) -> Iterator[Twig]:
    for node in host.nodes:
        yield Twig(0, _node(node.number, node.distances))
    for root in host.roots:
        if view.has(root.bus.domain):
            yield Twig(0, _root(root), style="headline")
            yield from grown(host.children(root), host.children, lambda one: _twig(host, one))


def _node(number: int, distances: tuple[int, ...]) -> str:
    return f"node {number}" + (f", distances {' '.join(map(str, distances))}" if distances else "")


def _root(root: Root) -> str:
    return f"root {root.bus}" + (f", provided by {root.parent}" if root.parent else "")


def _twig(host: Host, one: Function) -> Twig:
    """Alike are virtual functions of one device: each other one is somebody's choice, and is told by itself."""
    alike = (one.pf, one.vendor, one.device, one.driver) if one.pf else ""
    where = str(one.address)
    return Twig(1, _label(host, one), f"VF of {one.pf}" if one.pf else word(one), "", alike, where, spot(where))


def _label(host: Host, one: Function) -> str:
    buses = f", bus {one.buses[0]:02x}" if one.buses else ""
    if one.buses and one.buses[0] != one.buses[1]:
        buses = f", buses {one.buses[0]:02x} to {one.buses[1]:02x}"
    said = [
        f"{one.address} {word(one)} {one.vendor:04x}:{one.device:04x}{buses}",
        ", ".join(one.names.all),
        f"node {one.node}" if one.node is not None else "",
        f"group {one.iommu_group}" if one.iommu_group is not None else "",
        f"VF of {one.pf}" if one.pf else "",
        f"{len(host.vfs(one))} of {one.total_vfs} VFs" if one.total_vfs else "",
        _link(one),
        one.driver,
    ]
    return ", ".join(part for part in said if part)


def _link(one: Function) -> str:
    if one.link is not None:
        below = one.max_link is not None and one.max_link != one.link
        most = f" of {one.max_link.speed:g} GT/s x{one.max_link.width}" if below and one.max_link else ""
        return f"{one.link.speed:g} GT/s x{one.link.width}{most}"
    return f"{one.bandwidth:g} GB/s" if one.bandwidth is not None else ""

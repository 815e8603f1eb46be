"""The file that a host is kept in: JSON, versioned, a function a line. Its schema: pcisolve.host.schema."""

from __future__ import annotations

from typing import Any, Final

from pcisolve.core.errors import InputError, Location
from pcisolve.core.json_text import JsonError, read_json
from pcisolve.host import collect
from pcisolve.host.fields import EXPECTED, Fields
from pcisolve.host.host import Builder, Host
from pcisolve.host.values import BAR_KINDS, Bar, Function, Link, Names, NumaNode, Root

SOURCES: Final = ("sysfs", "hwloc", "libvirt", "lspci")


def write(host: Host) -> bytes:
    """The snapshot: the same host gives the same bytes."""
    return collect.text(value_of(host)).encode()


def read_snapshot(data: bytes, name: str) -> Host:
    """The host that a snapshot holds.

    Raises:
        InputError: it is no snapshot, or of a later version, or cannot be one host's.
    """
    try:
        value = read_json(data)
    except JsonError as error:
        where = Location(name, error.line, error.column)
        raise InputError(f"not JSON: {error.message}", expected=EXPECTED, location=where) from None
    return host_of(value, name)


def host_of(value: Any, name: str) -> Host:
    """The host that the value of a snapshot's JSON stands for.

    Raises:
        InputError: as read_snapshot.
    """
    top = Fields(value, name, "")
    if top.word("format", required=True) != collect.FORMAT:
        raise top.error("format", f'"{collect.FORMAT}"')
    if top.number("version", 1 << 16, required=True) != collect.VERSION:
        raise top.error("version", f"{collect.VERSION}, the version that is known")
    builder = Builder(top.one_of("source", SOURCES), name)
    for row in top.rows("numa_nodes"):
        number = row.number("node", 0xFFFF, required=True)
        builder.add_node(NumaNode(number or 0, row.numbers("distances", 0xFFFF)))
        row.finish()
    for row in top.rows("roots"):
        builder.add_root(Root(row.bus("bus"), row.address("parent")))
        row.finish()
    for row in top.rows("functions"):
        builder.add(_function(row))
    top.finish()
    return builder.finish()


def _function(row: Fields) -> Function:
    address = row.address("address")
    if address is None:
        raise row.error("address", "the address of the function")
    function = Function(
        address=address,
        parent=row.place("parent"),
        class_code=row.code("class", 4),
        vendor=row.code("vendor", 4),
        device=row.code("device", 4),
        prog_if=row.code("prog_if", 2) if "prog_if" in row else None,
        subsystem=row.pair("subsystem"),
        node=row.number("numa_node", 0xFFFF),
        iommu_group=row.number("iommu_group", 0xFFFFFF),
        pf=row.address("physical_function"),
        total_vfs=row.number("total_vfs", 0xFFFF) or 0,
        link=_link(row.inner("link")),
        max_link=_link(row.inner("max_link")),
        bandwidth=row.decimal("bandwidth"),
        buses=_buses(row),
        bars=tuple(_bar(one) for one in row.rows("bars")),
        driver=row.word("driver"),
        names=_names(row.inner("names")),
    )
    row.finish()
    return function


def _buses(row: Fields) -> tuple[int, int] | None:
    buses = row.numbers("buses", 0xFF)
    if not buses:
        return None
    if len(buses) != 2:
        raise row.error("buses", "secondary and subordinate bus number")
    return buses[0], buses[1]


def _link(row: Fields | None) -> Link | None:
    if row is None:
        return None
    link = Link(row.decimal("speed") or 0.0, row.number("width", 32, required=True) or 0)
    row.finish()
    return link


def _bar(row: Fields) -> Bar:
    index, size = row.number("index", 5, required=True), row.number("size", 1 << 64, required=True)
    bar = Bar(index or 0, row.one_of("kind", BAR_KINDS), row.flag("prefetchable"), size or 0)
    row.finish()
    return bar


def _names(row: Fields | None) -> Names:
    if row is None:
        return Names()
    names = Names(row.words("net"), row.words("block"), row.words("rdma"))
    row.finish()
    return names


def value_of(host: Host) -> dict[str, Any]:
    """The snapshot as the value that its JSON stands for."""
    nodes = [
        {"node": one.number, **({"distances": list(one.distances)} if one.distances else {})} for one in host.nodes
    ]
    roots = [{"bus": str(one.bus), **({"parent": str(one.parent)} if one.parent else {})} for one in host.roots]
    return {
        "format": collect.FORMAT,
        "version": collect.VERSION,
        "source": host.source,
        "numa_nodes": nodes,
        "roots": roots,
        "functions": [_row(one) for one in host.functions],
    }


def _row(one: Function) -> dict[str, Any]:
    names = {kind: list(getattr(one.names, kind)) for kind, _ in collect.NAMES if getattr(one.names, kind)}
    row: dict[str, Any] = {
        "address": str(one.address),
        "parent": str(one.parent),
        "class": f"{one.class_code:04x}",
        "prog_if": None if one.prog_if is None else f"{one.prog_if:02x}",
        "vendor": f"{one.vendor:04x}",
        "device": f"{one.device:04x}",
        "subsystem": None if one.subsystem is None else "{:04x}:{:04x}".format(*one.subsystem),
        "numa_node": one.node,
        "iommu_group": one.iommu_group,
        "physical_function": None if one.pf is None else str(one.pf),
        "total_vfs": one.total_vfs or None,
        "link": _link_row(one.link),
        "max_link": _link_row(one.max_link),
        "bandwidth": one.bandwidth,
        "buses": None if one.buses is None else list(one.buses),
        "bars": [_bar_row(bar) for bar in one.bars] or None,
        "driver": one.driver or None,
        "names": names or None,
    }
    return {key: row[key] for key in collect.KEYS if row[key] is not None}


def _link_row(link: Link | None) -> dict[str, Any] | None:
    return None if link is None else {"speed": link.speed, "width": link.width}


def _bar_row(bar: Bar) -> dict[str, Any]:
    return {"index": bar.index, "kind": bar.kind, "prefetchable": bar.prefetchable, "size": bar.size}

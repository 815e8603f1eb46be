"""The JSON Schema of snapshots (version 1), for whoever writes or reads one elsewhere."""

from __future__ import annotations

from typing import Any, Final

from pcisolve.host.collect import FORMAT, VERSION
from pcisolve.host.fields import MAX_TEXT
from pcisolve.host.snapshot import SOURCES
from pcisolve.host.values import BAR_KINDS

_ADDRESS: Final = "[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]"
_BUS: Final = "[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}"


def schema() -> dict[str, Any]:
    """A JSON Schema (2020-12) of a snapshot. That addresses are unique and parents there, it cannot say."""
    node = _object({"node": _number(0xFFFF), "distances": _list(_number(0xFFFF))}, "node")
    root = _object({"bus": _text(_BUS), "parent": _text(_ADDRESS)}, "bus")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pcisolve host",
        "description": "The PCI functions of a host, as pcisolve host writes them.",
        **_object(
            {
                "format": {"const": FORMAT},
                "version": {"const": VERSION},
                "source": {"enum": list(SOURCES)},
                "numa_nodes": _list(node),
                "roots": _list(root),
                "functions": _list(_function()),
            },
            "format",
            "version",
            "source",
        ),
    }


def _function() -> dict[str, Any]:
    word = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
    decimal = {"type": "number", "exclusiveMinimum": 0}
    link = _object({"speed": decimal, "width": _number(32)}, "speed", "width")
    kinds = {"enum": list(BAR_KINDS)}
    flag = {"type": "boolean"}
    bar = {"index": _number(5), "kind": kinds, "prefetchable": flag, "size": _number(1 << 64)}
    fields = {
        "address": _text(_ADDRESS),
        "parent": {**_text(f"({_ADDRESS}|{_BUS})"), "description": "the bridge, or the root bus, that it is below"},
        "class": {**_text("[0-9a-f]{4}"), "description": "base class and subclass"},
        "prog_if": _text("[0-9a-f]{2}"),
        "vendor": _text("[0-9a-f]{4}"),
        "device": _text("[0-9a-f]{4}"),
        "subsystem": _text("[0-9a-f]{4}:[0-9a-f]{4}"),
        "numa_node": _number(0xFFFF),
        "iommu_group": _number(0xFFFFFF),
        "physical_function": {**_text(_ADDRESS), "description": "of a virtual function"},
        "total_vfs": _number(0xFFFF),
        "link": link,
        "max_link": link,
        "bandwidth": {**decimal, "description": "GB/s of the link in one direction"},
        "buses": {**_list(_number(0xFF)), "minItems": 2, "maxItems": 2},
        "bars": _list(_object(bar, *bar)),
        "driver": word,
        "names": _object({kind: _list(word) for kind in ("net", "block", "rdma")}),
    }
    return _object(fields, "address", "parent", "class", "vendor", "device")


def _object(fields: dict[str, Any], *required: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": fields, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def _list(one: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": one}


def _number(most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": 0, "maximum": most}


def _text(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{pattern}$"}

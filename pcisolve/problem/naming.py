"""Who is who: what a message calls a part, so that no two parts of a guest have one name."""

from __future__ import annotations

from pcisolve.core.node import Node
from pcisolve.problem.parts import STAND_IN, Controller, Part

# What tells one device of a kind from all others: the first attribute that is there.
_IDENTITY = {
    "disk": ("target/dev",),
    "interface": ("mac/address", "target/dev"),
    "hostdev": ("source/address/uuid",),
    "shmem": ("name",),
    "filesystem": ("target/dir",),
}
# What sort of device it is, where nothing tells it from all others.
_SORT = {
    "interface": ("model/type", "type"),
    "video": ("model/type",),
    "hostdev": ("type",),
    "sound": ("model",),
    "input": ("type",),
    "tpm": ("model",),
    "watchdog": ("model",),
    "memory": ("model",),
}
_LONGEST = 60


def clipped(text: str, length: int = _LONGEST) -> str:
    """A text of the input, short enough for a message."""
    return text if len(text) <= length else text[: length - 3] + "..."


def name_of(part: Part) -> str:
    """A part in a message: what it is called, and where the input has no such controller, that libvirt adds it."""
    called = plain_name(part)
    if part.node is not None or part.kind != "controller" or (isinstance(part, Controller) and part.is_root):
        return called
    return f"{called[:-1]}, added by libvirt)" if called.endswith(")") else f"{called} (added by libvirt)"


def plain_name(part: Part) -> str:
    """What a part is called: "PCI controller 3 (pcie-root-port)", "disk vda", "interface 52:54:00:1f:2a:01", "rng 2".

    Of a plan it is called as there: "gpu[3] 0000:41:00.0".

    A host device is called by the host's address. What has no name of its own is called by its place among the
    elements of its kind, from 1.
    """
    view = part.view
    if isinstance(part, Controller):
        number = f" {part.index}" if part.index >= 0 else ""
        return f"PCI controller{number} ({part.model_name})"
    if part.kind == "controller":
        return _controller(view)
    kind = part.called or part.kind
    if part.host is not None and part.host.domain < STAND_IN:
        return f"{kind} {part.host}"
    name = _first(view, _IDENTITY.get(part.kind, ())) or view.get("alias/name") or _usb_host(view)
    if name:
        return f"{kind} {clipped(name)}"
    if part.called:
        return part.called
    sort, place = _first(view, _SORT.get(part.kind, ())), part.node.ordinal if part.node is not None else 0
    if place > 1:
        return f"{part.kind} {place} ({clipped(sort)})" if sort else f"{part.kind} {place}"
    return f"{part.kind} {clipped(sort)}" if sort else part.kind


def _controller(view: Node) -> str:
    """libvirt allows several USB controllers of one index: a companion is called by its model as well."""
    companion = f" ({view.get('model')})" if (view.get("model") or "").startswith("ich9-") else ""
    return f"{view.get('type')} controller {view.get('index')}{companion}"


def _first(view: Node, paths: tuple[str, ...]) -> str | None:
    for path in paths:
        found = view.get(path)
        if found:
            return found
    return None


def _usb_host(view: Node) -> str | None:
    if view.tag != "hostdev" or view.get("type") != "usb":
        return None
    vendor, product = view.get("source/vendor/id"), view.get("source/product/id")
    return f"usb {vendor}:{product}" if vendor and product else None

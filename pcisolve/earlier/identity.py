"""What makes a part the same part in two layouts (docs/stability.md).

A name that libvirt makes up at each start (alias net0, target dev vnet3) is no identity; one that the user gives is.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.core.node import Node
from pcisolve.problem.parts import STAND_IN, Controller, Part

# Strongest first. What a disk holds says more than the letter it has.
WORDS: Final = ("alias", "mac", "host", "serial", "wwn", "source", "target", "name", "index")
# Words that tell a part from all others of its make. A medium may be changed, and an alias be given later.
_OWN: Final = frozenset({"mac", "host", "target", "name", "index"})
_USER_ALIAS: Final = "ua-"  # libvirt takes no other from a user
_NOT_A_SOURCE: Final = frozenset({"startupPolicy", "index"})


class Identity(NamedTuple):
    """What a part is known by.

    Attributes:
        kind: the element's name.
        make: kind, type and model in words: what parts that are alike have in common.
        keys: what is its own, by word of WORDS.
    """

    kind: str
    make: str
    keys: dict[str, str]

    @property
    def is_named(self) -> bool:
        """Whether something tells it from all others of its make."""
        return not _OWN.isdisjoint(self.keys)


def identity_of(part: Part) -> Identity:
    """What a part is known by, from its element as libvirt reads it."""
    if isinstance(part, Controller):  # its bus has that number, whatever it is called
        return Identity("controller", f"pci controller {part.model_name}", {"index": f"pci {part.index}"})
    view = part.view
    keys: dict[str, str] = {}
    alias = view.get("alias/name") if view.children else None
    if alias is not None and alias.startswith(_USER_ALIAS):
        keys["alias"] = alias
    if part.host is not None and part.host.domain != STAND_IN:
        keys["host"] = str(part.host)
    keys.update(_own_keys(part.kind, view))
    return Identity(part.kind, _make(part.kind, view), keys)


def _own_keys(kind: str, view: Node) -> dict[str, str]:
    found: dict[str, str | None] = {}
    if kind == "interface":
        mac = view.get("mac/address")
        found["mac"] = None if mac is None else mac.lower()
    elif kind == "disk":
        found = {"serial": _text(view, "serial"), "wwn": _text(view, "wwn")}
        found |= {"source": _source(view), "target": view.get("target/dev")}
    elif kind == "filesystem":
        found = {"source": _source(view), "target": view.get("target/dir")}
    elif kind == "hostdev":
        found["host"] = view.get("source/address/uuid") or view.get("source/wwpn")
    elif kind == "controller":
        found["index"] = f"{view.get('type')} {view.get('index')} {_companion(view)}".rstrip()
    elif kind == "shmem":
        found["name"] = view.get("name")
    return {word: value for word, value in found.items() if value}


def _companion(view: Node) -> str:
    """The members of an ICH9 USB 2 set have one index."""
    model = view.get("model") or ""
    return model if model.startswith("ich9-") else ""


def _text(view: Node, tag: str) -> str | None:
    node = view.first(tag)
    return node.text.strip() if node is not None else None


def _source(view: Node) -> str | None:
    source = view.first("source")
    if source is None:
        return None
    words = [f"{name}={value}" for name, value in sorted(source.attributes.items()) if name not in _NOT_A_SOURCE]
    return " ".join(words) or None


def _make(kind: str, view: Node) -> str:
    model = view.get("model") or view.get("model/type") or view.get("model/name")
    type_ = view.get("type") if kind in ("controller", "hostdev", "input", "serial") else None
    bus = view.get("target/bus") or view.get("bus")
    return " ".join(word for word in (kind, type_, bus, model) if word)

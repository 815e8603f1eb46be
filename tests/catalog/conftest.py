"""What the catalog's tests share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pcisolve.catalog.folders import shipped_folder
from pcisolve.core.node import Node

MakeElement = Callable[[str, Mapping[str, str]], Node]


def _element(tag: str, attributes: Mapping[str, str]) -> Node:
    node = Node(tag, {}, 0)
    for path, word in attributes.items():
        holder = node
        *tags, attribute = path.split("/")
        for child in tags:
            found = holder.first(child)
            if found is None:
                found = Node(child, {}, 0, holder)
                holder.children.append(found)
            holder = found
        if word:
            holder.attributes[attribute] = word
    return node


@pytest.fixture
def element() -> MakeElement:
    """Builds an element from Node.get paths: element("disk", {"target/bus": "virtio"})."""
    return _element


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """Copies a shipped file into a user's folder with one text replaced: copied("controllers/pci-bridge", old, new)."""

    def copy(name: str, old: str, new: str) -> Path:
        text = (Path(shipped_folder()) / f"{name}.toml").read_text(encoding="utf-8")
        assert old in text
        target = tmp_path / "models" / f"{name}.toml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace(old, new, 1), encoding="utf-8")
        return tmp_path / "models"

    return copy

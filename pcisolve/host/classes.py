"""Words for PCI class codes: gpu, nic, nvme, bridge ... The table is models/host/classes.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from pcisolve.catalog.folders import shipped_folder
from pcisolve.host.values import Function

UNKNOWN = "device"


@cache
def words() -> dict[str, str]:
    """The word of each class code, by its first two or four hexadecimal digits."""
    path = Path(shipped_folder()) / "host" / "classes.toml"
    table: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8"))["words"]
    return table


def word(function: Function) -> str:
    """The word for what a function is; UNKNOWN where its class says nothing."""
    code = f"{function.class_code:04x}"
    table = words()
    return table.get(code) or table.get(code[:2]) or UNKNOWN

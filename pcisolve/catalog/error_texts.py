"""Which rule an error of libvirt or QEMU is about (models/errors.toml)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from pcisolve.catalog.folders import shipped_folder

LONGEST: Final = 10_000  # characters of a text that are looked at
_ANY: Final = "*"


@cache
def error_texts() -> dict[str, list[str]]:
    """By the id of a rule what libvirt and QEMU say where it is broken; * is any value."""
    return tomllib.loads((Path(shipped_folder()) / "errors.toml").read_text(encoding="utf-8"))


def rules_of_error(text: str) -> list[str]:
    """The ids of the rules that an error is about: those whose words in it are the most; [] for none.

    Args:
        text: the error, or a log around it; how its lines are broken does not matter.
    """
    line = " ".join(text[:LONGEST].split())
    found = {
        name: max((len(one) for one in texts if _is_in(one, line)), default=0) for name, texts in error_texts().items()
    }
    most = max(found.values(), default=0)
    return [name for name, length in found.items() if length == most and most]


def _is_in(pattern: str, line: str) -> bool:
    """Whether the pieces between the values are there, in their order."""
    at = 0
    for piece in pattern.split(_ANY):
        at = line.find(piece.strip(), at)
        if at < 0:
            return False
        at += len(piece.strip())
    return True

"""Facts of libvirt, QEMU and firmware, by id: what rules, models and comments cite (models/facts.toml)."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from pcisolve.catalog.folders import shipped_folder

HOW_KNOWN: Final = {
    "S": "read in the source",
    "T": "tried with libvirt 9.0.0 or QEMU 7.2",
    "L": "a test of libvirt's own",
    "D": "documentation",
    "N": "newer than libvirt 9.0.0",
}


@cache
def facts() -> dict[str, str]:
    """Every fact as one text, by id; in brackets at its end how it is known, as HOW_KNOWN explains."""
    return tomllib.loads((Path(shipped_folder()) / "facts.toml").read_text(encoding="utf-8"))

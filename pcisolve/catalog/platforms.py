"""What a platform can number at all: models/platforms/*.toml."""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.catalog.table import Table


class Platform(NamedTuple):
    """A platform's limits.

    `domains`: how many, counted from `first_domain`; `bridges`, `multifunction`: whether the guest has them.
    `hypervisor`: it is something that starts guests, and not only a way of naming domains.
    `arch`, `machine`: the machine whose domain XML describes a guest of the platform, unless another one is said.
    """

    name: str
    summary: str
    source: str
    arch: str
    machine: str
    domains: int
    first_domain: int
    buses_per_domain: int
    bridges: bool
    multifunction: bool
    hypervisor: bool
    notes: tuple[str, ...]


def read_platform(table: Table) -> Platform:
    """One file of models/platforms.

    Raises:
        InputError: a wrong file.
    """
    described = table.table("machine")
    if described is None:
        raise table.error("", 'the key "machine" is missing', 'machine = { arch = "x86_64", type = "q35" }')
    platform = Platform(
        name=table.file.stem,
        summary=table.text("summary"),
        source=table.text("source"),
        arch=described.text("arch"),
        machine=described.text("type"),
        domains=table.number("domains"),
        first_domain=table.number("first_domain", 0),
        buses_per_domain=table.number("buses_per_domain"),
        bridges=table.flag("bridges"),
        multifunction=table.flag("multifunction"),
        hypervisor=table.flag("hypervisor", False),
        notes=table.words("notes"),
    )
    described.finish()
    table.finish()
    return platform

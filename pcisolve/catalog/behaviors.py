"""What one version of libvirt does otherwise than another: models/libvirt.toml."""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.catalog.table import Table, Version

ADDED_IN_ORDER: Final = "added-in-order"
SCSI_MODEL_OF_SIBLINGS: Final = "scsi-model-of-siblings"
PORT_FOR_PCIE_TO_PCI_BRIDGE: Final = "port-for-pcie-to-pci-bridge"
CONTROLLERS_NEED_PCI: Final = "controllers-need-pci"


class Behavior(NamedTuple):
    """A way of libvirt's.

    Attributes:
        since: the first version that is known for it.
        asked: which versions were tried, and what they did.
    """

    name: str
    summary: str
    source: str
    since: Version
    asked: str


def read_behaviors(table: Table) -> tuple[Behavior, ...]:
    """All of them, in the order of the file.

    Raises:
        InputError: a wrong file.
    """
    found = []
    for name in table.raw:
        entry = table.table(name)
        if entry is None:
            continue
        words = (entry.text("summary"), entry.text("source"))
        found.append(Behavior(name, *words, entry.version("since"), entry.text("asked")))
        entry.finish()
    return tuple(found)

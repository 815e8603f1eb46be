"""Whether more devices fit into a guest, as values."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from pcisolve.core.version import JSON_VERSION
from pcisolve.verdict.values import EXIT_CODE, SOLVED, Finding, PlacedController

PCIE_PORT: Final = "pcie-port"
PCI_SLOT: Final = "pci-slot"
ROOT_SLOT: Final = "root-slot"
SLOT_KINDS: Final = (PCIE_PORT, PCI_SLOT, ROOT_SLOT)


class FreeSlots(NamedTuple):
    """Slots with nothing on them, of one sort and one NUMA node.

    Attributes:
        node: the guest NUMA node of the root that they are below; None where it has none.
        kind: a port of PCI Express, a slot of a bridge to conventional PCI, or one of a root's or expander's own bus.
        free: how many.
        hotplug: how many of them take a device while the guest runs.
    """

    node: int | None
    kind: str
    free: int
    hotplug: int


class PlacedNew(NamedTuple):
    """Where one of the devices that were asked for goes.

    Attributes:
        kind: its kind, as plans have it.
        address: dddd:bb:ss.f as in the XML.
        bus: the index of the controller that provides its bus.
        port: that controller's model.
        guest: its address as the guest sees it; None where there is none.
    """

    kind: str
    address: str
    bus: int
    port: str
    guest: str | None


class Most(NamedTuple):
    """How many of a kind fit.

    Attributes:
        asked: how many were asked for.
        at_least: so many fit.
        at_most: more do not; None where that is not known. The most that fit is known where both are the same.
        beside: whether the other kinds that were asked for are there as well.
    """

    kind: str
    asked: int
    at_least: int
    at_most: int | None
    beside: bool

    @property
    def exact(self) -> int | None:
        """The most that fit; None where it is not known."""
        return self.at_least if self.at_least == self.at_most else None


class Fit(NamedTuple):
    """The answer.

    Attributes:
        status: solved, infeasible, unknown or invalid: of the guest with the devices in it.
        itself: whether it is the guest as it is that has no layout.
        placed: where each of the devices goes; () where they do not fit.
        added: the PCI controllers that it takes.
        most: how many of each kind fit.
        free: what is free in the guest as it is.
        left: what is then.
        findings: why they do not fit, or the guest itself does not hold.
        xml: the guest with them.
    """

    status: str
    itself: bool = False
    placed: tuple[PlacedNew, ...] = ()
    added: tuple[PlacedController, ...] = ()
    most: tuple[Most, ...] = ()
    free: tuple[FreeSlots, ...] = ()
    left: tuple[FreeSlots, ...] = ()
    findings: tuple[Finding, ...] = ()
    xml: bytes | None = None

    @property
    def fits(self) -> bool:
        """Whether the devices fit."""
        return self.status == SOLVED

    @property
    def exit_code(self) -> int:
        """As of other verdicts."""
        return EXIT_CODE[self.status]

    def to_json(self) -> dict[str, Any]:
        """As in `fit --format json`."""
        return {
            "version": JSON_VERSION,
            "status": self.status,
            "guest_holds": not self.itself,
            "placed": [one._asdict() for one in self.placed],
            "added": [{"index": one.index, "model": one.model, "address": one.address} for one in self.added],
            "most": [{**one._asdict(), "most": one.exact} for one in self.most],
            "free": [one._asdict() for one in self.free],
            "left": [one._asdict() for one in self.left],
            "reasons": [{"code": one.code, "message": one.message} for one in self.findings],
        }

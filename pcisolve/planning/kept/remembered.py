"""The controllers of an earlier layout under a plan: which entry of the plan each root is, and their lines of XML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.kinds import PCI_EXPANDER, PCIE_EXPANDER
from pcisolve.earlier.record import Earlier, Remembered
from pcisolve.planning.file.values import DomainWish, Plan, RootWish

Entry = tuple[DomainWish | RootWish, int]


class Brought(NamedTuple):
    """What comes along of an earlier layout.

    Attributes:
        known: the entry of the plan, and which copy of it, that a root or expander is, by index.
        lines: the controllers in XML.
        indexes: of these controllers.
    """

    known: dict[int, Entry]
    lines: str
    indexes: frozenset[int]


def bring(plan: Plan, earlier: Earlier, catalog: Catalog) -> Brought:
    """The controllers that the plan has a place for: those below a root that is one of its entries.

    Where the plan declares no domains, all roots are welcome.
    """
    before = earlier.controllers
    known = _known(plan, before, catalog)
    dropped = {
        index
        for index, one in before.items()
        if (model := catalog.controller(one.model)) is None
        or (model.root and plan.domains and index not in known)
        or (model.needs & (PCI_EXPANDER | PCIE_EXPANDER) and index not in known)
    }
    kept = {index: one for index, one in sorted(before.items()) if not _is_below(before, index, dropped)}
    lines = "".join(_line(one, catalog) for one in kept.values())
    return Brought({index: entry for index, entry in known.items() if index in kept}, lines, frozenset(kept))


def _known(plan: Plan, before: dict[int, Remembered], catalog: Catalog) -> dict[int, Entry]:
    by_number = sorted(plan.domains, key=lambda wish: wish.number is None)  # an entry with its number comes first
    domains = [(wish, copy) for wish in by_number for copy in range(wish.copies)]
    roots = [(wish, copy) for wish in plan.roots for copy in range(wish.copies)]
    found: dict[int, Entry] = {}
    for index, one in sorted(before.items()):
        model = catalog.controller(one.model)
        if model is None or not (model.root or model.needs & (PCI_EXPANDER | PCIE_EXPANDER)):
            continue
        open_ones: list[tuple[DomainWish | RootWish, int]] = [*(domains if model.root else roots)]
        entry = next((entry for entry in open_ones if _is_for(entry, index, one)), None)
        if entry is not None:
            found[index] = entry
            domains = [other for other in domains if other != entry]
            roots = [other for other in roots if other != entry]
    return found


def _is_for(entry: Entry, index: int, one: Remembered) -> bool:
    """Whether an earlier root can be that copy of an entry: of its number, or of its NUMA node."""
    wish, copy = entry
    if isinstance(wish, DomainWish) and wish.number is not None:
        return wish.number == index
    node = wish.nodes[min(copy, len(wish.nodes) - 1)] if wish.nodes else None
    return node == one.targets.get("node")


def _is_below(before: dict[int, Remembered], index: int, dropped: set[int]) -> bool:
    here: int | None = index
    for _ in range(len(before) + 1):
        if here is None or here not in before:
            return here is not None
        if here in dropped:
            return True
        place = before[here].place
        here = None if place is None else place.provider
    return True


def _line(one: Remembered, catalog: Catalog) -> str:
    inside = "".join(_inside(one, catalog))
    return f"    <controller type='pci' index='{one.index}' model={quoteattr(one.model)}>{inside}</controller>\n"


def _inside(one: Remembered, catalog: Catalog) -> Iterator[str]:
    model = catalog.controller(one.model)
    known = model.targets if model is not None else {}
    words = "".join(
        f" {name}={quoteattr(str(value))}" for name, value in one.targets.items() if name in known and name != "node"
    )
    node = f"<node>{one.targets['node']}</node>" if "node" in one.targets else ""
    if words or node:
        yield f"<target{words}>{node}</target>"
    if one.address is not None:
        domain, bus, slot, function = one.address
        more = " multifunction='on'" if one.multifunction else ""
        yield (
            f"<address type='pci' domain='{domain:#06x}' bus='{bus:#04x}' slot='{slot:#04x}' "
            f"function='{function:#x}'{more}/>"
        )

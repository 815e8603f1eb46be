"""How a controller's index relates to its PCI domain and bus: flat (today's libvirt) or multi-domain."""

from __future__ import annotations

from typing import Final

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.node import Node
from pcisolve.core.numbers import is_auto_radix, parse_auto_radix
from pcisolve.problem.implicit import Elements

FLAT: Final = "flat"
MULTI_DOMAIN: Final = "multi-domain"


def scheme_of(elements: Elements, catalog: Catalog) -> str:
    """The scheme an input uses.

    Multi-domain when some address names the domain of a second root: a domain other than 0 that is
    the index of a root controller of the input, or any such domain where roots without an index
    wait to be numbered. Everything else, today's multi-PHB pseries included, is flat.
    """
    roots, unnumbered = set(), 0
    for node in elements.tagged("controller"):
        model = catalog.controller(node.get("model") or "") if node.get("type") == "pci" else None
        if model is not None and model.root:
            index = node.get("index")
            if index is None:
                unnumbered += 1
            elif index.isdecimal() and len(index) < 11:
                roots.add(int(index))
    if not unnumbered and not (roots - {0}):
        return FLAT
    several = unnumbered + len(roots) > 1
    for nodes in elements.by_tag.values():
        for node in nodes:
            domain = _domain(node)
            if domain and (domain in roots or (unnumbered and several)):
                return MULTI_DOMAIN
    return FLAT


def _domain(node: Node) -> int:
    address = node.first("address")
    if address is None or address.get("type") != "pci":
        return 0
    text = address.get("domain")
    return parse_auto_radix(text) if is_auto_radix(text) and text is not None else 0

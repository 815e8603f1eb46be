"""Whether devices of a layout stand to each other as on the host: the guest's tree is read as a host's is.

Nothing of how the tree was made is known here; both sides are asked by the one definition of a relation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Final, NamedTuple

from pcisolve.core.address import Address
from pcisolve.host.host import Builder, Host
from pcisolve.host.relations import CARD, NODE, PHB, PIX, PXB, card
from pcisolve.host.values import Bus, Function, NumaNode
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part

_BRIDGE: Final = 0x0604
_SAME: Final = {
    "relation": {},
    "root-complex": dict.fromkeys((CARD, PIX, PXB), PHB),
    "numa": dict.fromkeys((CARD, PIX, PXB, PHB), NODE),
}


class Difference(NamedTuple):
    """Two functions of the host whose relation in the guest is another; `pairs`: how many stand like these."""

    one: Address
    other: Address
    host: str
    guest: str
    pairs: int


class Compared(NamedTuple):
    """All pairs of the mirrored devices."""

    pairs: int
    differences: tuple[Difference, ...]

    @property
    def kept(self) -> int:
        """Pairs whose relation is the host's."""
        return self.pairs - sum(one.pairs for one in self.differences)


def compared(host: Host, layout: Layout, parts: Mapping[Address, Part], keep: str) -> Compared:
    """Each pair on the host and in the guest.

    Args:
        parts: the guest's part for each function of the host.
        keep: how much of a relation counts: relation, root-complex or numa.
    """
    guest = guest_tree(layout)
    alike: dict[object, list[tuple[Function, Function]]] = defaultdict(list)
    for address in sorted(parts):
        here, there = host.function(address), guest.function(_address(layout, parts[address]))
        assert here is not None, "selected from this host"
        assert there is not None, "every part of the layout is in its tree"
        # All that a relation asks about; functions that agree in it stand alike to every other.
        alike[card(here), here.parent, here.node, card(there), there.parent].append((here, there))
    same, found, pairs = _SAME[keep], [], 0
    for one, other, number in _pairs(list(alike.values())):
        pairs += number
        words = host.relation(one[0], other[0]), guest.relation(one[1], other[1])
        before, after = (same.get(word, word) for word in words)
        if before != after:
            found.append(Difference(one[0].address, other[0].address, before, after, number))
    return Compared(pairs, tuple(found))


Twins = tuple[Function, Function]  # on the host, and in the guest


def _pairs(groups: list[list[Twins]]) -> Iterator[tuple[Twins, Twins, int]]:
    """Two that speak for so many pairs."""
    for group in groups:
        if len(group) > 1:
            yield group[0], group[1], len(group) * (len(group) - 1) // 2
    for several, others in combinations(groups, 2):
        yield several[0], others[0], len(several) * len(others)


def guest_tree(layout: Layout) -> Host:
    """A guest's PCI functions as of a host. Expander buses are roots of their own, as the guest's system has them."""
    builder = Builder("guest", "the guest")
    numa = layout.problem.root.find("cpu/numa")
    for number in range(len(numa.all("cell")) if numa is not None else 0):
        builder.add_node(NumaNode(number))
    for part in layout.places:
        where = layout.provider(part)
        assert where is not None, "a place is on a bus that is there"
        root = where
        while not root.begins_root:
            above = layout.provider(root)
            assert above is not None, "the way up ends in a root"
            root = above
        parent = Bus(0, where.index) if where is root else _address(layout, where)
        class_code = _BRIDGE if isinstance(part, Controller) else 0
        builder.add(Function(_address(layout, part), parent, class_code, 0, 0, node=_node(layout, root)))
    return builder.finish()


def _address(layout: Layout, part: Part) -> Address:
    place = layout.places[part]
    return Address(0, place.provider, place.slot, place.function)


def _node(layout: Layout, root: Controller) -> int | None:
    node = layout.target(root, "node")
    return None if node is None else int(node)

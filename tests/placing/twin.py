"""A second, naive judge of tiny guests: every tree of controllers is tried, over facts written down here once more.

Nothing of the product's rules, catalog or search is used. It knows a board with a PCI Express root (ARM virt) whose
buses have few slots and whose firmware has few bus numbers; what each controller model takes and needs; that at the
guest's stage a controller's index is above that of the one it is plugged into; that in the flat scheme no index below
the highest is left out; and that root ports share a slot, and so may endpoints.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

FUNCTIONS = 8


class Model(NamedTuple):
    """What a bus takes, what its controller needs, how many slots it has, and what the search does with it."""

    takes: frozenset[str]
    needs: frozenset[str]
    slots: int
    hotplug: bool = False
    express: bool = False
    automatic: bool = False
    usual: bool = False


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def models(root_slots: int) -> dict[str, Model]:
    """The models of the tiny board. Any endpoint may be plugged in by hand where one may, and so may a pci-bridge."""
    anywhere = _set("pci pcie")
    port = _set("pci pcie up p2p")
    return {
        "pcie-root": Model(_set("pci pcie port dmi"), frozenset(), root_slots, express=True),
        "pcie-root-port": Model(port, _set("port"), 1, True, True, True, True),
        "pcie-switch-upstream-port": Model(_set("down"), _set("up"), 2, express=True),
        "pcie-switch-downstream-port": Model(port, _set("down"), 1, True, True, True),
        "pcie-to-pci-bridge": Model(_set("pci pcie bridge"), _set("p2p"), 2, True, False, True, True),
        "dmi-to-pci-bridge": Model(_set("pci pcie bridge"), _set("dmi"), 2),
        "pci-bridge": Model(_set("pci pcie bridge"), _set("bridge") | anywhere, 2, True, False, True, True),
    }


class Given(NamedTuple):
    """A controller of the input; `parent` and `slot` where it has an address."""

    index: int
    model: str
    parent: int | None = None
    slot: int = 0


class Endpoint(NamedTuple):
    """A device, pci or pcie; `bus` (a controller's index) and `slot` where it has an address."""

    kind: str
    bus: int | None = None
    slot: int = 0


class Board(NamedTuple):
    """The machine and the scheme."""

    root_slots: int
    numbers: int
    roots: tuple[int, ...]

    @property
    def flat(self) -> bool:
        return len(self.roots) == 1


Tree = dict[int, tuple[str, int]]  # index -> model, index of the parent
Cost = tuple[int, int, int, int]  # controllers, not hot-pluggable, conventional, unusual


def best(board: Board, given: Sequence[Given], endpoints: Sequence[Endpoint]) -> Cost | None:
    """The lowest cost of all layouts; None when there is none."""
    most = (board.numbers - 1) * len(board.roots)
    for children in range(len(given), most + 1):
        trees = _trees(board, given, children)
        costs = [cost for tree in trees if (cost := _cost(board, given, endpoints, tree)) is not None]
        if costs:
            return min(costs)
    return None


def _trees(board: Board, given: Sequence[Given], children: int) -> Iterator[Tree]:
    """Every tree of the controllers given and as many more as make so many."""
    known = models(board.root_slots)
    by_index = {one.index: one for one in given}
    last = children if board.flat else max([*by_index, *board.roots]) + children
    if board.flat and by_index and max(by_index) > last:
        return
    growth = [name for name, model in known.items() if model.needs]

    def grow(index: int, tree: Tree) -> Iterator[Tree]:
        missing = sum(one > index - 1 for one in by_index)
        if len(tree) + missing > children or len(tree) + last - index + 1 < children:
            return
        if index > last:
            yield dict(tree)
            return
        one = by_index.get(index)
        if index in board.roots or (one is None and not board.flat):
            yield from grow(index + 1, tree)
        if index in board.roots:
            return
        for name in [one.model] if one is not None else growth:
            parents = [*board.roots, *tree] if one is None or one.parent is None else [one.parent]
            for parent in parents:
                is_there = parent < index and (parent in board.roots or parent in tree)
                above = "pcie-root" if parent in board.roots else tree[parent][0] if is_there else ""
                if is_there and known[above].takes & known[name].needs and _has_room(board, tree, parent, name):
                    tree[index] = (name, parent)
                    yield from grow(index + 1, tree)
                    del tree[index]

    yield from grow(1, {})


def _has_room(board: Board, tree: Tree, parent: int, name: str) -> bool:
    """Whether a bus may take one more, before anything else is there: only to try fewer trees."""
    known = models(board.root_slots)
    above = known["pcie-root" if parent in board.roots else tree[parent][0]]
    here = [model for model, at in tree.values() if at == parent] + [name]
    ports = here.count("pcie-root-port")
    return len(here) - ports + -(-ports // FUNCTIONS) <= above.slots


def _cost(board: Board, given: Sequence[Given], endpoints: Sequence[Endpoint], tree: Tree) -> Cost | None:
    known = models(board.root_slots)
    everyone = {**dict.fromkeys(board.roots, ("pcie-root", -1)), **tree}
    for root in board.roots:
        if 1 + sum(_root(board, tree, index) == root for index in tree) > board.numbers:
            return None
    rooms = {index: _free_slots(board, given, endpoints, tree, index) for index in everyone}
    if any(room is None or room < 0 for room in rooms.values()):
        return None
    waiting = [one.kind for one in endpoints if one.bus is None]
    counts = [waiting.count("pcie"), waiting.count("pci")]
    buses = [index for index in everyone if known[everyone[index][0]].takes & {"pci", "pcie"}]
    found = [
        cost
        for express in _spread(counts[0], len(buses))
        for other in _spread(counts[1], len(buses))
        if (cost := _of_endpoints(board, everyone, rooms, buses, express, other)) is not None
    ]
    if not found:
        return None
    added = [one for index, one in tree.items() if all(other.index != index for other in given)]
    unusual = sum(not _is_usual(known, name, everyone[parent][0]) for name, parent in added)
    unplugged, conventional = min(found)
    return len(everyone), unplugged, conventional, unusual


def _is_usual(known: dict[str, Model], name: str, above: str) -> bool:
    """Whether libvirt's own search adds such a controller, and plugs it in there."""
    return known[name].usual and bool(known[above].takes & (known[name].needs - {"pci", "pcie"}))


def _root(board: Board, tree: Tree, index: int) -> int:
    while index not in board.roots:
        index = tree[index][1]
    return index


def _free_slots(
    board: Board, given: Sequence[Given], endpoints: Sequence[Endpoint], tree: Tree, bus: int
) -> int | None:
    """Slots that are left for endpoints without an address; None where two things with addresses are in the way."""
    known = models(board.root_slots)
    name = "pcie-root" if bus in board.roots else tree[bus][0]
    pinned_ports = [one for one in given if one.parent == bus and one.model == "pcie-root-port"]
    whole = [one.slot for one in given if one.parent == bus and one.model != "pcie-root-port"]
    whole += [one.slot for one in endpoints if one.bus == bus]
    shared = {one.slot for one in pinned_ports}
    if len(set(whole)) < len(whole) or shared & set(whole) or len(pinned_ports) > len(shared):
        return None
    pinned = {one.index for one in given if one.parent is not None}
    open_ones = [model for index, (model, parent) in tree.items() if parent == bus and index not in pinned]
    ports = open_ones.count("pcie-root-port")
    others = len(open_ones) - ports
    more = max(ports - (FUNCTIONS - 1) * len(shared), 0)
    return known[name].slots - len(whole) - len(shared) - others - -(-more // FUNCTIONS)


def _spread(count: int, buses: int) -> Iterator[tuple[int, ...]]:
    """All ways to put so many on the buses."""
    if buses == 0:
        if count == 0:
            yield ()
        return
    for here in range(count + 1):
        for rest in _spread(count - here, buses - 1):
            yield (here, *rest)


def _of_endpoints(
    board: Board,
    everyone: dict[int, tuple[str, int]],
    rooms: dict[int, int | None],
    buses: Sequence[int],
    express: Sequence[int],
    other: Sequence[int],
) -> tuple[int, int] | None:
    """How many cannot be hot-plugged, and how many of PCI Express are in conventional slots."""
    known = models(board.root_slots)
    unplugged = conventional = 0
    for bus, pcie, pci in zip(buses, express, other, strict=True):
        model, room, here = known[everyone[bus][0]], rooms[bus] or 0, pcie + pci
        if here > FUNCTIONS * room:
            return None
        opened = -(-(here - room) // (FUNCTIONS - 1)) if here > room else 0
        unplugged += (here - room + opened if here > room else 0) if model.hotplug else here
        conventional += pcie if not model.express else 0
    return unplugged, conventional

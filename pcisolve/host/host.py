"""A host, and the one way to make one: from parts that were read, checked against each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from pcisolve.core.address import Address
from pcisolve.core.errors import InputError, Location
from pcisolve.host import relations
from pcisolve.host.values import Bus, Function, NumaNode, Root

MAX_FUNCTIONS: Final = 65_536
MAX_NODES: Final = 1_024  # what Linux can be built for (CONFIG_NODES_SHIFT=10)
MAX_DEPTH: Final = 256  # bridges above a function: a domain has no more buses

Place = Function | Root


@dataclass(frozen=True)
class Host:
    """A host's PCI functions. Made by a Builder, so that whatever a function names is there.

    Attributes:
        source: what it was read from: sysfs, hwloc, libvirt or lspci.
        nodes: by number.
        roots: by domain and bus.
        functions: by address.
        notes: what was left out of the source, in sentences; a snapshot does not keep them.
    """

    source: str
    nodes: tuple[NumaNode, ...]
    roots: tuple[Root, ...]
    functions: tuple[Function, ...]
    notes: tuple[str, ...] = field(default=(), compare=False)
    _by_address: dict[Address, Function] = field(default_factory=dict, init=False, repr=False, compare=False)
    _by_bus: dict[Bus, Root] = field(default_factory=dict, init=False, repr=False, compare=False)
    _below: dict[Address | Bus, list[Function]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _vfs: dict[Address, list[Function]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_bus.update((one.bus, one) for one in self.roots)
        for one in self.functions:
            self._by_address[one.address] = one
            self._below.setdefault(one.parent, []).append(one)
            if one.pf is not None:
                self._vfs.setdefault(one.pf, []).append(one)

    def function(self, address: Address) -> Function | None:
        """The function there."""
        return self._by_address.get(address)

    def parent(self, function: Function) -> Function | None:
        """The bridge that a function is below; None on a root bus."""
        above = self.above(function)
        return above if isinstance(above, Function) else None

    def above(self, place: Place) -> Place | None:
        """The bridge or root bus that a function is below, or the function that provides a root bus."""
        if isinstance(place, Root):
            return None if place.parent is None else self._by_address[place.parent]
        parent = place.parent
        return self._by_bus[parent] if isinstance(parent, Bus) else self._by_address[parent]

    def children(self, place: Place) -> tuple[Function, ...]:
        """What is right below a bridge or root bus, by address."""
        return tuple(self._below.get(place.bus if isinstance(place, Root) else place.address, ()))

    def root(self, function: Function) -> Root:
        """The root bus that a function is below."""
        place: Place | None = function
        while isinstance(place, Function):
            place = self.above(place)
        assert place is not None  # a Builder makes sure
        return place

    def card(self, function: Function) -> tuple[Function, ...]:
        """The functions of its card: those of its slot, without virtual ones."""
        key = relations.card(function)
        beside = self._by_address.get(function.pf or function.address, function)
        there = self._below.get(beside.parent, ())
        return tuple(one for one in there if not one.is_vf and relations.card(one) == key)

    def vfs(self, function: Function) -> tuple[Function, ...]:
        """The virtual functions of a physical one."""
        return tuple(self._vfs.get(function.address, ()))

    def meeting(self, one: Function, other: Function) -> Place | None:
        """The lowest bridge or root bus that both are below."""
        return relations.meeting(self, one, other)

    def relation(self, one: Function, other: Function) -> str:
        """How near two functions are: one of relations.RELATIONS."""
        return relations.relation(self, one, other)


Where = Location | None


class Builder:
    """Collects what a reader finds. Each part comes with its place in the input, for messages.

    Args:
        name: the input's, for messages that no place goes with.
    """

    def __init__(self, source: str, name: str) -> None:
        self._source, self._name = source, name
        self._nodes: dict[int, NumaNode] = {}
        self._roots: dict[Bus, Root] = {}
        self._functions: dict[Address, Function] = {}
        self._places: dict[Address, Where] = {}
        self._notes: list[str] = []

    def note(self, sentence: str) -> None:
        """Say what is left out."""
        self._notes.append(sentence)

    def add_node(self, node: NumaNode, where: Where = None) -> None:
        """Add a NUMA node.

        Raises:
            InputError: it is there already, or there are too many.
        """
        if node.number in self._nodes:
            raise self._refusal(f"NUMA node {node.number} is there twice", "the nodes of one host", where)
        if len(self._nodes) >= MAX_NODES:
            raise self._refusal(f"more than {MAX_NODES:,} NUMA nodes", "fewer", where)
        self._nodes[node.number] = node

    def add_root(self, root: Root, where: Where = None) -> None:
        """Add a root bus; one that is there already with the same parent is the same.

        Raises:
            InputError: it is there with another parent.
        """
        if self._roots.setdefault(root.bus, root) != root:
            raise self._refusal(f"the root bus {root.bus} is there twice", "the parts of one host", where)

    def add(self, function: Function, where: Where = None) -> None:
        """Add a function, and its root bus where that is new.

        Raises:
            InputError: its address is there already, or there are too many.
        """
        if function.address in self._functions:
            first = self._places[function.address]
            also = f", first at line {first.line}" if first else ""
            raise self._refusal(f"{function.address} is there twice{also}", "the functions of one host", where)
        if len(self._functions) >= MAX_FUNCTIONS:
            raise self._refusal(f"more than {MAX_FUNCTIONS:,} PCI functions", "fewer", where)
        self._functions[function.address] = function
        self._places[function.address] = where
        if isinstance(function.parent, Bus) and function.parent not in self._roots:
            self.add_root(Root(function.parent))

    def finish(self) -> Host:
        """The host.

        Raises:
            InputError: a function names one that is not there, or they are below each other.
        """
        for one in self._functions.values():
            if isinstance(one.parent, Address):
                self._require(one, one.parent, "is below")
            if one.pf is not None:
                self._require(one, one.pf, "is a virtual function of")
        for root in self._roots.values():
            if root.parent is not None and root.parent not in self._functions:
                raise self._refusal(f"the root bus {root.bus} is below {root.parent}", "a function of this host", None)
        self._refuse_loops()
        return Host(
            self._source,
            self._nodes_in_order(),
            tuple(self._roots[bus] for bus in sorted(self._roots)),
            tuple(self._functions[address] for address in sorted(self._functions)),
            tuple(self._notes),
        )

    def _nodes_in_order(self) -> tuple[NumaNode, ...]:
        nodes = tuple(self._nodes[number] for number in sorted(self._nodes))
        for node in nodes:
            if node.distances and len(node.distances) != len(nodes):
                message = f"NUMA node {node.number} has {len(node.distances)} distances for {len(nodes)} nodes"
                raise self._refusal(message, "one for each node", None)
        return nodes

    def _require(self, function: Function, named: Address, how: str) -> None:
        if named not in self._functions:
            message = f"{function.address} {how} {named}, which is not there"
            raise self._refusal(message, "every function of the host", self._places[function.address])

    def _refuse_loops(self) -> None:
        """Go down from the roots: whatever is not met is below itself."""
        below: dict[Address | Bus | None, list[Address | Bus]] = {}
        for address, one in self._functions.items():
            below.setdefault(one.parent, []).append(address)
        for root in self._roots.values():
            below.setdefault(root.parent, []).append(root.bus)
        level: Iterable[Address | Bus] = below.get(None, ())
        met: set[Address | Bus] = set()
        depth = 0
        while level and depth <= MAX_DEPTH:
            met.update(level)
            level = [one for place in level for one in below.get(place, ())]
            depth += 1
        for address in sorted(self._functions):
            if address not in met:
                message = f"{address} is below itself, or below more than {MAX_DEPTH} others"
                raise self._refusal(message, "a tree of functions", self._places[address])

    def _refusal(self, message: str, expected: str, where: Where) -> InputError:
        if where is None:
            return InputError(f"{self._name}: {message}", expected=expected)
        return InputError(message, expected=expected, location=where)

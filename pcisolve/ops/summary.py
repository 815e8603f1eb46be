"""The summary of a layout: what each root has, and what is left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from pcisolve.core.kinds import ENDPOINT
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller
from pcisolve.verdict.rows import Row

_BUSES = 256


def summary(
    layout: Layout, names: Mapping[int, str] | None = None, kept: Iterable[int] = (), *, direct: bool = False
) -> tuple[Row, ...]:
    """A row for each root, by domain and index.

    Args:
        names: what a plan calls its roots, by controller index.
        kept: the bus (by controller index) of each slot that a plan keeps free.
        direct: endpoints may be put on every root, as on platforms without bridges.
    """
    return _Summary(layout, names or {}, kept, direct).rows()


class _Summary:
    def __init__(self, layout: Layout, names: Mapping[int, str], kept: Iterable[int], direct: bool) -> None:
        self.layout, self.names, self.direct = layout, names, direct
        self.root_of: dict[int, int] = {}
        for one in layout.controllers:
            self.root_of[one.index] = self._root(one)
        self.kept = Counter(self.root_of[index] for index in kept)
        self.used: dict[int, set[int]] = defaultdict(set)
        self.functions: Counter[int] = Counter()
        self.devices: Counter[int] = Counter()
        for part, place in layout.places.items():
            self.used[place.provider].add(place.slot)
            if place.provider in self.root_of:
                self.functions[self.root_of[place.provider]] += 1
                self.devices[self.root_of[place.provider]] += not isinstance(part, Controller)

    def _root(self, one: Controller) -> int:
        """The index of the root or expander that a controller is, or is below; 0 for one that is below itself."""
        here: Controller | None = one
        trail: list[int] = []
        while here is not None and here.index not in self.root_of and not here.begins_root:
            self.root_of[here.index] = 0  # until it is known
            trail.append(here.index)
            here = self.layout.provider(here)
        root = 0 if here is None else here.index if here.begins_root else self.root_of[here.index]
        self.root_of.update(dict.fromkeys(trail, root))
        return root

    def rows(self) -> tuple[Row, ...]:
        """The rows."""
        below: dict[int, list[Controller]] = defaultdict(list)
        for one in self.layout.controllers:
            below[self.root_of[one.index]].append(one)
        windows = self._windows(below)
        rows = [self._row(root, controllers, windows.get(root)) for root, controllers in below.items()]
        return tuple(sorted(rows, key=lambda one: (one.domain, one.root)))

    def _windows(self, below: dict[int, list[Controller]]) -> dict[int, tuple[int, int]]:
        """Bus-number windows, in domains that have expanders."""
        begins: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for root in below:
            number = self.layout.target(self.layout.by_index[root], "busNr")
            begins[self._domain(root)].append((number if isinstance(number, int) else 0, root))
        found = {}
        for roots in begins.values():
            roots.sort()
            if len(roots) > 1:
                for (first, root), (after, _) in zip(roots, [*roots[1:], (_BUSES, -1)], strict=True):
                    found[root] = (first, after - 1)
        return found

    def _domain(self, root: int) -> int:
        controller = self.layout.by_index[root]
        above = controller if controller.is_root else self.layout.root_above(controller)
        return above.index if above is not None else 0

    def _row(self, root: int, controllers: list[Controller], window: tuple[int, int] | None) -> Row:
        node = self.layout.target(self.layout.by_index[root], "node")
        free = sum(self._free(one) for one in controllers)
        return Row(
            domain=self._domain(root),
            root=root,
            name=self.names.get(root, ""),
            node=node if isinstance(node, int) else None,
            buses=sum(one.model.guest_buses for one in controllers if one.model is not None),
            first_bus=None if window is None else window[0],
            last_bus=None if window is None else window[1],
            controllers=len(controllers),
            devices=self.devices[root],
            functions=self.functions[root],
            free_slots=free,
            spare=self.kept[root],
        )

    def _free(self, one: Controller) -> int:
        """Slots for endpoints that are wholly empty, on buses where libvirt would use them unasked."""
        model = one.model
        if model is None or not model.accepts & ENDPOINT or not (model.automatic or self.direct):
            return 0
        return sum(1 for slot in range(model.min_slot, model.max_slot + 1) if slot not in self._taken(one))

    def _taken(self, one: Controller) -> set[int]:
        reserved = {place.slot for place in self.layout.problem.machine.reserved} if one.index == 0 else set()
        return self.used[one.index] | reserved

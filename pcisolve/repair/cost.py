"""What changes cost the user, and how they are summed up."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.catalog.weights import Weights
from pcisolve.core.address import Address
from pcisolve.core.change import NAME, Change, NewElement
from pcisolve.core.node import Node
from pcisolve.core.words import nearest
from pcisolve.explain.trials import Outcome
from pcisolve.problem.parts import Controller, Part
from pcisolve.repair.safety import Consequence

_HIDDEN = 10_000  # parts behind a controller are counted no further


class Costs:
    """Costs of changes to one guest: what is written, and what comes of it."""

    def __init__(self, weights: Weights, before: Outcome) -> None:
        self._weights = weights
        self._before = before
        self._places = before.question.choice.places
        self._parts = before.by_number
        self._behind: dict[int, list[Part]] = {}
        for part, place in self._places.items():
            self._behind.setdefault(place.provider, []).append(part)

    def of(self, changes: Iterable[Change]) -> int:
        """The sum of what each change costs, as far as that is known before it is tried."""
        return sum(self._one(change) for change in changes)

    def of_outcome(self, changes: Iterable[Change], after: Outcome, found: Consequence) -> int:
        """The same with what comes of the changes: what the guest notices, and what libvirt adds."""
        weights = self._weights
        grown = len(after.question.choice.added) - len(self._before.question.choice.added)
        warned = len((after.keys - after.errors) - self._before.keys)
        total = self.of(changes) + weights.grown * max(grown, 0) + weights.warning * warned
        total += weights.stray * found.strays + weights.torn * found.torn
        return total + sum(self._seen(self._parts[number]) for number in found.moved)

    def _seen(self, part: Part) -> int:
        """How much a guest notices that a part is elsewhere."""
        if isinstance(part, Controller):
            return self._weights.seen_port
        return self._weights.seen_host_device if part.host is not None else self._weights.seen_device

    def _one(self, change: Change) -> int:
        node, attribute, value = change
        weights = self._weights
        if isinstance(value, NewElement):
            return weights.added_controller if value.tag == "controller" else weights.option
        if node.tag == "address" and not attribute:
            return self._address(node, value if isinstance(value, Address) else None)
        if node.tag == "type" and attribute == "machine":
            return weights.machine if "machine" in node.attributes else weights.option
        if attribute == NAME:
            return weights.model
        if node.tag == "controller" and attribute == "index":
            return weights.index
        if node.tag == "controller" and attribute == "model":
            return self._model(node.attributes.get("model", ""), str(value))
        if not attribute and node.tag == "qemu:arg":
            return weights.device
        if not attribute and node.parent is not None and node.parent.tag == "devices":
            return self._removed(node)
        return weights.option

    def _model(self, old: str, new: str) -> int:
        """Another model; where the one there is is no word, the one that was most likely meant costs little."""
        known = [model.name for model in self._before.question.problem.catalog.controllers()]
        if not old or old in known:
            return self._weights.model
        return self._weights.option if nearest(old, known) == new else 2 * self._weights.model

    def _address(self, node: Node, value: Address | None) -> int:
        part = self._parts.get(node.parent.number) if node.parent is not None else None
        old = part.pinned if part is not None else None
        if value is None or old is None:
            return self._weights.address
        numbers = sum(1 for before, after in zip(old, value, strict=True) if before != after)
        return self._weights.address_number * numbers

    def _removed(self, node: Node) -> int:
        part = self._parts.get(node.number)
        if not isinstance(part, Controller):
            return self._weights.device
        behind = self._weights.part_behind * self._count_behind(part)
        return (self._weights.domain if part.is_root else self._weights.controller) + behind

    def _count_behind(self, controller: Controller) -> int:
        """How many parts are behind a controller, at any depth."""
        seen: set[int] = set()
        waiting, count = [controller.index], 0
        while waiting and count < _HIDDEN:
            index = waiting.pop()
            if index in seen:
                continue
            seen.add(index)
            for part in self._behind.get(index, ()):
                count += 1
                if isinstance(part, Controller):
                    waiting.append(part.index)
        return count

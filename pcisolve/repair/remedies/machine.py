"""A topology that was made for another machine: every controller and address as this machine can have it."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.catalog.matching import matches
from pcisolve.core.address import SLOTS_PER_BUS, Address
from pcisolve.core.change import Change, NewElement
from pcisolve.problem.parts import Controller, Part
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedy import Remedies, Remedy, put
from pcisolve.rules.rule import Telling

Spot = tuple[int, int, int]  # provider, slot, function


def converted(bench: Bench, root: Controller) -> Iterator[Remedy]:
    """The root this machine has, and all below it in the models and slots that go with it; indexes and buses stay."""
    machine = bench.problem.machine
    model = bench.problem.catalog.controller(machine.root) if machine.root else None
    if model is None or root.node is None:
        return
    models = _Models(bench, root, model)
    changes = list(models.changes())
    changes += _Spots(bench, models.by_index).changes()
    yield Remedy("for this machine", tuple(changes))


class _Models:
    """Which model each controller of the input gets."""

    def __init__(self, bench: Bench, root: Controller, model: ControllerModel) -> None:
        self._bench, self._root = bench, root
        self.by_index: dict[int, ControllerModel] = {root.index: model}
        for one in sorted(bench.problem.controllers, key=lambda one: one.index):
            if one is not root and one.model is not None:
                self.by_index[one.index] = self._fitting(one, one.model)

    def _fitting(self, one: Controller, now: ControllerModel) -> ControllerModel:
        catalog, machine = self._bench.problem.catalog, self._bench.problem.machine
        asked = one.pinned
        above = self.by_index.get(self._bench.problem.provider_index(asked) if asked is not None else self._root.index)
        accepts = (above or self.by_index[self._root.index]).accepts
        names = (now.name, "dmi-to-pci-bridge") if _is_wide(now) else (now.name,)
        for name in (*names, machine.grows_conventional, machine.grows_express):
            found = catalog.controller(name) if name else None
            if (
                found is not None
                and found.explicit_needs & accepts
                and machine.family in (found.machines or (machine.family,))
            ):
                return found
        return now

    def changes(self) -> Iterator[Change]:
        """The models, with the words and options that belong to them."""
        for one in self._bench.problem.controllers:
            model = self.by_index.get(one.index)
            if model is not None and (one.model is None or model.name != one.model.name):
                yield from remodelled(one, model)


def remodelled(one: Controller, model: ControllerModel) -> Iterator[Change]:
    """A controller of the input as another model, without the words and options that this one does not have."""
    if one.node is None:
        return
    yield Change(one.node, "model", model.name)
    name, target = one.node.first("model"), one.node.first("target")
    if name is not None and "name" in name.attributes:
        yield Change(name, "name", model.qemu_names[0]) if not model.root else Change(name, "", None)
    if target is not None:
        kept = [word for word in target.attributes if word in model.targets]
        yield from (Change(target, word, None) for word in target.attributes if word not in kept)
        if not kept and not target.children:
            yield Change(target, "", None)


def another_model(bench: Bench, case: Part, provider: Controller) -> Iterator[Remedy]:
    """A controller whose model does not go where it is, as the model that libvirt would put there."""
    machine = bench.problem.machine
    if not isinstance(case, Controller) or case.model is None or provider.model is None or case.is_root:
        return
    others = [
        model.name
        for model in bench.problem.catalog.controllers()
        if machine.family in (model.machines or (machine.family,))
    ]
    names = [machine.grows_conventional, machine.gap, machine.grows_express]
    for name in dict.fromkeys([*(names if _is_wide(case.model) else names[::-1]), *others]):
        model = bench.problem.catalog.controller(name) if name else None
        if model is None or model.root or model.name == case.model.name:
            continue
        if model.explicit_needs & provider.model.accepts:
            yield Remedy(f"model {name}", tuple(remodelled(case, model)))


def _is_wide(model: ControllerModel) -> bool:
    """Whether a bus has more than one slot."""
    return model.max_slot > model.min_slot


class _Spots:
    """Where each part of the input goes: where it is, if that can be, else the nearest free place of its bus."""

    def __init__(self, bench: Bench, models: dict[int, ControllerModel]) -> None:
        self._bench, self._models = bench, models
        machine = bench.problem.machine
        self._chipset = {(0, one.slot, one.function) for one in machine.reserved}
        self._chipset |= {(0, one.slot, one.function) for one in machine.fixed if one.always}
        self._spots: dict[Part, Spot] = {}

    def changes(self) -> list[Change]:
        """The addresses that have to be others."""
        parts = [one for one in self._bench.problem.parts if one.pinned is not None and one.address_node is not None]
        for part in parts:
            spot = self._own(part)
            if spot not in self._chipset and spot not in self._spots.values() and self._fits(spot):
                self._spots[part] = spot
        for part in parts:
            if part not in self._spots:
                self._spots[part] = self._elsewhere(part)
        self._lead()
        return [
            Change(part.address_node, "", _address(part.pinned, spot))
            for part, spot in self._spots.items()
            if part.pinned is not None and part.address_node is not None and spot != self._now(part.pinned)
        ]

    def _now(self, asked: Address) -> Spot:
        return self._bench.problem.provider_index(asked), asked.slot, asked.function

    def _own(self, part: Part) -> Spot:
        """Where this machine always has such a device; else where it is."""
        for fixed in self._bench.problem.machine.fixed:
            if part.kind == fixed.element and matches(fixed.when, part.view):
                return 0, fixed.slot, fixed.function
        return self._now(part.pinned) if part.pinned is not None else (0, 0, 0)

    def _fits(self, spot: Spot) -> bool:
        model = self._models.get(spot[0])
        if model is None or not model.min_slot <= spot[1] <= model.max_slot:
            return False
        reserved = {slot for _, slot, _ in self._chipset}
        return spot[0] != 0 or spot[1] not in reserved

    def _elsewhere(self, part: Part) -> Spot:
        provider = self._own(part)[0]
        model, used = self._models.get(provider), {spot[:2] for spot in (*self._spots.values(), *self._chipset)}
        if model is None:
            return self._own(part)
        slots = range(model.min_slot, min(model.max_slot, SLOTS_PER_BUS - 1) + 1)
        free = next((slot for slot in slots if (provider, slot) not in used), None)
        return (provider, free, 0) if free is not None else self._own(part)

    def _lead(self) -> None:
        """A part alone in its slot is at function 0, where the guest looks."""
        heads = {spot[:2] for spot in (*self._spots.values(), *self._chipset) if spot[2] == 0}
        for part, spot in sorted(self._spots.items(), key=lambda one: one[1]):
            if spot[:2] not in heads:
                self._spots[part] = (spot[0], spot[1], 0)
                heads.add(spot[:2])


def _address(asked: Address | None, spot: Spot) -> Address | None:
    return None if asked is None else asked._replace(slot=spot[1], function=spot[2])


def _hand_written(bench: Bench, case: object, telling: Telling) -> Iterator[Remedy]:
    """The root that libvirt accepts on this machine when it is written out, though it adds none by itself."""
    root, devices = bench.problem.machine.hand_written_root, bench.devices
    if root and bench.problem.machine.qemu_root and devices is not None:
        element = NewElement("controller", {"type": "pci", "index": "0", "model": root})
        yield Remedy("a root", (Change(devices, "", element),))


def other_machines(bench: Bench, case: Controller) -> Iterator[Remedy]:
    """Another machine of the same architecture that has this root, of the same version if the name has one."""
    node = bench.problem.root.find("os/type")
    if node is None:
        return
    arch, name = node.get("arch") or bench.problem.machine.arches[0], node.get("machine") or ""
    for family in bench.problem.catalog.machines():
        if arch in family.arches and family.root == case.model_name and family.names:
            yield from put(node, "machine", _same_version(bench, name, family.names), f"machine {family.family}")


def _same_version(bench: Bench, name: str, names: tuple[str, ...]) -> str:
    """pc-i440fx-7.2 becomes pc-q35-7.2; what has no version becomes the family's plain name."""
    plain = next((one for one in names if "*" not in one), names[0])
    pattern = next((one for one in bench.problem.machine.names if "*" in one and fnmatchcase(name, one)), None)
    other = next((one for one in names if one.endswith("-*")), None)
    if pattern is None or other is None or not pattern.endswith("-*"):
        return plain
    return other[:-1] + name[len(pattern) - 1 :]


REMEDIES: dict[str, Remedies] = {"no-pci-buses": _hand_written}

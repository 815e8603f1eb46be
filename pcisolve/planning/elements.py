"""The elements of planned devices: from what models/devices says of a kind to a complete element."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import count, filterfalse
from typing import Final, NamedTuple

from pcisolve.catalog.devices import DeviceClass, Variant
from pcisolve.core.address import Address
from pcisolve.core.node import Node
from pcisolve.planning.file.values import DeviceWish, bare_wish
from pcisolve.problem.implicit import synthetic
from pcisolve.problem.lists import disk_name
from pcisolve.problem.parts import STAND_IN

_OWN: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "alias": (("alias",), "name"),
    "mac": (("mac",), "address"),
    "boot": (("boot",), "order"),
    "acpi-index": (("acpi",), "index"),
}


class _Step(NamedTuple):
    """An attribute to be set: the child elements that lead to it, its name, and its text with fields."""

    tags: tuple[str, ...]
    attribute: str
    text: str


class ElementMaker:
    """Makes elements one after the other; numbers what must be different in each."""

    def __init__(
        self,
        guest: str,
        taken_drives: set[str],
        taken_indexes: set[tuple[str, int]],
        taken_hosts: frozenset[Address] = frozenset(),
    ) -> None:
        self.guest = guest
        self._drives = filterfalse(taken_drives.__contains__, map(partial(disk_name, "vd"), count()))
        self._taken = taken_indexes
        self._next_index: Counter[str] = Counter()
        self._stand_ins = filterfalse(taken_hosts.__contains__, map(stand_in, count()))
        self._steps: dict[str, list[_Step]] = {}

    def element(self, variant: Variant, device: DeviceClass, wish: DeviceWish, rank: int) -> Node:
        """A complete element of the kind; `rank` counts from 0 within the group."""
        fields = self._fields(variant, wish, rank)
        root = synthetic(device.element, {})
        holders: dict[tuple[str, ...], Node] = {(): root}
        for tags, attribute, text in self._steps_of(variant):
            holder = holders.get(tags) or _holder(holders, tags)
            holder.attributes[attribute] = _filled(text, fields) if "{" in text else text
        for tags, name, text in own_steps(wish, rank):
            (holders.get(tags) or _holder(holders, tags)).attributes[name] = text
        if "source" in wish.own:
            _set_source(root, holders, wish.own["source"][rank])
        return root

    def _steps_of(self, variant: Variant) -> list[_Step]:
        steps = self._steps.get(variant.name)
        if steps is None:
            paths = {**when_attributes(variant), **(variant.xml or {})}
            split = [(path.split("/"), text) for path, text in paths.items()]
            steps = self._steps[variant.name] = [_Step(tuple(tags), name, text) for (*tags, name), text in split]
        return steps

    def _fields(self, variant: Variant, wish: DeviceWish, rank: int) -> dict[str, str]:
        name = wish.family or wish.name
        if wish.copies > 1 or wish.numbers:
            name = f"{name}-{wish.number(rank) + 1}"
        fields = {"guest": self.guest, "name": name}
        used = "".join((variant.xml or {}).values())
        if "{drive}" in used:
            fields["drive"] = next(self._drives)
        if "{index}" in used:
            fields["index"] = str(self._index(when_attributes(variant).get("type", "")))
        if "{host." in used:
            host = wish.host[rank] if wish.host else next(self._stand_ins)
            fields |= {"host.domain": f"{host.domain:#06x}", "host.bus": f"{host.bus:#04x}"}
            fields |= {"host.slot": f"{host.slot:#04x}", "host.function": f"{host.function:#x}"}
        return fields

    def _index(self, type_: str) -> int:
        while (type_, self._next_index[type_]) in self._taken:
            self._next_index[type_] += 1
        self._next_index[type_] += 1
        return self._next_index[type_] - 1


def own_steps(wish: DeviceWish, rank: int) -> list[tuple[tuple[str, ...], str, str]]:
    """The attributes that the plan says of one device."""
    return [(*_OWN[key], values[rank]) for key, values in wish.own.items() if key in _OWN]


def _set_source(root: Node, holders: dict[tuple[str, ...], Node], source: str) -> None:
    """The file or block device of a disk."""
    block = source.startswith("/dev/")
    root.attributes["type"] = "block" if block else "file"
    (holders.get(("source",)) or _holder(holders, ("source",))).attributes = {"dev" if block else "file": source}


def when_attributes(variant: Variant) -> dict[str, str]:
    """The attributes by which an element is of this variant."""
    return {one.path: one.words[0] for one in variant.when if not one.negated and one.words[0]}


def plannable(variant: Variant, device: DeviceClass) -> bool:
    """Whether a complete element of this kind can be written, and is then taken for this kind."""
    if not variant.needs or variant.xml is None:
        return False
    made = ElementMaker("guest", set(), set()).element(variant, device, bare_wish("x", variant.name, 1), 0)
    return variant.by_name_only or device.variant(made) is variant


def stand_in(number: int) -> Address:
    """A host device that is not there, for a plan that does not say which it is."""
    rest, function = divmod(number, 8)
    rest, slot = divmod(rest, 32)
    domain, bus = divmod(rest, 256)
    return Address(STAND_IN + domain, bus, slot, function)


def _holder(holders: dict[tuple[str, ...], Node], tags: tuple[str, ...]) -> Node:
    """The child element at a path, made with those above it."""
    above = holders.get(tags[:-1]) or _holder(holders, tags[:-1])
    child = holders[tags] = synthetic(tags[-1], {})
    above.children.append(child)
    return child


def _filled(text: str, fields: dict[str, str]) -> str:
    for name, value in fields.items():
        text = text.replace("{" + name + "}", value)
    return text

"""The elements of planned devices: from what models/devices says of a kind to a complete element."""

from __future__ import annotations

from collections import Counter
from itertools import count

from pcisolve.catalog.devices import DeviceClass, Variant
from pcisolve.core.address import Address
from pcisolve.core.node import Node
from pcisolve.plan.values import DeviceWish
from pcisolve.problem.implicit import synthetic

_STAND_IN_DOMAIN = 0xFFFF


class ElementMaker:
    """Makes elements one after the other; numbers what must be different in each."""

    def __init__(self, guest: str, taken_drives: set[str], taken_indexes: set[tuple[str, int]]) -> None:
        self.guest = guest
        self._drives = (name for number in count() if (name := drive_name("vd", number)) not in taken_drives)
        self._taken = taken_indexes
        self._next_index: Counter[str] = Counter()
        self._stand_ins = count()

    def element(self, variant: Variant, device: DeviceClass, wish: DeviceWish, rank: int) -> Node:
        """A complete element of the kind; `rank` counts from 0 within the group."""
        fields = self._fields(variant, wish, rank)
        paths = {**when_attributes(variant), **(variant.xml or {})}
        root = synthetic(device.element, {})
        for path, text in paths.items():
            _set(root, path, _filled(text, fields))
        return root

    def _fields(self, variant: Variant, wish: DeviceWish, rank: int) -> dict[str, str]:
        name = wish.name if wish.copies == 1 else f"{wish.name}-{rank + 1}"
        fields = {"guest": self.guest, "name": name}
        used = "".join((variant.xml or {}).values())
        if "{drive}" in used:
            fields["drive"] = next(self._drives)
        if "{index}" in used:
            fields["index"] = str(self._index(when_attributes(variant).get("type", "")))
        if "{host." in used:
            host = wish.host[rank] if wish.host else stand_in(next(self._stand_ins))
            fields |= {"host.domain": f"{host.domain:#06x}", "host.bus": f"{host.bus:#04x}"}
            fields |= {"host.slot": f"{host.slot:#04x}", "host.function": f"{host.function:#x}"}
        return fields

    def _index(self, type_: str) -> int:
        while (type_, self._next_index[type_]) in self._taken:
            self._next_index[type_] += 1
        self._next_index[type_] += 1
        return self._next_index[type_] - 1


def when_attributes(variant: Variant) -> dict[str, str]:
    """The attributes by which an element is of this variant."""
    return {one.path: one.words[0] for one in variant.when if not one.negated and one.words[0]}


def plannable(variant: Variant, device: DeviceClass) -> bool:
    """Whether a complete element of this kind can be written, and is then taken for this kind."""
    if not variant.needs or variant.xml is None:
        return False
    wish = DeviceWish("x", "", 1, (), (), None, None, False, None, (), None, {})  # type: ignore[arg-type]
    made = ElementMaker("guest", set(), set()).element(variant, device, wish, 0)
    return variant.by_name_only or device.variant(made) is variant


def stand_in(number: int) -> Address:
    """A host device that is not there, for a plan that does not say which it is."""
    rest, function = divmod(number, 8)
    rest, slot = divmod(rest, 32)
    domain, bus = divmod(rest, 256)
    return Address(_STAND_IN_DOMAIN + domain, bus, slot, function)


def drive_name(prefix: str, number: int) -> str:
    """vda, vdb, ... vdz, vdaa: as Linux and libvirt count."""
    letters = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return prefix + letters


def _set(root: Node, path: str, value: str) -> None:
    holder = root
    *tags, attribute = path.split("/")
    for tag in tags:
        child = holder.first(tag)
        if child is None:
            child = synthetic(tag, {})
            holder.children.append(child)
        holder = child
    holder.attributes[attribute] = value


def _filled(text: str, fields: dict[str, str]) -> str:
    if "{" not in text:
        return text
    for name, value in fields.items():
        text = text.replace("{" + name + "}", value)
    return text

"""The count model of a scene: integers say how many items and controllers are on which sort of bus of which root.

Alike devices are one number per root and sort of bus, so that a hundred thousand of them cost what one costs.
Laws: slots and shared functions of buses, buses of a domain (rule rfc-256), bus-number windows (window-fit), I/O
windows (io-limit), chassis numbers (chassis-unique), indexes (index-max-255). Wishes: relations, spares, limits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pcisolve.core.address import FUNCTIONS_PER_SLOT
from pcisolve.core.kinds import CONVENTIONAL, EXPRESS
from pcisolve.placing.model import new_model
from pcisolve.planning.model.scene import OWN_BUS, PER_ROOT, Room, Scene, Site

Key = tuple[int, int, str]  # item or spare, site, host


class Counts:
    """The model and its variables.

    Attributes:
        placed: slots that an item takes, by (item, site, host).
        devices: devices of a group at a site, by (group, site).
        added: controllers of a model on a host's buses, by (site, model, host).
        spare: slots kept free, by (spare, site, host).
        used: how many roots of a site are there: 0 or 1, or those that it stands for; a constant unless it is optional.
        shared: slots that controllers share, by (site, host).
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.model = new_model()
        self.most = (
            1
            + sum(one.wish.copies for one in scene.groups)
            + sum(one.copies for one in scene.plan.spares) * sum(one.copies for one in scene.sites)
        )
        self.placed: dict[Key, Any] = {}
        self.devices: dict[tuple[str, int], Any] = {}
        self.added: dict[tuple[int, str, str], Any] = {}
        self.spare: dict[Key, Any] = {}
        self.used: dict[int, Any] = {}
        self.shared: dict[tuple[int, str], Any] = {}
        self._on: dict[tuple[int, str], list[Any]] = {}
        self._below: dict[int, list[Any]] = {}
        for site in scene.sites:
            self.used[site.position] = self._number_at(site, site.copies) if site.optional else site.copies
        self._place_items()
        self._place_spares()
        self._add_controllers()
        for site in scene.sites:
            for host in scene.hosts(site):
                self._fit(site, host)
            self._root_of_chains(site)

    def number(self, most: int) -> Any:
        """A new integer from 0."""
        return self.model.new_int_var(0, most, "")

    def _number_at(self, site: Site, most: int) -> Any:
        """A new integer from 0 for a site; where it stands for roots that hold the same, as many for each."""
        return site.copies * self.number(most // site.copies) if site.same else self.number(most)

    def controllers_at(self, site: Site, model: str) -> Any:
        """How many controllers of a model are added at a site."""
        return sum(self.added.get((site.position, model, host), 0) for host in self.scene.hosts(site))

    def added_at(self, site: Site) -> Any:
        """How many controllers are added below a site's root."""
        return sum(self._below.get(site.position, ()))

    def devices_at(self, groups: Iterable[str], sites: Iterable[Site]) -> Any:
        """How many devices of some groups are at some sites."""
        places = [one.position for one in sites]
        return sum(self.devices.get((name, position), 0) for name in groups for position in places)

    def _place_items(self) -> None:
        scene = self.scene
        for group in scene.groups:
            for position in group.sites:
                self.devices[group.name, position] = self._number_at(scene.sites[position], group.wish.copies)
            self.model.add(self.devices_at([group.name], scene.sites) == group.wish.copies)
        for number, item in enumerate(scene.items):
            allowed = set.intersection(*(set(scene.by_group[name].sites) for name in item.groups))
            for site in scene.sites:
                slots = 0
                for host in scene.hosts(site) if site.position in allowed else ():
                    if scene.takes(site, host, item):
                        slots += self._new(self.placed, (number, site.position, host))
                self._count_devices(number, site, slots)
            self._round_up(number)

    def _round_up(self, number: int) -> None:
        """What the relations below do not see: all packed devices together need whole slots."""
        item = self.scene.items[number]
        if item.packed > 1:
            copies = self.scene.by_group[item.groups[0]].wish.copies
            slots = [one for key, one in self.placed.items() if key[0] == number]
            self.model.add(sum(slots) >= -(-copies // item.packed))

    def _new(self, table: dict[Key, Any], key: Key) -> Any:
        table[key] = self._number_at(self.scene.sites[key[1]], self.most)
        self._on.setdefault(key[1:], []).append(table[key])
        return table[key]

    def _count_devices(self, number: int, site: Site, slots: Any) -> None:
        """How many devices of its groups so many slots of an item hold."""
        item = self.scene.items[number]
        for name, each in zip(item.groups, item.each, strict=True):
            devices = self.devices.get((name, site.position), 0)
            if item.packed == 1:
                self.model.add(devices == slots * each)
            else:
                self.model.add(devices <= slots * item.packed)
                self.model.add(devices >= slots)

    def _place_spares(self) -> None:
        for number, spare in enumerate(self.scene.plan.spares):
            for several in self.scene.units(spare.unit):
                unit = [one for one in several if not spare.roots or one.names & set(spare.roots)]
                if not unit:
                    continue
                total = 0
                for site in unit:
                    for host in self.scene.hosts(site):
                        if spare_fits(self.scene, site, host, spare.kind, spare.hotplug):
                            total += self._new(self.spare, (number, site.position, host))
                there = self._unit_used(spare.unit, unit)
                self.model.add(total == spare.copies * there)

    def _unit_used(self, name: str, unit: list[Site]) -> Any:
        """Whether a unit is there: the one optional site it has, or else certainly; how many where it is several."""
        several = unit[0].copies > 1 and name not in PER_ROOT
        return self.used[unit[0].position] if len(unit) == 1 and not several else 1

    def _add_controllers(self) -> None:
        scene = self.scene
        for site in scene.sites:
            for name, model in scene.growth.items():
                for host in scene.hosts(site):
                    if scene.carries(site, host, model):
                        number = self.added[site.position, name, host] = self._number_at(site, self.most)
                        self._below.setdefault(site.position, []).append(number)

    def _fit(self, site: Site, host: str) -> None:
        """What is on the buses of one sort at a site fits into their slots and shared functions."""
        scene, position = self.scene, site.position
        model = scene.host_model(site, host)
        room = site.room.get(host, Room(0, 0))
        slots = room.slots * self.used[position]
        if host != OWN_BUS and host in scene.growth:
            slots += (model.max_slot - model.min_slot + 1) * self.controllers_at(site, host)
        here = [(one, self.added.get((position, name, host))) for name, one in scene.growth.items()]
        shared = [number for one, number in here if one.shares_slot and number is not None]
        others = [number for one, number in here if not one.shares_slot and number is not None]
        whole = sum([*self._on.get((position, host), ()), *others])
        if not shared:
            self.model.add(whole <= slots)
            return
        self.shared[position, host] = taken = self._number_at(site, self.most)
        self.model.add(sum(shared) <= taken * FUNCTIONS_PER_SLOT + room.functions)
        self.model.add(whole + taken <= slots)

    def _root_of_chains(self, site: Site) -> None:
        """Bridges on bridges of their own sort hang on one that does not: no circles.

        One that exists will do if it has a slot: the expansion gives slots to bridges before devices.
        """
        for name in self.scene.growth:
            own = self.added.get((site.position, name, name))
            if own is not None and not site.room.get(name, Room(0, 0)).slots:
                others = self.controllers_at(site, name) - own
                self.model.add(own <= self.most * others)


def spare_fits(scene: Scene, site: Site, host: str, kind: str, hotplug: bool) -> bool:
    """Whether a free slot of such a bus is what a spare asks for."""
    model = scene.host_model(site, host)
    if hotplug and not model.hotplug:
        return False
    # Where nothing is PCI Express, an express device is a conventional one.
    express = any(one.model.express for one in scene.sites)
    wanted = EXPRESS if kind == "pcie" and express else CONVENTIONAL
    return bool(model.accepts & wanted)

"""The roots of a scene: those of the base, those the plan declares, and those it leaves open."""

from __future__ import annotations

from collections import Counter

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.core.kinds import PCI_EXPANDER, PCIE_EXPANDER
from pcisolve.planning.file.entry import Problem
from pcisolve.planning.file.values import DomainWish, Plan, RootWish, copy_name
from pcisolve.planning.model.ground import Ground
from pcisolve.planning.model.occupancy import Occupancy
from pcisolve.planning.model.scene import OWN_BUS, Caps, Room, Site
from pcisolve.problem.parts import Controller

_OPEN = 64  # how many more domains there may be where an explanation leaves their number open


class SiteMaker:
    """Makes a scene's sites, in this order: the base's, the declared domains, the open ones, the expanders."""

    def __init__(self, ground: Ground, plan: Plan, occupancy: Occupancy, caps: Caps, problems: list[Problem]) -> None:
        self.ground, self.plan, self.occupancy, self.caps, self.problems = ground, plan, occupancy, caps, problems
        self.found: list[Site] = []
        self.domain_count = 0

    def sites(self, extra: int) -> list[Site]:
        """All of them; `extra` is how many domains may be added where the plan declares none."""
        self._existing()
        self._declared()
        if not self.plan.domains:
            for _ in range(min(extra, self.caps.domains - self.domain_count)):
                self._new_domain(None, 0, None)
        self._pinned_domains()
        if len({one.domain for one in self.found if not one.optional}) > self.caps.domains:
            allowed = self.caps.domains
            most = f"{self._whose()} has at most {allowed} in the {self.ground.scheme} scheme"
            message = f"{self.domain_count} PCI domains; {most}"
            self.problems.append(Problem("plan-domains", message, self.plan.mark("domains")))
        self._expanders()
        named = {name for one in self.plan.devices for name in (*one.roots, *one.domains)}
        named.update(name for one in self.plan.spares for name in one.roots)
        for site in self.found:
            site.single = site.wish is not None and site.name != site.wish.name and site.name in named
        return self.found

    def _whose(self) -> str:
        setting = self.ground.setting
        return f"platform {setting.platform.name}" if setting.platform else f"machine {setting.machine.family}"

    def _add(self, domain: int, name: str, model: ControllerModel, wish: DomainWish | RootWish | None) -> Site:
        site = Site(len(self.found), domain, name, model, wish)
        self.found.append(site)
        return site

    def _existing(self) -> None:
        domains: dict[int, int] = {}
        for one in self.occupancy.controllers:
            if one.model is None or not one.begins_root:
                continue
            root = self.occupancy.domain_of(one)
            domain = domains.setdefault(root, len(domains))
            wish, copy = self._wish_for(one)
            site = self._add(domain, _name(wish, copy) if wish else f"{one.model.name} {one.index}", one.model, wish)
            site.existing, site.number = one, one.index
            node = self.ground.base.target(one, "node")
            site.node = node if isinstance(node, int) else None
            self._set_room(site, one)
            if wish is not None and wish.nodes and site.node not in wish.nodes:
                message = f"root controller {one.index} is there already, and not at that NUMA node"
                self.problems.append(Problem("plan-numa", message, wish.at))
        self.domain_count = len(domains)

    def _wish_for(self, root: Controller) -> tuple[DomainWish | RootWish | None, int]:
        """The entry and the copy that an existing root is: as an earlier layout has it, or a declared domain by index.

        Root 0 without a base is also the first open domain.
        """
        if root.index in self.ground.known:
            wish, copy = self.ground.known[root.index]
            places: list[DomainWish | RootWish] = [*self.plan.domains, *self.plan.roots]
            return next((one for one in places if one.name == wish.name), None), copy
        wishes = self.plan.domains if root.is_root else ()
        named = next((one for one in wishes if one.number == root.index), None)
        if named is not None or root.index or self.ground.has_base:
            return named, 0
        return next((one for one in wishes if one.number is None and not one.nodes), None), 0

    def _set_room(self, site: Site, root: Controller) -> None:
        slots: dict[str, Room] = {}
        site.existing_buses = site.existing_controllers = 0
        for one in self.occupancy.controllers:
            if one.model is None or self.occupancy.site_of(one) != root.index:
                continue
            site.existing_buses += one.model.guest_buses
            site.existing_controllers += 1
            bus = self.occupancy.buses[one.index]
            host = OWN_BUS if one is root else one.model.name
            before = slots.get(host, Room(0, 0))
            free = bus.masks[bus.min_slot : bus.max_slot + 1].count(0)
            shared = sum(8 - mask.bit_count() for slot, mask in enumerate(bus.masks) if bus.aggregate >> slot & 1)
            slots[host] = Room(before.slots + free, before.functions + shared)
        site.room = slots

    def _declared(self) -> None:
        named = [one.wish for one in self.found if one.wish is not None]
        firm = len({one.domain for one in self.found}) + sum(
            max(one.copies - named.count(one), 0) for one in self.plan.domains if not one.open
        )
        for wish in sorted(self.plan.domains, key=lambda one: one.open):
            there, copies = sum(1 for one in named if one is wish), wish.copies
            if wish.open:
                copies = min(copies + _OPEN, self.caps.domains - firm + there)
            for copy in range(there, copies):
                self._new_domain(wish, copy, wish.number)

    def _new_domain(self, wish: DomainWish | None, copy: int, number: int | None) -> Site | None:
        model = self.ground.catalog.controller(self.ground.setting.machine.root)
        if model is None:
            message = f"machine {self.ground.setting.machine.family} has no PCI root of its own"
            self.problems.append(Problem("plan-machine", message, self.plan.mark("machine")))
            return None
        name = f"domain {number}" if wish is None else _name(wish, copy)
        site = self._add(self.domain_count, name, model, wish)
        self.domain_count += 1
        site.number = number
        site.optional = wish.open if wish is not None else number is None
        if wish is not None and wish.nodes:
            site.node = wish.nodes[min(copy, len(wish.nodes) - 1)]
            option = model.targets.get("node")
            if option is None or not option.applies_to(self.ground.setting.machine.family):
                message = f"domains have no NUMA node on {self._whose()}; the roots of a flat plan may have one"
                self.problems.append(Problem("plan-numa", message, wish.at))
        return site

    def _pinned_domains(self) -> None:
        """Without declared domains, an address of the plan declares its own."""
        have = {one.number for one in self.found if one.is_domain}
        for device in self.plan.devices:
            number = device.address.domain if device.address is not None else None
            if number is not None and number not in have and not self.plan.domains and self.caps.domains > 1:
                self._new_domain(None, 0, number)
                have.add(number)

    def _expanders(self) -> None:
        if not self.plan.roots:
            return
        model = self._expander_model()
        if model is None or self.domain_count > 1:
            message = f"{self._whose()} has no expander buses, so there are no further roots"
            if model is not None:
                message = "roots are for guests of one PCI domain; here every domain has its own"
            self.problems.append(Problem("plan-roots", message, self.plan.mark("roots")))
            return
        there = Counter(one.wish.name for one in self.found if one.wish is not None and not one.is_domain)
        for wish in self.plan.roots:
            for copy in range(there[wish.name], wish.copies):
                site = self._add(0, _name(wish, copy), model, wish)
                if wish.nodes:
                    site.node = wish.nodes[copy if len(wish.nodes) > 1 else 0]
        root = self.found[0]
        asked, slots = sum(one.copies for one in self.plan.roots) - there.total(), root.room[OWN_BUS].slots
        left = slots - asked
        if left < 0:
            message = f"{asked} further roots; bus 0 has {slots} slots for them"
            self.problems.append(Problem("plan-roots", message, self.plan.mark("roots")))
        root.room[OWN_BUS] = root.room[OWN_BUS]._replace(slots=max(left, 0))

    def _expander_model(self) -> ControllerModel | None:
        root = self.found[0].model
        family = self.ground.setting.machine.family
        for model in self.ground.catalog.controllers():
            expands = model.needs & (PCI_EXPANDER | PCIE_EXPANDER) & root.accepts
            if expands and (not model.machines or family in model.machines):
                return model
        return None


def _name(wish: DomainWish | RootWish, copy: int) -> str:
    return copy_name(wish.name, wish.copies, copy)

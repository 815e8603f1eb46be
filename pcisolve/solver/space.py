"""A guest as the model of placing sees it: what is fixed is taken out, alike buses and alike parts are one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Final

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.core.address import HIGHEST_FLAT_INDEX
from pcisolve.core.node import Node
from pcisolve.firmware.guest_view import opens_window
from pcisolve.firmware.io_windows import uses_io
from pcisolve.firstfit.buses import Bus
from pcisolve.placing.space import CONTROLLER, ENDPOINT, PORT, Host, PartClass, Space
from pcisolve.problem.admits import by_hand, needs_express, unasked
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.solver.floating import floating
from pcisolve.solver.reach import Reach
from pcisolve.solver.reference import Reference, fixed_buses, index_bound

Likeness = Callable[[Part], Hashable]
_Admits = Callable[[ControllerModel, Part, int], bool]
_MOST_FLOATING: Final = 2_000  # buses, each counted once for every site
_ANY: Final = 1 << 30  # the index of a bus that may be added: not 0, and above all that exist


def build_space(problem: Problem, reference: Reference, *, narrow: bool, likeness: Likeness) -> Space:
    """The space of a guest.

    Args:
        likeness: what else parts must have in common to be counted as one class.
        narrow: everything stays hot-pluggable: nothing shares a slot, and endpoints go only where libvirt's own search
            would put them.
    """
    return _Builder(problem, reference, narrow, likeness).space()


class _Builder:
    def __init__(self, problem: Problem, reference: Reference, narrow: bool, likeness: Likeness) -> None:
        self.likeness = likeness
        self.problem, self.reference, self.narrow = problem, reference, narrow
        self.places = reference.choice.places
        self.controllers = [*problem.controllers, *reference.needed]
        self.optional = set(reference.optional)
        self.given = {one.index for one in self.controllers}
        self.everyone = [*self.controllers, *reference.optional]
        self.by_index = {one.index: one for one in reversed(self.everyone)}
        self.tops = [one for one in self.controllers if one.is_root or opens_window(one)]
        self.sites = {one: number for number, one in enumerate(self.tops)}
        self.extra = len(self.tops)  # the site of all roots that first fit has added, or that may be added
        self.sites.update({one: self.extra for one in reference.optional if one.is_root})
        machine = problem.machine
        self.usual = frozenset({machine.grows_express, *machine.legacy_entry, machine.grows_conventional})
        self.open = dict.fromkeys(reference.open)
        self.all_sites = list(range(self.extra + (self._more_roots() is not None)))
        self.floating = floating(reference, self.by_index, self.sites) if len(self.all_sites) > 1 else {}
        self.loose = len(self.floating) * len(self.all_sites) > _MOST_FLOATING
        if self.loose:
            self.floating = {}
        self.groups: dict[tuple[object, ...], list[Part]] = defaultdict(list)
        for part in reference.open:
            self.groups[self._key(part)].append(part)
        self.class_of = {part: number for number, parts in enumerate(self.groups.values()) for part in parts}
        self.hosts: list[Host] = []
        self.reach = Reach(self.hosts, self.given, written=not narrow)
        self.host_of: dict[Controller, Host] = {}  # where first fit has them
        self.hosts_at: dict[tuple[Controller, int], int] = {}

    def space(self) -> Space:
        residents = self._residents() if self.reference.kept else {one: Counter() for one in self.everyone}
        self._existing(residents)
        known = self.problem.catalog.controllers()
        usual = (one for one in known if not self.narrow or one.name in self.usual)
        growth = self.reach.growth(usual, self.problem.machine.family)
        more = self._more_roots()
        if more is not None:
            self._host(self.extra, more, ()).most = self.problem.machine.roots_flat
        most = HIGHEST_FLAT_INDEX if self.problem.flat else len(self.reference.open) + len(self.everyone)
        for site in self.all_sites:
            for model in growth:
                host = self._host(site, model, ())
                host.most = most
        classes = [self._class(parts, residents) for parts in self.groups.values()]
        return Space(
            self.hosts,
            classes,
            growth,
            self.usual,
            not self.narrow,
            self.tops,
            self._domains(),
            frozenset(self.given),
            1 + max(self.given, default=0) if self.problem.fills_gaps else 0,
            self._filled(),
            self._io(),
            self.loose,
        )

    def _host(self, site: int, model: ControllerModel, members: Iterable[Controller]) -> Host:
        host = Host(len(self.hosts), site, model, list(members))
        self.hosts.append(host)
        return host

    def _key(self, part: Part) -> tuple[object, ...]:
        variant = part.variant
        io = (variant.io, variant.needs) if variant is not None and not isinstance(part, Controller) else ()
        model = part.model_name if isinstance(part, Controller) else ""
        domain = part.domain if isinstance(part, Controller) else None
        kinds = (part.needs, part.explicit_needs, part.automatic, part.integrated, part.shares_slot)
        return (
            *kinds,
            io,
            model,
            index_bound(self.problem, part),
            domain,
            part.multifunction,
            part.host is not None,
            self.likeness(part),
        )

    def _site(self, controller: Controller) -> int:
        here: Controller | None = controller
        for _ in self.everyone:
            if here is None or here in self.sites:
                break
            place = self.places.get(here)
            here = self.by_index.get(place.provider) if place is not None else None
        return self.sites.get(here, 0) if here is not None else 0

    def _residents(self) -> dict[Controller, Counter[int]]:
        """How many parts of each class first fit has put on each bus, at the head of a slot."""
        found: dict[Controller, Counter[int]] = {one: Counter() for one in self.everyone}
        for part in self.reference.open:
            place = self.places.get(part)
            above = self.by_index.get(place.provider) if place is not None else None
            if above is not None and (above.is_root or above in self.places):
                found[above][self.class_of[part]] += 1
        return found

    def _existing(self, residents: dict[Controller, Counter[int]]) -> None:
        """A host for each group of alike buses that are there."""
        buses = fixed_buses(self.problem, self.reference)
        alike: dict[tuple[object, ...], list[Controller]] = defaultdict(list)
        for one in self._downwards():
            if one.model is not None:
                alike[self._likeness(one, one.model, buses, residents)].append(one)
        for (slots, functions, *_), members in alike.items():
            model = members[0].model
            if model is None or not isinstance(slots, int) or not isinstance(functions, int):
                continue
            for site in self._sites_of(members[0]):
                host = self._host(site, model, members)
                host.slots, host.functions = slots, functions
                host.optional = members[0] in self.optional
                host.floats = members[0] in self.floating
                host.above = self._host_above(members[0], site)
                self._standing(host)

    def _standing(self, host: Host) -> None:
        for one in host.members:
            self.hosts_at[one, host.site] = host.number
            if one not in self.host_of or host.site == self._site(one):
                self.host_of[one] = host

    def _sites_of(self, one: Controller) -> Iterable[int]:
        """The sites that it may be at, or below."""
        return self.all_sites if one in self.floating else (self._site(one),)

    def _host_above(self, one: Controller, site: int) -> int | None:
        """The host it is plugged into for sure, of those at this site."""
        above = self._above(one) if one in self.optional else self.floating.get(one)
        return None if above is None else self.hosts_at.get((above, site))

    def _likeness(
        self, one: Controller, model: ControllerModel, buses: dict[int, Bus], residents: dict[Controller, Counter[int]]
    ) -> tuple[object, ...]:
        """What alike buses have in common, their free slots and functions first; those of the input stand alone."""
        bus = buses.get(one.index)
        slots, functions = _room(bus) if bus is not None else (model.max_slot - model.min_slot + 1, 0)
        above = self._above(one) if one in self.optional else None
        alone = one.index if one not in self.optional or functions else None
        here = tuple(sorted(residents[one].items()))
        parent: object = self._family(above) if above is not None and above in self.optional else above
        return slots, functions, self._site(one), model.name, here, alone, parent

    def _above(self, part: Part) -> Controller | None:
        place = self.places.get(part)
        return None if place is None else self.by_index.get(place.provider)

    def _family(self, controller: Controller) -> object:
        """Optional controllers below alike ones are alike: known by their parent's site, model and place."""
        place = self.places.get(controller)
        return (self._site(controller), controller.model_name, None if place is None else place.provider)

    def _downwards(self) -> Iterator[Controller]:
        """All controllers, those first fit added after the ones they are plugged into."""
        yield from self.controllers
        waiting = list(self.reference.optional)
        done = set(self.controllers)
        while waiting:
            ready = [one for one in waiting if one.is_root or self._above(one) in done]
            if not ready:
                return
            yield from ready
            done |= set(ready)
            waiting = [one for one in waiting if one not in done]

    def _more_roots(self) -> ControllerModel | None:
        """The model of roots that libvirt itself would add."""
        name = self.problem.machine.grows_conventional
        model = self.problem.catalog.controller(name) if name else None
        return model if self.problem.flat and model is not None and model.root else None

    def _domains(self) -> list[list[int]]:
        """Sites by PCI domain: in the flat scheme all are in one, but on machines whose roots are host bridges."""
        apart = not self.problem.flat or self.problem.machine.isolation
        found: dict[int | None, list[int]] = defaultdict(list)
        for site, top in enumerate(self.tops):
            found[self._root_index(top) if apart else 0].append(site)
        return [*found.values(), *([[self.extra]] if self.extra in self.all_sites else [])]

    def _root_index(self, top: Controller) -> int | None:
        """The index of the root that a root or expander is at, or below."""
        above = top if top.is_root else self._above(top)
        return None if above is None else above.index

    def _filled(self) -> frozenset[int]:
        bridges = [one for one in self.reference.fixed if isinstance(one, Controller)]
        above = [self._above(one) for one in bridges if one.model is not None and one.model.io_window]
        return frozenset(self.host_of[one].number for one in above if one is not None and one in self.host_of)

    def _io(self) -> frozenset[int]:
        fixed = ((one, self._above(one)) for one in self.reference.fixed if not isinstance(one, Controller))
        return frozenset(
            self.host_of[above].number
            for part, above in fixed
            if above in self.host_of and part.variant is not None and uses_io(part, above)
        )

    def _class(self, parts: list[Part], residents: dict[Controller, Counter[int]]) -> PartClass:
        example = parts[0]
        number = self.class_of[example]
        written = frozenset(one.number for one in self.hosts if self._may_be_on(example, one, by_hand))
        allowed = frozenset(one.number for one in self.hosts if self._may_be_on(example, one, unasked))
        reference: Counter[int] = Counter()
        for controller, here in residents.items():
            if here[number] and controller in self.host_of:
                reference[self.host_of[controller].number] += here[number]
        endpoint = not isinstance(example, Controller)
        role = ENDPOINT if endpoint else PORT if example.shares_slot else CONTROLLER
        return PartClass(
            tuple(parts),
            role,
            allowed,
            allowed if self.narrow else written | allowed,
            {host: count for host, count in reference.items() if not self.narrow or host in allowed},
            needs_express(example),
            endpoint and not self.narrow and example.multifunction is None,
            frozenset(one.number for one in self.hosts if endpoint and uses_io(example, _stand_in(one))),
        )

    def _may_be_on(self, part: Part, host: Host, admits: _Admits) -> bool:
        index = host.members[0].index if host.members else _ANY
        if not admits(host.model, part, index):
            return False
        if not isinstance(part, Controller):
            return True
        bound = index_bound(self.problem, part)
        if part.domain is not None and not self.problem.flat and self._root_index(self.tops[host.site]) != part.domain:
            return False
        if not host.members:
            return bound is None or self.reach.is_reached(host, bound)
        return host.members[0] is not part and (bound is None or index < bound) and not self._is_later(part, host)

    def _is_later(self, part: Controller, host: Host) -> bool:
        """An open controller goes below an open one only where that one has the lower index, so that none go round."""
        return host.members[0] in self.open and host.members[0].index >= part.index


def _room(bus: Bus) -> tuple[int, int]:
    """Wholly empty slots, and free functions of slots that root ports share."""
    empty = bus.masks[bus.min_slot : bus.max_slot + 1].count(0)
    shared = sum(8 - mask.bit_count() for slot, mask in enumerate(bus.masks) if bus.aggregate >> slot & 1)
    return empty, shared


def _stand_in(host: Host) -> Controller:
    """A controller that stands for all of a host, for questions about its bus."""
    if host.members:
        return host.members[0]
    return Controller(None, Node("controller", {}, -1), host.model, -1)

"""The scene of a plan: which roots there are, what stands on the base already, who may be where."""

from __future__ import annotations

from collections.abc import Sequence

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.core.errors import InputError
from pcisolve.core.kinds import CONVENTIONAL, EXPRESS, PCI_EXPANDER
from pcisolve.planning.file.entry import Problem
from pcisolve.planning.file.values import DeviceWish, Plan, Together
from pcisolve.planning.model.ground import Ground
from pcisolve.planning.model.occupancy import Occupancy
from pcisolve.planning.model.pins import reserve_pins
from pcisolve.planning.model.scene import MAX_SWITCHES, Cap, Caps, Group, Item, Scene, Site, Standing, growth_models
from pcisolve.planning.model.sites import SiteMaker
from pcisolve.problem.parts import Controller
from pcisolve.problem.scheme import FLAT

FUNCTIONS = 8
_BUSES = 256
_NUMBERS = 100_000
_PORTS = 256  # rule chassis-unique: an 8-bit number for each root and downstream port of the whole guest
_FLAT_CONTROLLERS = 256  # rule index-max-255


def build_scene(ground: Ground, plan: Plan, extra: int, problems: list[Problem], caps: Sequence[Cap] = ()) -> Scene:
    """The scene of a plan that names only known things.

    Args:
        extra: how many domains may be added where the plan leaves their number open.
        problems: gets what cannot be had at all, such as more domains than the machine has.
        caps: limits of the machine with other values, for explanations.
    """
    occupancy = Occupancy(ground.base)
    if plan.switches:
        occupancy.close_switches()
    own = _caps(ground)._replace(**{one.name: one.value for one in caps})
    sites = SiteMaker(ground, plan, occupancy, own, problems).sites(extra)
    _refuse_size(plan, len(sites))
    problems += _spares_of_nothing(plan, sites)
    groups = reserve_pins(ground, occupancy, sites, [_group(ground, one, sites) for one in plan.devices], problems)
    growing = _growing(ground, {**{one.model.name: one.model for one in sites}, **occupancy.models})
    return Scene(
        plan=plan,
        scheme=ground.scheme,
        sites=sites,
        growth=growing,
        groups=groups,
        items=_items(plan, groups, problems),
        caps=own,
        buses=occupancy.buses,
        existing=_existing(occupancy, sites),
        standing=_standing(ground, occupancy, sites),
        hosts={**growing, **{name: model for name, model in occupancy.models.items() if not model.root}},
        direct=ground.is_direct,
        locked_zero=ground.setting.machine.isolation,
    )


def _spares_of_nothing(plan: Plan, sites: list[Site]) -> list[Problem]:
    if any(one.node is not None for one in sites):
        return []
    message = "no root of the plan is at a NUMA node"
    relations = [
        Problem("plan-numa", f"on: numa, and {message}", one.at) for one in plan.relations if one.unit == "numa"
    ]
    spares = [Problem("plan-spare", f"per: numa, and {message}", one.at) for one in plan.spares if one.unit == "numa"]
    return [*relations, *spares]


def _standing(ground: Ground, occupancy: Occupancy, sites: list[Site]) -> Standing:
    """What the base has; the bus-number windows of its expanders are set on their sites."""
    windows: dict[int, int] = {}
    for domain in {one.domain for one in sites}:
        numbered = [(_bus_number(ground, one), one) for one in sites if one.domain == domain]
        begins = sorted((pair for pair in numbered if pair[0]), key=lambda pair: pair[0])
        end = _BUSES
        for begin, site in reversed(begins):
            site.window, end = end - begin, begin
        if begins:
            windows[domain] = begins[0][0]
    models = [one.model for one in occupancy.controllers if one.model is not None]
    bridges = sum(1 for one in models if one.bus == "conventional" and not one.root and not one.needs & PCI_EXPANDER)
    ports = sum(1 for one in models if "chassis" in one.targets)
    return Standing(frozenset(occupancy.buses), ports, bridges, windows)


def _existing(occupancy: Occupancy, sites: list[Site]) -> dict[int, list[Controller]]:
    by_root = {one.existing.index: one.position for one in sites if one.existing is not None}
    found: dict[int, list[Controller]] = {}
    for one in sorted(occupancy.controllers, key=lambda one: one.index):
        found.setdefault(by_root[occupancy.site_of(one)], []).append(one)
    return found


def _bus_number(ground: Ground, site: Site) -> int:
    """The busNr of the base's expander; 0 for everything else."""
    number = None if site.existing is None else ground.base.target(site.existing, "busNr")
    return number if isinstance(number, int) else 0


def _growing(ground: Ground, above: dict[str, ControllerModel]) -> dict[str, ControllerModel]:
    if ground.is_direct:
        return {}
    family = ground.setting.machine.family
    found = growth_models(above.values(), ground.catalog.controllers(), family)
    return {one.name: one for one in found}


def _refuse_size(plan: Plan, sites: int) -> None:
    """Refuse what would take very many numbers to count.

    Raises:
        InputError: too many groups or relations for so many roots.
    """
    related = sum(len(one.groups) * (MAX_SWITCHES if one.unit == "switch" else 1) for one in plan.relations)
    numbers = sites * (len(plan.devices) + len(plan.spares) + related)
    if numbers > _NUMBERS:
        message = f"device groups and relations times {sites:,} roots come to {numbers:,} numbers"
        expected = f"at most {_NUMBERS:,}; alike devices may be one group with a count"
        raise InputError(message, expected=expected, location=plan.text.location(plan.mark("devices")))


def _caps(ground: Ground) -> Caps:
    machine, platform = ground.setting.machine, ground.setting.platform
    controllers = _FLAT_CONTROLLERS if ground.scheme == FLAT else None
    domains = machine.roots_flat if ground.scheme == FLAT else machine.roots_multi_domain
    if platform is not None:
        # The platform is not QEMU's machine: its firmware and its ports are its own.
        return Caps(min(domains, platform.domains), platform.buses_per_domain, None, None, controllers)
    return Caps(domains, machine.guest_buses or 256, machine.io_windows or None, _PORTS, controllers)


def _group(ground: Ground, wish: DeviceWish, sites: list[Site]) -> Group:
    device, variant = ground.kinds[wish.kind]
    needs = CONVENTIONAL if variant.needs == "conventional" or not ground.is_express else EXPRESS
    allowed = tuple(one.position for one in sites if _may_be_at(wish, one, variant.integrated, sites))
    return Group(wish, device, variant, needs, allowed)


def _may_be_at(wish: DeviceWish, site: Site, integrated: bool, sites: list[Site]) -> bool:
    names = {name for one in sites if one.domain == site.domain and one.is_domain for name in one.names}
    if wish.domains and not names & set(wish.domains):
        return False
    if wish.roots and not site.names & set(wish.roots):
        return False
    if integrated and site.number != 0:
        return False
    return not wish.nodes or site.node in wish.nodes


def _items(plan: Plan, groups: list[Group], problems: list[Problem]) -> list[Item]:
    """One item for each group, or one for groups whose devices share slots."""
    by_name = {one.name: one for one in groups}
    items: list[Item] = []
    done: set[str] = set()
    for relation in plan.relations:
        if not isinstance(relation, Together) or relation.unit != "slot":
            continue
        names = tuple(name for name in relation.groups if name in by_name)
        bad = _slot_problem(names, by_name, done)
        if bad:
            problems.append(Problem("plan-slot", bad, relation.at))
        elif names:
            each = tuple(1 if relation.pairwise else by_name[name].wish.copies for name in names)
            items.append(Item(names, by_name[names[0]].needs, each, 1))
            done.update(names)
    for group in groups:
        if group.name not in done and group.wish.address is None:
            packed = FUNCTIONS if group.wish.multifunction else 1
            packed = min(packed, _most_in_slot(plan, group.name))
            items.append(Item((group.name,), group.needs, (1,), packed, group.variant.integrated))
    return items


def _slot_problem(names: tuple[str, ...], by_name: dict[str, Group], done: set[str]) -> str:
    again = next((name for name in names if name in done), None)
    if again is not None:
        return f'"{again}" shares slots by a relation above already'
    placed = next((name for name in names if by_name[name].wish.address is not None), None)
    if placed is not None:
        return f'"{placed}" has an address, which says its slot already'
    if len({by_name[name].needs for name in names}) > 1:
        return "a PCI Express device and a conventional one never share a slot"
    return ""


def _most_in_slot(plan: Plan, name: str) -> int:
    limits = [
        one.at_most
        for one in plan.relations
        if not isinstance(one, Together) and one.unit == "slot" and name in one.groups
    ]
    return min([FUNCTIONS, *limits])

"""What a plan stands on: its machine or platform, its kinds, and the base with every address settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from pcisolve.catalog.catalog import Catalog
from pcisolve.catalog.devices import DeviceClass, Variant
from pcisolve.catalog.machines import Machine
from pcisolve.catalog.platforms import Platform
from pcisolve.core.errors import InputError
from pcisolve.core.words import did_you_mean
from pcisolve.planning.elements import plannable
from pcisolve.planning.file.entry import Problem
from pcisolve.planning.file.own import missing_places
from pcisolve.planning.file.text import Mark
from pcisolve.planning.file.values import DeviceWish, DomainWish, Plan, RootWish
from pcisolve.problem.layout import Layout
from pcisolve.problem.scheme import FLAT, MULTI_DOMAIN

_SMMU_MACHINE: Final = "arm-virt"
_SMMU_SINCE: Final = (11, 10, 0)

Kinds = dict[str, tuple[DeviceClass, Variant]]


class Setting(NamedTuple):
    """Machine and platform of a plan; arch and type as its XML names them."""

    machine: Machine
    platform: Platform | None
    arch: str
    type: str


class Ground(NamedTuple):
    """What a plan stands on. `base` is settled: every part of it has its place.

    `known`: which entry of the plan a root or expander of an earlier layout is, and which copy of it, by index.
    """

    catalog: Catalog
    setting: Setting
    kinds: Kinds
    scheme: str
    base: Layout
    has_base: bool
    known: Mapping[int, tuple[DomainWish | RootWish, int]] = {}  # nobody changes it

    @property
    def is_direct(self) -> bool:
        """Whether devices are on the roots themselves: the platform has no bridges."""
        return self.setting.platform is not None and not self.setting.platform.bridges

    @property
    def is_express(self) -> bool:
        """Whether bus 0 is PCI Express."""
        model = self.base.by_index[0].model
        return model is not None and model.express


def setting_of(plan: Plan, catalog: Catalog, problems: list[Problem]) -> Setting | None:
    """The machine and platform a plan names, or what is wrong with them."""
    platform = None
    if plan.platform is not None:
        platform = catalog.platform(plan.platform)
        if platform is None:
            known = [one.name for one in catalog.platforms()]
            message = f'unknown platform "{plan.platform}"; {did_you_mean(plan.platform, known)}'
            problems.append(Problem("plan-word", message, plan.mark("platform")))
            return None
        if platform.first_domain:
            message = f'platform "{platform.name}" has no domain 0, which every guest of libvirt begins with'
            problems.append(Problem("plan-platform", message, plan.mark("platform")))
            return None
    wish = plan.machine
    if wish is None and platform is None and plan.base is None:
        problems.append(Problem("plan-key", 'the key "machine", "platform" or "base" is missing', Mark(1, 1, 0)))
        return None
    arch = wish.arch if wish is not None and wish.arch else (platform.arch if platform else "x86_64")
    type_ = (wish.type or "") if wish is not None else (platform.machine if platform else "")
    try:
        return Setting(catalog.machine(arch, type_), platform, arch, type_)
    except InputError as error:
        problems.append(Problem("plan-machine", error.message, plan.mark("machine")))
        return None


def kinds_of_plan(plan: Plan, catalog: Catalog, problems: list[Problem]) -> Kinds:
    """Every kind the plan names, with its element; unknown ones and those without a PCI address are problems."""
    found: Kinds = {}
    for wish in plan.devices:
        if wish.kind in found:
            continue
        known = catalog.kind(wish.kind)
        if known is None:
            names = [one.name for device in catalog.devices() for one in device.variants if plannable(one, device)]
            message = f'unknown kind "{wish.kind}"; {did_you_mean(wish.kind, names)}'
        elif not known[1].needs:
            message = f'kind "{wish.kind}" takes no PCI address, so there is nothing to plan for it'
        elif not plannable(known[1], known[0]):
            message = f'kind "{wish.kind}" is more than a plan can say of it; put it into a base'
        else:
            found[wish.kind] = known
            continue
        problems.append(Problem("plan-kind", message, wish.mark("kind")))
    return found


def scheme_of_plan(plan: Plan, asked: str, platform: Platform | None = None) -> str:
    """The scheme: as asked, as the plan says, or multi-domain where it or its platform has more than one domain."""
    if asked != "auto":
        return asked
    if plan.scheme is not None:
        return plan.scheme
    several = sum(one.copies for one in plan.domains) > 1 or any(one.number for one in plan.domains)
    offered = platform is not None and platform.domains > 1 and not plan.domains and not plan.roots
    return MULTI_DOMAIN if several or offered else FLAT


def _iommus(ground: Ground, plan: Plan) -> Iterator[Problem]:
    """IOMMUs for single roots, where there are none."""
    wishes: list[DomainWish | RootWish] = [*plan.domains, *plan.roots]
    family = ground.setting.machine.family
    for wish in (one for one in wishes if one.iommu):
        what = f"an {wish.iommu} for a root of its own"
        if family != _SMMU_MACHINE:
            yield Problem("plan-iommu", f"{what} exists on {_SMMU_MACHINE}, not on {family}", wish.at)
        elif ground.catalog.libvirt < _SMMU_SINCE:
            yield Problem("plan-iommu", f"{what} needs libvirt 11.10.0", wish.at)


def _may_be_fixed(ground: Ground, wish: DeviceWish) -> bool:
    """Whether a device is on a port that can be told to let nothing go, or on bus 0, which never does."""
    return ground.is_express and not ground.is_direct and ground.kinds[wish.kind][1].needs != "conventional"


def singles(ground: Ground, plan: Plan) -> list[Problem]:
    """Groups of devices of which a guest has only one, and has it, or would have several."""
    base = ground.base.problem
    count = Counter(one.kind for one in base.parts if one.variant is not None and one.variant.needs)
    found = [*_iommus(ground, plan)]
    for wish in plan.devices:
        device = ground.kinds[wish.kind][0]
        for key, words in missing_places(wish, device.element):
            found.append(Problem("plan-key", f'"{key}" belongs to {words}', wish.mark(key)))
        if not wish.hotplug and (ground.has_base or not _may_be_fixed(ground, wish)):
            message = '"hotplug" is for PCI Express ports that the plan adds'
            found.append(Problem("plan-hotplug", message, wish.mark("hotplug")))
        count[device.element] += wish.copies
        if device.single and count[device.element] > 1:
            message = f"a guest has only one {device.element}; this is number {count[device.element]}"
            found.append(Problem("plan-count", message, wish.at))
    return found

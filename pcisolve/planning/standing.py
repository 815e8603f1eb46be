"""What a plan stands on: its base, or a guest without devices of its own, settled and read again."""

from __future__ import annotations

from collections.abc import Mapping

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.errors import InputError
from pcisolve.libvirt.container import read
from pcisolve.libvirt.document import Document
from pcisolve.ops.solve import solve
from pcisolve.ops.write import solved_bytes
from pcisolve.planning.base import base_document
from pcisolve.planning.file.entry import Problem
from pcisolve.planning.file.values import DomainWish, Plan, RootWish
from pcisolve.planning.layout.skeleton import skeleton
from pcisolve.planning.model.ground import Ground, Setting, kinds_of_plan, scheme_of_plan, setting_of
from pcisolve.planning.refused import Refused, refuse_problems
from pcisolve.problem.layout import Layout
from pcisolve.problem.problem import Options

Known = Mapping[int, tuple[DomainWish | RootWish, int]]


def ground_of(
    plan: Plan, catalog: Catalog, options: Options, controllers: str = "", known: Known | None = None
) -> tuple[Ground, Document]:
    """What the plan stands on, with the base settled and read again.

    Args:
        controllers: those of an earlier layout, in XML.
        known: which entries of the plan they are.

    Raises:
        Refused: the plan or its base cannot be used.
    """
    problems: list[Problem] = []
    kinds = kinds_of_plan(plan, catalog, problems)
    setting = setting_of(plan, catalog, problems)
    refuse_problems(plan.text, problems)
    if setting is None:
        raise AssertionError("a plan without machine is refused")
    document = _skeleton(plan, setting, controllers) if plan.base is None else _base(plan, options)
    asked = options._replace(scheme=_base_scheme(plan, options, setting), policy="libvirt")
    first = _layout_of(document, catalog, asked)
    if not first.controllers:
        message = f"libvirt gives {setting.machine.family} no PCI bus, so there is nothing to plan for it"
        refuse_problems(plan.text, [Problem("plan-machine", message, plan.mark("machine"))])
    settled, scheme = document.again(solved_bytes(document, first)), first.problem.scheme
    layout = _layout_of(settled, catalog, asked._replace(scheme=scheme))
    if plan.base is not None:
        setting = _setting_of_base(layout, setting)
    return Ground(catalog, setting, kinds, scheme, layout, plan.base is not None, known or {}), settled


def _base(plan: Plan, options: Options) -> Document:
    if options.alone:
        where = plan.text.location(plan.mark("base"))
        message = "a plan in an archive or in JSON Lines has no base"
        raise InputError(message, expected="a plan in a file of its own", location=where)
    return base_document(plan)


def _layout_of(document: Document, catalog: Catalog, options: Options) -> Layout:
    solution = solve(document.root, document, catalog, options)
    if solution.layout is None:
        raise Refused(solution.verdict)
    return solution.layout


def _base_scheme(plan: Plan, options: Options, setting: Setting) -> str:
    if plan.base is not None and options.scheme == "auto" and plan.scheme is None and not plan.domains:
        return "auto"
    return scheme_of_plan(plan, options.scheme, setting.platform)


def _setting_of_base(layout: Layout, setting: Setting) -> Setting:
    """The base says the machine; the plan may add a platform."""
    root = layout.problem.root
    arch, type_ = root.get("os/type/arch") or "", root.get("os/type/machine") or ""
    return Setting(layout.problem.machine, setting.platform, arch, type_)


def _skeleton(plan: Plan, setting: Setting, controllers: str) -> Document:
    return read(skeleton(plan, setting.machine, setting.arch, setting.type, controllers), plan.text.name)

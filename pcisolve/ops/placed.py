"""A layout as the verdict shows it: every part's place, how the guest sees it, and what to know about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcisolve.core.address import Address
from pcisolve.firmware.guest_view import InGuest, guest_view
from pcisolve.firmware.lasting import Changed, Moved
from pcisolve.problem.layout import Layout
from pcisolve.problem.naming import name_of, plain_name
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.problem.start.aliases import bus_name
from pcisolve.problem.start.startup import startup
from pcisolve.verdict.values import SOLVED, Note, PlacedArgument, PlacedController, PlacedDevice, Verdict


def solved_verdict(problem: Problem, layout: Layout, changed: Iterable[Changed | Moved] = ()) -> Verdict:
    """The verdict of a layout that holds; `changed` are the values and places that are not libvirt's own choice."""
    view = guest_view(layout)
    controllers = tuple(
        _placed_controller(layout, one, view[one]) for one in sorted(layout.controllers, key=lambda c: c.index)
    )
    devices = tuple(
        _placed_device(layout, part, view[part])
        for part in problem.parts
        if not isinstance(part, Controller) and part in layout.addresses
    )
    stats = {"controllers": len(controllers), "devices": len(devices), "added": len(layout.choice.added)}
    notes = (*(_change_note(problem, one) for one in changed), *_platform_notes(problem))
    return Verdict(
        status=SOLVED,
        proven=True,
        scheme=problem.scheme,
        policy=problem.options.policy,
        controllers=controllers,
        devices=devices,
        findings=(),
        stats=stats,
        notes=notes,
        arguments=() if problem.command_line is None else _arguments(layout),
    )


def _arguments(layout: Layout) -> tuple[PlacedArgument, ...]:
    """What the command line makes, where it finds a place."""
    start, source = startup(layout), layout.problem.source
    buses = {bus_name(layout, one): one.index for one in layout.controllers}
    placed = []
    for device, spot in start.spots.items() if start is not None else ():
        index = buses.get(spot.bus)
        address = None if index is None else str(Address(0, index, spot.slot, spot.function))
        line = source.location(device.node).line
        placed.append(PlacedArgument(device.text, device.driver, device.name, *spot, address, line))
    return tuple(placed)


def _line(problem: Problem, part: Part) -> int | None:
    return None if part.node is None else problem.source.location(part.node).line


def _placed_controller(layout: Layout, one: Controller, guest: InGuest) -> PlacedController:
    problem, address = layout.problem, layout.addresses.get(one)
    provider = layout.provider(one)
    domain = 0 if problem.flat else (one.index if one.is_root else address.domain if address else 0)
    return PlacedController(
        index=one.index,
        model=one.model_name,
        name=f"{'pcie' if one.is_root and one.model and one.model.express else 'pci'}.{one.index}",
        domain=domain,
        bus=0 if one.is_root and not problem.flat else one.index,
        parent=None if provider is None else provider.index,
        address=None if address is None else str(address),
        added=one.added or one.implicit,
        line=_line(problem, one),
        guest=guest,
    )


def _placed_device(layout: Layout, part: Part, guest: InGuest) -> PlacedDevice:
    return PlacedDevice(
        path=None if part.node is None else part.node.path,
        line=_line(layout.problem, part),
        kind=part.kind,
        name=plain_name(part),
        address=str(layout.addresses[part]),
        chosen=part.pinned is None,
        implicit=part.implicit,
        guest=guest,
    )


def _change_note(problem: Problem, one: Changed | Moved) -> Note:
    if isinstance(one, Moved):
        message = f"{name_of(one.part)} goes to {one.after}; at libvirt's own choice, {one.before}, it would not work"
        return Note(one.rule, message, _line(problem, one.part))
    reasons = {
        "window-fit": "the buses below it would run out of numbers",
        "chassis-unique": "another port has that chassis",
        "chassisnr-unique": "another bridge has that chassisNr",
        "start-phb-dup": "another host bridge has that target index",
    }
    message = (
        f"{name_of(one.controller)} gets {one.option} {one.after}; "
        f"with libvirt's own choice, {one.before}, {reasons[one.rule]}"
    )
    return Note(one.rule, message, _line(problem, one.controller))


def _platform_notes(problem: Problem) -> Iterator[Note]:
    """Several PCI domains where nothing can start them today: which platforms can."""
    catalog, machine = problem.catalog, problem.machine
    own = catalog.platform(machine.platform) if machine.platform else None
    if problem.flat or problem.options.platform or own is None or len(problem.roots) <= own.domains:
        return
    able = [one.name for one in catalog.platforms() if one.hypervisor and one.domains > 1]
    message = (
        f"no hypervisor can start {len(problem.roots)} PCI domains on {machine.family} today; "
        f"those that can: {', '.join(able)}"
    )
    yield Note("platform-domains", message, None)

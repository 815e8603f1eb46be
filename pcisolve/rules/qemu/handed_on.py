"""Places that qemu:commandline and qemu:override may not ask for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pcisolve.core.words import printable
from pcisolve.problem.layout import Layout
from pcisolve.problem.naming import clipped, name_of
from pcisolve.problem.qemu.arguments import Argument
from pcisolve.problem.qemu.commandline import Property
from pcisolve.problem.qemu.devices import BOARD, JSON, Device
from pcisolve.problem.start.collisions import FULL, SINGLE, Clash, Entry, Spot, Startup
from pcisolve.problem.start.startup import startup
from pcisolve.rules.rule import CaseT, Point, Question, Rule, Telling, point

FIRST = "QEMU makes key=value devices of qemu:commandline before those of libvirt, in the lowest free slot without addr"


class StartRule(Rule[CaseT]):
    """Shared by the rules that follow QEMU's start device by device."""

    stage = "qemu"

    def found(self, start: Startup) -> Iterable[CaseT]:
        """The breaches of one start."""
        raise NotImplementedError

    def cases(self, question: Question) -> Iterable[CaseT]:
        start = startup(question.layout)
        return () if start is None else self.found(start)

    def check(self, layout: Layout, case: CaseT) -> bool:
        start = startup(layout)
        return start is None or case not in self.found(start)


def quoted(argument: Argument) -> str:
    """An argument as it is written, short enough for a message."""
    text = clipped(argument.text)
    return f"`{printable(text)}`"


def point_of(argument: Argument, role: str = "") -> Point:
    """Where an argument stands."""
    return Point(argument.node, "value", role)


def origin(device: Device) -> str:
    """The element that an argument comes from."""
    return f"{quoted(device.argument)} of qemu:commandline"


def place(spot: Spot) -> str:
    """A place in QEMU's words."""
    return f"slot {spot.slot:#04x} function {spot.function} of {spot.bus}"


def who(entry: Entry) -> str:
    """Who is at a place, in words."""
    if entry.device is not None:
        return quoted(entry.device.argument)
    return name_of(entry.part) if entry.part is not None else f"the machine's {entry.built_in}"


def points_of(entry: Entry, role: str) -> list[Point]:
    """Where the one who is at a place is written; nowhere for what the machine has."""
    if entry.device is not None:
        return [point_of(entry.device.argument, role)]
    return [point(entry.part, "slot", role)] if entry.part is not None else []


class ArgumentSlot(StartRule[Clash]):
    """No argument of qemu:commandline takes a place that another device has.

    QEMU makes the machine's own devices first, then those of -vga, -usb and -nic, then -device with key=value, then
    libvirt's (JSON since QEMU 6.2), then -device with JSON; without addr each takes the lowest slot that is free.
    """

    id = "qemu-arg-slot"
    source = "QEMU hw/pci/pci.c do_pci_register_device, softmmu/vl.c, tried with 7.2 (slot 2 function 0 not available)"
    allows = (
        "q35: <rng model='virtio'><address type='pci' slot='5'/></rng> -- -device e1000e,addr=0x6",
        'q35: <rng model=\'virtio\'/> -- -device {"driver":"e1000e"}',
    )
    forbids = (
        "q35: <rng model='virtio'><address type='pci' slot='5'/></rng> -- -device e1000e,addr=0x5",
        "pc: <rng model='virtio'><address type='pci' slot='2'/></rng> -- -device cirrus-vga",
        "pc: <rng model='virtio'><address type='pci' slot='2'/></rng> -- -vga std",
    )

    def found(self, start: Startup) -> Iterable[Clash]:
        return [one for one in start.clashes if not one.by_override and not one.first.built_in]

    def tell(self, question: Question, case: Clash) -> Telling:
        return _told_by_argument(case) if case.later[0].device is not None else _told_by_part(question, case)


class ArgumentChipset(StartRule[Clash]):
    """No argument of qemu:commandline takes a place that the machine always has something at."""

    id = "qemu-arg-chipset"
    source = "QEMU hw/i386/pc_q35.c, hw/i386/pc_piix.c, tried with 7.2 (slot 0 function 0 not available, in use by mch)"
    allows = ("q35: <rng model='virtio'/> -- -device e1000e,addr=1f.5",)
    forbids = ("q35: <rng model='virtio'/> -- -device e1000e,addr=0x0",)

    def found(self, start: Startup) -> Iterable[Clash]:
        return [one for one in start.clashes if not one.by_override and one.first.built_in]

    def tell(self, question: Question, case: Clash) -> Telling:
        return _told_by_argument(case)


def _told_by_argument(case: Clash) -> Telling:
    """An argument finds its place taken."""
    device, first = case.later[0].device, case.first
    assert device is not None
    head = f"QEMU will not start: {origin(device)}"
    if case.why == FULL:
        message = f"{head} finds no free slot on {case.spot.bus}"
    elif case.why == SINGLE:
        message = f"{head} asks for {place(case.spot)}, but {_single(case, first)}"
    else:
        message = f"{head} asks for {place(case.spot)}, where {who(first)} is already"
    notes: tuple[str, ...] = ()
    if device.form == JSON and first.part is not None:
        notes = ("QEMU makes JSON devices of qemu:commandline after those of libvirt",)
    return Telling(message, (point_of(device.argument), *points_of(first, "is there")), notes)


def _told_by_part(question: Question, case: Clash) -> Telling:
    """libvirt's parts find their place taken by an argument."""
    device, parts = case.first.device, case.parts
    assert device is not None
    part = parts[0]
    where = question.layout.addresses.get(part)
    names = name_of(part) + (f" and {len(parts) - 1} more" if len(parts) > 1 else "")
    are = "is" if len(parts) == 1 else "are"
    if case.why == SINGLE:
        message = f"{names} {are} at {where}, but {_single(case, case.first)}"
    else:
        message = f"{names} {are} at {where}, but {origin(device)} takes that place first"
    first = [point(part, "slot")] if part.pinned is not None else [point_of(device.argument)]
    rest = [point_of(device.argument, "takes the place")] if part.pinned is not None else []
    seen = [one for one in parts[len(rest) :] if one.node is not None] or list(parts[len(rest) :][:1])
    rest += [
        point(one, "slot", "is there" if one.pinned or one.node is None else "libvirt puts it there") for one in seen
    ]
    return Telling(f"QEMU will not start: {message}", (*first, *rest), () if device.form == BOARD else (FIRST,))


def _single(case: Clash, first: Entry) -> str:
    """Why functions may not share a slot."""
    if case.spot.function:
        return f"{who(first)} at function 0 of that slot is not multifunction"
    return f"it is not multifunction and {who(first)} is in the same slot"


class OverridePlace(StartRule[Clash]):
    """No qemu:override of addr or bus moves a device to a place that another one has.

    libvirt knows nothing of it: its own addresses stay as they are, and QEMU is given the others.
    """

    id = "qemu-override-place"
    source = "libvirt src/qemu/qemu_command.c, tried with 9.0.0 and QEMU 7.2 (slot 5 function 0 not available)"
    allows = ("q35: <rng model='virtio'><address type='pci' slot='5'/></rng> -- override rng0 addr=0x6",)
    forbids = (
        "q35: <rng model='virtio'><address type='pci' slot='5'/></rng>"
        "<memballoon model='virtio'><address type='pci' slot='6'/></memballoon> -- override rng0 addr=0x6",
    )

    def found(self, start: Startup) -> Iterable[Clash]:
        return [one for one in start.clashes if one.by_override]

    def tell(self, question: Question, case: Clash) -> Telling:
        entries = (case.first, *case.later)
        moved = next(one for one in entries if one.moved is not None)
        other = next((one for one in entries if one is not moved), moved)
        assert moved.moved is not None and moved.part is not None
        if case.why == FULL:
            reason = f"no slot of {case.spot.bus} is free"
        elif case.why == SINGLE:
            reason = f"{_single(case, case.first)}"
        else:
            reason = f"{who(other)} has that place"
        message = f"qemu:override moves {name_of(moved.part)} to {place(case.spot)}, but {reason}"
        points = (override_point(moved.moved), *points_of(other, "has the place"))
        return Telling(f"QEMU will not start: {message}", points)


class OverrideValue(StartRule[tuple[Property, str]]):
    """A qemu:override of addr is a place that QEMU can read."""

    id = "qemu-override-value"
    source = "QEMU hw/core/qdev-properties-system.c set_pci_devfn, tried with 7.2"
    allows = ("q35: <rng model='virtio'/> -- override rng0 addr=0x0",)
    forbids = ("q35: <rng model='virtio'/> -- override rng0 addr=0x20",)

    def found(self, start: Startup) -> Iterable[tuple[Property, str]]:
        return start.unreadable

    def tell(self, question: Question, case: tuple[Property, str]) -> Telling:
        change, expected = case
        value = clipped(str(change.value))
        message = f"QEMU will not start: qemu:override gives addr the value '{value}': expected {expected}"
        return Telling(message, (override_point(change),))


def override_point(change: Property) -> Point:
    """Where an override stands."""
    return Point(change.node, "value" if "value" in change.node.attributes else "name")


RULES: tuple[Rule[Any], ...] = (ArgumentSlot(), ArgumentChipset(), OverridePlace(), OverrideValue())

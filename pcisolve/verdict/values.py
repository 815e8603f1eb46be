"""What an answer is made of. Everything here is a plain value; nothing refers back to the input's tree."""

from __future__ import annotations

from typing import Any, NamedTuple

from pcisolve.core.shortage import Shortage
from pcisolve.core.version import JSON_VERSION
from pcisolve.firmware.guest_view import InGuest

SOLVED, INFEASIBLE, UNKNOWN, INVALID = "solved", "infeasible", "unknown", "invalid"
SAFE, MOVES, UNSAFE = "safe", "moves", "unsafe"
DECIDED_BY, FIRST_FIT, CP_SAT = "decided_by", "first-fit", "cp-sat"
EXIT_CODE = {SOLVED: 0, INFEASIBLE: 1, UNKNOWN: 3, INVALID: 1}


class FactAt(NamedTuple):
    """One thing the input says, where it stands, and its role in a finding. Line and column from 1."""

    text: str
    file: str
    line: int
    column: int
    role: str


class ChangeAt(NamedTuple):
    """One fact that a repair changes. `before` is None for what is added, `after` for what is taken away.

    `path` is an XPath; `line` is None for what has no line yet.
    """

    path: str
    line: int | None
    before: str | None
    after: str | None

    def to_json(self) -> dict[str, Any]:
        """As in `check --format json`."""
        return {"path": self.path, "line": self.line, "from": self.before, "to": self.after}


class EditAt(NamedTuple):
    """Text to put in the place of what a file has from one place to another, lines and columns from 1."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Move(NamedTuple):
    """A part that the guest finds at another address, dddd:bb:ss.f, after a repair than before."""

    name: str
    before: str
    after: str

    def to_json(self) -> dict[str, Any]:
        """As in `check --format json`."""
        return {"name": self.name, "from": self.before, "to": self.after}


class Repair(NamedTuple):
    """Changes that make a finding go away and bring no other error: shown by judging the changed guest afresh.

    Attributes:
        changes: what is different in the file.
        effect: the same in words, in the imperative.
        cost: in the units of models/repair/weights.toml.
        safety: SAFE where nothing of the user's is lost and only parts of the conflict change; MOVES where a part that
            has nothing to do with the conflict gets another address in the guest, or one leaves its NUMA node, root or
            PCI domain; UNSAFE where a part or a wish is lost.
        moves: the parts with an address in the input that the guest finds elsewhere.
        removes: the parts and wishes that are lost, in words.
        edits: the changes as edits of the file's text, none of which overlap, in its order; where the options ask.
    """

    changes: tuple[ChangeAt, ...]
    effect: str
    cost: int
    safety: str = SAFE
    moves: tuple[Move, ...] = ()
    removes: tuple[str, ...] = ()
    edits: tuple[EditAt, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As in `check --format json`."""
        return {
            "changes": [one.to_json() for one in self.changes],
            "effect": self.effect,
            "cost": self.cost,
            "safety": self.safety,
            "moves": [one.to_json() for one in self.moves],
            "removes": list(self.removes),
        }


class Finding(NamedTuple):
    """One thing that is wrong.

    Attributes:
        code: id of the main rule.
        rules: ids of all rules involved: the main one, then those whose breaches go away with this one.
        stage: who enforces it.
        message: one sentence.
        minimal: whether this is proved to be a minimal conflict.
        facts: the element at fault first.
        context: lines that help to see it, though the conflict does without them.
        alike: the elements at fault of further cases that are told by this one.
        notes: what the platform says, and the arithmetic.
        shortages: what runs out, in numbers.
        repairs: the safest first, and of equally safe ones the cheapest.
        severity: "error", "warning" or "note"; only errors refuse a guest.
    """

    code: str
    rules: tuple[str, ...]
    stage: str
    message: str
    minimal: bool
    facts: tuple[FactAt, ...]
    context: tuple[FactAt, ...] = ()
    alike: tuple[FactAt, ...] = ()
    notes: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    severity: str = "error"
    shortages: tuple[Shortage, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The finding as in `check --format json`."""
        return {
            "code": self.code,
            "rules": list(self.rules),
            "severity": self.severity,
            "stage": self.stage,
            "message": self.message,
            "minimal": self.minimal,
            "facts": [fact._asdict() for fact in self.facts],
            "context": [fact._asdict() for fact in self.context],
            "alike": [fact._asdict() for fact in self.alike],
            "notes": list(self.notes),
            "shortages": [shortage.to_json() for shortage in self.shortages],
            "repairs": [repair.to_json() for repair in self.repairs],
        }


class Note(NamedTuple):
    """Something the user should know about an answer that holds.

    Attributes:
        code: id of the rule that is the reason.
        message: one sentence.
        line: where the input speaks of it, from 1; None where it does not.
    """

    code: str
    message: str
    line: int | None

    def to_json(self) -> dict[str, Any]:
        """As in `solve --format json`."""
        return self._asdict()


class PlacedController(NamedTuple):
    """A PCI controller of a layout. `parent` is the index of the controller it is plugged into."""

    index: int  # type: ignore[assignment]  # libvirt's word; a tuple's own index() is not wanted here
    model: str
    name: str
    domain: int
    bus: int
    parent: int | None
    address: str | None
    added: bool
    line: int | None
    guest: InGuest

    def to_json(self) -> dict[str, Any]:
        """As in `solve --format json`."""
        return {
            "index": self.index,
            "model": self.model,
            "name": self.name,
            "domain": self.domain,
            "bus": self.bus,
            "parent": self.parent,
            "address": self.address,
            "added": self.added,
            "line": self.line,
            "guest": self.guest.to_json(),
        }


class PlacedDevice(NamedTuple):
    """A device of a layout. `chosen`: its address was not in the input. `path` and `line` are None when implicit.

    `kind` is the element's name, `name` the device in words ("disk vda", "usb controller 0").
    """

    path: str | None
    line: int | None
    kind: str
    name: str
    address: str
    chosen: bool
    implicit: bool
    guest: InGuest

    def to_json(self) -> dict[str, Any]:
        """As in `solve --format json`."""
        return {
            "path": self.path,
            "line": self.line,
            "kind": self.kind,
            "name": self.name,
            "address": self.address,
            "chosen": self.chosen,
            "implicit": self.implicit,
            "guest": self.guest.to_json(),
        }


class PlacedArgument(NamedTuple):
    """A PCI device that an argument of qemu:commandline makes when QEMU starts; libvirt knows nothing of it.

    Attributes:
        text: the argument as it is written.
        driver: QEMU's name of the device.
        id: the one it is given; "" without.
        bus: QEMU's name of the bus it is on.
        slot, function: where on that.
        address: the same as libvirt would write it; None on a bus that an argument makes.
        line: where the argument stands, from 1.
    """

    text: str
    driver: str
    id: str
    bus: str
    slot: int
    function: int
    address: str | None
    line: int

    def to_json(self) -> dict[str, Any]:
        """As in `solve --format json`."""
        return self._asdict()


class Verdict(NamedTuple):
    """The answer to one input.

    Attributes:
        status: solved, infeasible, unknown (a limit was reached) or invalid (unusable input).
        proven: whether the status is proved.
        scheme, policy: what was used.
        stats: how many controllers and devices there are, and how many controllers were added; of a solved guest who
            decided it ("first-fit" or "cp-sat"), and of the latter each level with value and bound.
        notes: what to know about an answer that holds, such as a value that is not libvirt's own choice.
        arguments: what qemu:commandline makes, in the order in which QEMU does.
    """

    status: str
    proven: bool
    scheme: str
    policy: str
    controllers: tuple[PlacedController, ...]
    devices: tuple[PlacedDevice, ...]
    findings: tuple[Finding, ...]
    stats: dict[str, Any]
    notes: tuple[Note, ...] = ()
    arguments: tuple[PlacedArgument, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 solved (warnings and notes too), 1 infeasible or invalid, 3 unknown."""
        return EXIT_CODE[self.status]

    def to_json(self) -> dict[str, Any]:
        """As in `solve --format json`; the same for each line of batch. Without qemu:commandline no `arguments`."""
        made = {"arguments": [one.to_json() for one in self.arguments]} if self.arguments else {}
        return {
            "version": JSON_VERSION,
            "status": self.status,
            "proven": self.proven,
            "scheme": self.scheme,
            "policy": self.policy,
            "controllers": [one.to_json() for one in self.controllers],
            "devices": [one.to_json() for one in self.devices],
            **made,
            "notes": [one.to_json() for one in self.notes],
            "findings": [one.to_json() for one in self.findings],
            "stats": dict(self.stats),
        }

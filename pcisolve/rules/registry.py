"""All rules, in the order in which they are said."""

from __future__ import annotations

from functools import cache
from typing import Any

from pcisolve.rules import controllers, devices, drives, host, index, policy, reading, targets, zpci
from pcisolve.rules.address import bus, numbers, sharing
from pcisolve.rules.guest import cards, io_windows, windows
from pcisolve.rules.guest import functions as guest_functions
from pcisolve.rules.multi_domain import lookup, tree
from pcisolve.rules.qemu import arguments, functions, handed_on, order, platform
from pcisolve.rules.qemu import devices as qemu_devices
from pcisolve.rules.qemu import numbers as qemu_numbers
from pcisolve.rules.rule import ERROR, Rule

ALL: tuple[Rule[Any], ...] = (
    *reading.RULES,
    *controllers.RULES,
    *index.RULES,
    *targets.RULES,
    *devices.RULES,
    *host.RULES,
    *drives.RULES,
    *policy.RULES,
    *numbers.RULES,
    *bus.RULES,
    *sharing.RULES,
    *tree.RULES,
    *lookup.RULES,
    *zpci.RULES,
    *order.RULES,
    *qemu_numbers.RULES,
    *functions.RULES,
    *qemu_devices.RULES,
    *platform.RULES,
    *arguments.RULES,
    *handed_on.RULES,
    *guest_functions.RULES,
    *windows.RULES,
    *io_windows.RULES,
    *cards.RULES,
)
BY_ID: dict[str, Rule[Any]] = {rule.id: rule for rule in ALL}
STRUCTURE: tuple[Rule[Any], ...] = (
    *index.RULES[:1],
    *tree.RULES,
    *lookup.RULES,
    BY_ID["addr-kind-match"],
    BY_ID["addr-slot-min"],
    BY_ID["addr-slot-max"],
)
READING_IDS = frozenset(rule.id for rule in reading.RULES)
_DEPTH = {"libvirt": 0, "qemu": 1, "guest": 2}


@cache
def rules_for(stage: str) -> tuple[Rule[Any], ...]:
    """The rules that refuse a guest, down to a stage."""
    return tuple(rule for rule in ALL if _DEPTH[rule.stage] <= _DEPTH[stage] and rule.severity == ERROR)


@cache
def advice_for(stage: str) -> tuple[Rule[Any], ...]:
    """The rules that warn or only tell, down to a stage."""
    return tuple(rule for rule in ALL if _DEPTH[rule.stage] <= _DEPTH[stage] and rule.severity != ERROR)

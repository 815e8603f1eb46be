"""All rules, in the order in which they are said."""

from __future__ import annotations

from functools import cache
from typing import Any

from pcisolve.problem.problem import COMMON
from pcisolve.rules import (
    controllers,
    devices,
    drives,
    dropped,
    host,
    hypervisor,
    index,
    policy,
    reading,
    targets,
    zpci,
)
from pcisolve.rules.address import bus, numbers, own_place, sharing
from pcisolve.rules.guest import cards, io_windows, windows
from pcisolve.rules.guest import functions as guest_functions
from pcisolve.rules.multi_domain import lookup, tree
from pcisolve.rules.qemu import arguments, functions, handed_on, order, platform, root_bus
from pcisolve.rules.qemu import devices as qemu_devices
from pcisolve.rules.qemu import numbers as qemu_numbers
from pcisolve.rules.rule import ERROR, Rule
from pcisolve.rules.structural import Structural

ALL: tuple[Rule[Any], ...] = (
    *hypervisor.RULES,
    *reading.RULES,
    *controllers.RULES,
    *index.RULES,
    *targets.RULES,
    *devices.RULES,
    *dropped.RULES,
    *host.RULES,
    *drives.RULES,
    *policy.RULES,
    *numbers.RULES,
    *own_place.RULES,
    *bus.RULES,
    *sharing.RULES,
    *tree.RULES,
    *lookup.RULES,
    *zpci.RULES,
    *order.RULES,
    *qemu_numbers.RULES,
    *functions.RULES,
    *qemu_devices.RULES,
    *root_bus.RULES,
    *platform.RULES,
    *arguments.RULES,
    *handed_on.RULES,
    *guest_functions.RULES,
    *windows.RULES,
    *io_windows.RULES,
    *cards.RULES,
)
BY_ID: dict[str, Rule[Any]] = {rule.id: rule for rule in ALL}
STRUCTURE: tuple[Structural[Any], ...] = tuple(rule for rule in ALL if isinstance(rule, Structural))
READING_IDS = frozenset(rule.id for rule in reading.RULES)
_DEPTH = {"libvirt": 0, "qemu": 1, "guest": 2}


@cache
def rules_for(stage: str) -> tuple[Rule[Any], ...]:
    """The rules that refuse a guest, down to a stage."""
    return tuple(rule for rule in ALL if _counts(rule, stage) and rule.severity == ERROR)


@cache
def advice_for(stage: str) -> tuple[Rule[Any], ...]:
    """The rules that warn or only tell, down to a stage."""
    return tuple(rule for rule in ALL if _counts(rule, stage) and rule.severity != ERROR)


def _counts(rule: Rule[Any], stage: str) -> bool:
    """Whether a rule has a say down to a stage."""
    return rule.common if stage == COMMON else _DEPTH[rule.stage] <= _DEPTH[stage]

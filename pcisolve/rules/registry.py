"""All rules, in the order in which they are said."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from functools import cache
from typing import Any

from pcisolve.core.errors import InputError
from pcisolve.core.words import did_you_mean, printable
from pcisolve.problem.problem import COMMON, Options
from pcisolve.rules import (
    controllers,
    devices,
    drives,
    dropped,
    host,
    hypervisor,
    ignored,
    index,
    policy,
    reading,
    targets,
    zpci,
)
from pcisolve.rules.address import bus, numbers, own_place, sharing
from pcisolve.rules.guest import cards, io_windows, windows
from pcisolve.rules.guest import functions as guest_functions
from pcisolve.rules.guest import memory as guest_memory
from pcisolve.rules.multi_domain import lookup, tree
from pcisolve.rules.qemu import arguments, functions, handed_on, iommu, memory, order, platform, root_bus
from pcisolve.rules.qemu import devices as qemu_devices
from pcisolve.rules.qemu import numbers as qemu_numbers
from pcisolve.rules.rule import ERROR, Rule
from pcisolve.rules.site import site_rules
from pcisolve.rules.stages import DEPTH
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
    *iommu.RULES,
    *memory.RULES,
    *root_bus.RULES,
    *platform.RULES,
    *arguments.RULES,
    *handed_on.RULES,
    *guest_functions.RULES,
    *windows.RULES,
    *io_windows.RULES,
    *guest_memory.RULES,
    *cards.RULES,
    *ignored.RULES,  # last: it tells what those before it did not need
)
BY_ID: dict[str, Rule[Any]] = {rule.id: rule for rule in ALL}
STRUCTURE: tuple[Structural[Any], ...] = tuple(rule for rule in ALL if isinstance(rule, Structural))
READING_IDS = frozenset(rule.id for rule in reading.RULES)


def rules_for(options: Options) -> tuple[Rule[Any], ...]:
    """The rules that refuse a guest, down to the stage asked for.

    Raises:
        InputError: a rule of the user's own cannot be used, or one that is to be left out is not known.
    """
    return _counted(options.stage, options.rules, options.without, options.severities, True)


def advice_for(options: Options) -> tuple[Rule[Any], ...]:
    """The rules that warn or only tell, down to the stage asked for.

    Raises:
        InputError: as for rules_for.
    """
    return _counted(options.stage, options.rules, options.without, options.severities, False)


def structure_for(options: Options) -> tuple[Structural[Any], ...]:
    """The rules that count while indexes are open."""
    given = dict(options.severities)
    return tuple(one for one in STRUCTURE if one.id not in options.without and given.get(one.id, ERROR) == ERROR)


def everything(folders: tuple[str, ...]) -> tuple[Rule[Any], ...]:
    """All rules, and those in folders of the user's own.

    Raises:
        InputError: one of those cannot be used.
    """
    return (*ALL, *(rule for folder in folders for rule in site_rules(folder)))


def left_out(select: Iterable[str], ignore: Iterable[str], folders: tuple[str, ...] = ()) -> frozenset[str]:
    """The rules that do not count where only some are selected and others are ignored, by id or pattern ("start-*").

    Nothing selected is everything.

    Raises:
        InputError: an id or pattern names no rule.
    """
    known = [rule.id for rule in everything(folders)]
    chosen = {name for one in select for name in matching(one, known)} or set(known)
    return frozenset(known) - (chosen - {name for one in ignore for name in matching(one, known)})


def matching(pattern: str, known: Iterable[str]) -> list[str]:
    """The ids of rules that a pattern names.

    Raises:
        InputError: none.
    """
    known = list(known)
    found = fnmatch.filter(known, pattern)
    if not found:
        raise InputError(f'no rule "{printable(pattern)}"; {did_you_mean(pattern, known, "pcisolve rule lists them")}')
    return found


@cache
def _counted(
    stage: str,
    folders: tuple[str, ...],
    without: frozenset[str],
    severities: tuple[tuple[str, str], ...],
    refusing: bool,
) -> tuple[Rule[Any], ...]:
    rules, given = everything(folders), dict(severities)
    known = [rule.id for rule in rules]
    for name in known[len(ALL) :]:
        if known.count(name) > 1:
            raise InputError(f'there are two rules "{name}"', expected="an id of its own for each rule")
    for name in sorted(without):
        if name not in known:
            raise InputError(f'no rule "{name}" to leave out', expected="an id that pcisolve rule lists")
    return tuple(
        rule
        for rule in rules
        if rule.id not in without and _counts(rule, stage) and (given.get(rule.id, rule.severity) == ERROR) == refusing
    )


def _counts(rule: Rule[Any], stage: str) -> bool:
    """Whether a rule has a say down to a stage."""
    return rule.common if stage == COMMON else DEPTH[rule.stage] <= DEPTH[stage]

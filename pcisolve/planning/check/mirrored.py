"""What is said of a layout that should stand as the host does: each pair that differs, with both relations."""

from __future__ import annotations

from typing import Final

from pcisolve.core.address import Address
from pcisolve.host.host import Host
from pcisolve.planning.check.mirror import Compared, Difference, compared
from pcisolve.planning.file.entry import Problem
from pcisolve.planning.file.values import MirrorWish, Plan, Which
from pcisolve.planning.mirror.mirrored import MIRROR
from pcisolve.problem.layout import Layout
from pcisolve.verdict.values import FactAt, Finding

_MOST: Final = 50  # notes of one plan


def told(
    plan: Plan, mirror: MirrorWish, host: Host, layout: Layout, places: dict[Which, Address]
) -> tuple[list[Finding], list[Problem]]:
    """A note for each kind of pair that differs, or, of a strict plan, what refuses it."""
    wishes = {one.name: one for one in plan.devices}
    parts = {address: part for part, address in layout.addresses.items()}
    mine = {
        wishes[name].host[rank]: parts[address] for (name, rank), address in places.items() if name in mirror.groups
    }
    found = compared(host, layout, mine, mirror.keep)
    said = [_said(one) for one in found.differences]
    if len(said) > _MOST:
        said = [*said[:_MOST], f"{len(said) - _MOST:,} others differ, too"]
    if mirror.strict and said:
        return [], [Problem(MIRROR, f"{_count(found)}; {said[0]}", mirror.at)]
    if said:
        said = [_count(found), *said]
    text, at = plan.text, mirror.at
    facts = (FactAt(text.piece(at), text.name, at.line, at.column, ""),)
    return [Finding(MIRROR, (MIRROR,), "libvirt", one, False, facts, severity="note") for one in said], []


def _count(found: Compared) -> str:
    return f"{found.kept:,} of {found.pairs:,} pairs stand as on the host"


def _said(one: Difference) -> str:
    more = f", and {one.pairs - 1:,} similar" if one.pairs > 1 else ""
    return f"{one.one} and {one.other} are {one.host} on the host and {one.guest} in the guest{more}"

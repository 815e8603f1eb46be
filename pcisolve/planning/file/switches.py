"""Declared switches: each name once, each below one that is there, and nothing beside them that says the same."""

from __future__ import annotations

from typing import Final

from pcisolve.core.words import did_you_mean
from pcisolve.planning.file.entry import EntryReader
from pcisolve.planning.file.text import Mark
from pcisolve.planning.file.values import Plan, copy_name

_ALONE: Final = ("base", "mirror", "domains")


def check_switches(plan: Plan, reader: EntryReader) -> None:
    """Refuse what is wrong with the switches, and devices that are on none of them."""
    roots = {copy_name(one.name, one.copies, copy) for one in plan.roots for copy in range(one.copies)}
    taken = roots | {name for one in plan.roots for name in one.names}
    known: set[str] = set()
    for one in plan.switches:
        if one.name in taken or one.name in known:
            reader.refuse("plan-name", f'there is a root or switch "{one.name}" already', one.at)
        if one.parent and one.parent not in roots | known:
            hint = did_you_mean(one.parent, sorted(roots | known)) if roots | known else "there is none before it"
            message = f'no single root, and no switch before this one, is called "{one.parent}"; {hint}'
            reader.refuse("plan-name", message, one.at)
        known.add(one.name)
    named: list[tuple[str | None, Mark]] = [(one.switch, one.mark("switch")) for one in plan.devices]
    named += [(one.changes.get("switch"), one.marks.get("switch", one.at)) for one in plan.pins]
    for name, at in named:
        if name is not None and name not in known:
            hint = did_you_mean(name, sorted(known)) if known else 'the key "switches" is missing'
            reader.refuse("plan-name", f'no switch "{name}"; {hint}', at)
    for key in _ALONE if plan.switches else ():
        if key in plan.marks:
            message = f'"switches" are built before the rest, so "{key}" cannot be there'
            reader.refuse("plan-key", message, plan.mark(key))

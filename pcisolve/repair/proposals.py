"""The changes that may make a conflict go away, before any of them is tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from pcisolve.core.change import Change, NewElement
from pcisolve.core.node import Node
from pcisolve.explain.conflicts import Conflict, Told, element_of
from pcisolve.explain.trials import Outcome
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedies import (
    addresses,
    cards,
    classes,
    commandline,
    controllers,
    drives,
    machine,
    memory,
    others,
    reading,
    stages,
)
from pcisolve.repair.remedies.generic import generic
from pcisolve.repair.remedy import Remedies, Remedy

REMEDIES: dict[str, Remedies] = {
    **reading.REMEDIES,
    **controllers.REMEDIES,
    **addresses.REMEDIES,
    **others.REMEDIES,
    **drives.REMEDIES,
    **machine.REMEDIES,
    **cards.REMEDIES,
    **stages.REMEDIES,
    **classes.REMEDIES,
    **commandline.REMEDIES,
    **memory.REMEDIES,
}


def combined(outcome: Outcome, conflict: Conflict) -> list[tuple[Change, ...]]:
    """For each sort of remedy, the changes that it makes for all alike cases together."""
    if conflict.rule.unmendable:
        return []
    bench = Bench(outcome.question, outcome.layout)
    found = [of_sort(bench.copy(), conflict, sort) for sort in sorts(bench.copy(), conflict)]
    return [changes for changes in found if changes]


def sorts(bench: Bench, conflict: Conflict) -> list[str]:
    """The sorts of remedies that there are for the first of the alike cases."""
    return list(dict.fromkeys(remedy.sort for remedy in remedies(bench, conflict.told[0])))


def of_sort(bench: Bench, conflict: Conflict, sort: str) -> tuple[Change, ...]:
    """The changes that this sort of remedy makes for all alike cases; none where one of them has no such remedy."""
    changes: list[Change] = []
    done: set[int] = set()
    for told in conflict.told:
        if told.telling.points and element_of(told.telling.points[0].node).number in done:
            continue  # moved together with one before it
        remedy = next((one for one in remedies(bench, told) if one.sort == sort), None)
        if remedy is None:
            return ()
        changes += remedy.changes
        done.update(element_of(change.node).number for change in remedy.changes if change.node.tag != "devices")
    return tuple(changes)


def remedies(bench: Bench, told: Told) -> Iterator[Remedy]:
    """What may be done about one breach: what is known of its rule first, then what may be done about any."""
    special = REMEDIES.get(told.breach.rule.id)
    own: Iterable[Remedy] = () if special is None else special(bench, told.breach.case, told.telling)
    return chain(own, generic(bench, told.telling))


def merged(changes: Iterable[Change]) -> tuple[Change, ...]:
    """One change of each fact, the last; none of what lies in an element that is taken away."""
    last: dict[tuple[object, ...], Change] = {}
    for place, change in enumerate(changes):
        key: tuple[object, ...] = (change.node.number, change.attribute)
        last[(*key, place) if isinstance(change.value, NewElement) else key] = change
    gone = {one.node.number for one in last.values() if one.value is None and not one.attribute}
    return tuple(one for one in last.values() if not _is_inside(one, gone))


def _is_inside(change: Change, gone: set[int]) -> bool:
    here: Node | None = change.node if change.attribute or change.value is not None else change.node.parent
    while here is not None:
        if here.number in gone:
            return True
        here = here.parent
    return False


def mark(changes: Iterable[Change]) -> frozenset[object]:
    """What changes come to, so that the same is not tried or shown twice."""
    return frozenset((one.node.number, one.attribute, str(one.value)) for one in changes)

"""A minimal set of a plan's wishes that cannot hold together, proved by solving afresh each time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from pcisolve.planning.file.values import Apart, DeviceWish, DomainWish, Limit, Plan, RootWish, Spare, Together
from pcisolve.planning.model.scene import Cap
from pcisolve.solver.mus import Core, every, quickxplain, smallest

Wish = DeviceWish | DomainWish | RootWish | Together | Apart | Spare | Limit
Possible = Callable[[Plan, Sequence[Cap]], bool | None]  # None: not known within the time limit
_FEW: Final = 24  # wishes of a plan whose smallest conflict is looked for, on so many roots
_ROOTS: Final = 64
_QUESTIONS: Final = 100
_ALL_QUESTIONS: Final = 2_000


class Conflict(NamedTuple):
    """Wishes that cannot hold together; minimal when each of them is proved to be needed for that."""

    wishes: tuple[Wish, ...]
    minimal: bool


def minimal_conflict(plan: Plan, possible: Possible) -> Conflict:
    """The wishes of one conflict, in the order of the file; of a small plan there is no conflict of fewer wishes."""
    wishes = list(_wishes(plan))

    def holds(those: Sequence[Wish]) -> bool | None:
        return possible(only(plan, those), ())

    core = quickxplain(wishes, holds)
    if len(core.claims) > 1 and len(wishes) <= _FEW and _roots(plan) <= _ROOTS:
        fewer = smallest(wishes, holds, [1] * len(wishes), _QUESTIONS)
        core = fewer if fewer is not None and len(fewer.claims) < len(core.claims) else core
    return _conflict(core)


def every_conflict(plan: Plan, possible: Possible) -> Iterator[Conflict]:
    """Every minimal conflict, one after the other.

    Raises:
        TimeIsUp: so many questions were not enough, or one was not decided in time; there may be more.
    """
    cores = every(list(_wishes(plan)), lambda wishes: possible(only(plan, wishes), ()), _ALL_QUESTIONS)
    return map(_conflict, cores)


def _conflict(core: Core[Wish]) -> Conflict:
    return Conflict(tuple(sorted(core.claims, key=lambda one: one.at)), core.proved)


def _roots(plan: Plan) -> int:
    return sum(one.copies for one in plan.domains) + sum(one.copies for one in plan.roots)


def _wishes(plan: Plan) -> Iterable[Wish]:
    """Everything that could be given up; the devices last, because they are what it is all about."""
    yield from plan.limits
    yield from plan.spares
    yield from plan.relations
    yield from (one for one in plan.domains if one.number is None)
    yield from plan.devices


def only(plan: Plan, wishes: Sequence[Wish]) -> Plan:
    """The plan with these wishes alone. A domain entry that is given up stands for as many domains as it takes."""
    keep = {id(one) for one in wishes}
    domains = [one if id(one) in keep or one.number is not None else one._replace(open=True) for one in plan.domains]
    return plan._replace(
        domains=tuple(domains),
        devices=tuple(one for one in plan.devices if id(one) in keep),
        relations=tuple(one for one in plan.relations if id(one) in keep),
        spares=tuple(one for one in plan.spares if id(one) in keep),
        limits=tuple(one for one in plan.limits if id(one) in keep),
    )


def with_number(wish: Wish, number: int) -> Wish:
    """The same wish with another number."""
    if isinstance(wish, Limit):
        return wish._replace(value=number)
    if isinstance(wish, Apart):
        return wish._replace(at_most=number)
    if isinstance(wish, DeviceWish):
        return wish._replace(copies=number, host=wish.host[:number])
    if isinstance(wish, DomainWish):
        return wish._replace(copies=number, nodes=wish.nodes[:1])
    return wish._replace(copies=number) if isinstance(wish, Spare | RootWish) else wish


def replaced(plan: Plan, wish: Wish, changed: Wish) -> Plan:
    """The plan with one wish in another's place."""
    lists = ("domains", "roots", "devices", "relations", "spares", "limits")
    fields: dict[str, Any] = {
        name: tuple(changed if one is wish else one for one in getattr(plan, name)) for name in lists
    }
    return plan._replace(**fields)

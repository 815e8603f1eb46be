"""A minimal set of a plan's wishes that cannot hold together, proved by solving afresh each time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from pcisolve.planning.file.values import Apart, DeviceWish, DomainWish, Limit, Plan, RootWish, Spare, Together
from pcisolve.planning.model.scene import Cap
from pcisolve.solver.mus import quickxplain

Wish = DeviceWish | DomainWish | RootWish | Together | Apart | Spare | Limit
Possible = Callable[[Plan, Sequence[Cap]], bool | None]  # None: not known within the time limit


class Conflict(NamedTuple):
    """Wishes that cannot hold together; minimal when each of them is proved to be needed for that."""

    wishes: tuple[Wish, ...]
    minimal: bool


def minimal_conflict(plan: Plan, possible: Possible) -> Conflict:
    """The wishes of one conflict, in the order of the file."""
    core = quickxplain(list(_wishes(plan)), lambda wishes: possible(only(plan, wishes), ()))
    return Conflict(tuple(sorted(core.claims, key=lambda one: one.at)), core.proved)


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

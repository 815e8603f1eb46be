"""Why a plan cannot be had: a minimal set of its wishes, proved, with the numbers that would do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from pcisolve.plan.entry import Problem
from pcisolve.plan.text import Mark, PlanText
from pcisolve.plan.values import Apart, DeviceWish, DomainWish, Limit, Plan, RootWish, Spare, Together
from pcisolve.verdict.values import FactAt, Finding

Wish = DeviceWish | DomainWish | RootWish | Together | Apart | Spare | Limit
Possible = Callable[[Plan], bool | None]  # None: not known within the time limit

CODE = "plan-conflict"
_MOST_FACTS = 3  # what fits into twelve lines
_OPEN = 64  # how many more domains a domain entry may stand for once its count is given up


class Conflict(NamedTuple):
    """Wishes that cannot hold together; minimal when each of them is proved to be needed for that."""

    wishes: tuple[Wish, ...]
    minimal: bool


def problem_findings(text: PlanText, problems: Iterable[Problem], stage: str = "libvirt") -> list[Finding]:
    """Findings out of what is wrong with a plan file."""
    return [Finding(one.code, (one.code,), stage, one.message, False, (fact(text, one.at, ""),)) for one in problems]


def fact(text: PlanText, at: Mark, role: str) -> FactAt:
    """A place in the plan."""
    return FactAt(text.piece(at), text.name, at.line, at.column, role)


def conflict(plan: Plan, possible: Possible) -> Finding:
    """The finding for a plan that is proved to be infeasible."""
    found = minimal_conflict(plan, possible)
    roles = [_role(plan, found, one, possible) for one in found.wishes]
    facts = [fact(plan.text, one.at, role) for one, role in zip(found.wishes, roles, strict=True)]
    shown, rest = facts[:_MOST_FACTS], facts[_MOST_FACTS:]
    message = _message(found)
    if rest:
        lines = ", ".join(str(one.line) for one in rest)
        message += f"; line{'s' if len(rest) > 1 else ''} {lines} too"
    return Finding(CODE, (CODE,), "guest", message, found.minimal, tuple(shown))


def minimal_conflict(plan: Plan, possible: Possible) -> Conflict:
    """A minimal set of wishes that cannot hold together, found and proved by solving afresh each time.

    QuickXplain (Junker 2004): halves are tried first, so that a small conflict among many wishes costs few solves.
    """
    search = _Search(plan, possible)
    wishes = search.shrink([], list(_wishes(plan)), tried=True)
    ordered = sorted(wishes, key=lambda one: one.at)
    return Conflict(tuple(ordered), not search.unknown)


class _Search:
    def __init__(self, plan: Plan, possible: Possible) -> None:
        self.plan, self.possible = plan, possible
        self.unknown = False

    def impossible(self, wishes: Sequence[Wish]) -> bool:
        """Whether these alone are proved impossible; what is not known counts as possible, and is remembered."""
        answer = self.possible(only(self.plan, wishes))
        self.unknown |= answer is None
        return answer is False

    def shrink(self, background: list[Wish], wishes: list[Wish], *, tried: bool) -> list[Wish]:
        """The wishes needed besides the background; `tried`: the background alone is known to be possible."""
        if not tried and self.impossible(background):
            return []
        if len(wishes) <= 1:
            return wishes
        half = len(wishes) // 2
        first, second = wishes[:half], wishes[half:]
        needed = self.shrink([*background, *first], second, tried=False)
        others = self.shrink([*background, *needed], first, tried=not needed)
        return [*others, *needed]


def _wishes(plan: Plan) -> Iterable[Wish]:
    """Everything that could be given up; devices last, because they are what it is all about."""
    yield from plan.limits
    yield from plan.spares
    yield from plan.relations
    yield from (one for one in plan.domains if one.number is None)
    yield from plan.devices


def only(plan: Plan, wishes: Sequence[Wish]) -> Plan:
    """The plan with these wishes alone. A domain entry given up stands for as many domains as it takes."""
    keep = {id(one) for one in wishes}
    domains = tuple(
        one
        if id(one) in keep or one.number is not None
        else one._replace(copies=one.copies + _OPEN, nodes=one.nodes[:1])
        for one in plan.domains
    )
    return plan._replace(
        domains=domains,
        devices=tuple(one for one in plan.devices if id(one) in keep),
        relations=tuple(one for one in plan.relations if id(one) in keep),
        spares=tuple(one for one in plan.spares if id(one) in keep),
        limits=tuple(one for one in plan.limits if id(one) in keep),
    )


def _message(found: Conflict) -> str:
    devices = [one for one in found.wishes if isinstance(one, DeviceWish)]
    total = sum(one.copies for one in devices)
    named = ", ".join(f"{one.copies:,} {one.name}" for one in devices[:4]) + (", ..." if len(devices) > 4 else "")
    what = f"{total:,} device{'s' if total != 1 else ''} ({named})" if devices else "the plan"
    if len(found.wishes) == 1:
        return f"{what} cannot be had on this machine"
    return f"{what} cannot be had with what is said below"


def _role(plan: Plan, found: Conflict, wish: Wish, possible: Possible) -> str:
    """What this wish would have to be, if the others of the conflict stay."""
    number = _number_of(wish)
    if number is None:
        return ""
    fewer, value, most = number
    nearest = _nearest(plan, found, wish, possible, fewer=fewer, value=value, most=most)
    if nearest is None:
        return "no number would do"
    return f"at most {nearest:,} would do" if fewer else f"{nearest:,} would do"


def _number_of(wish: Wish) -> tuple[bool, int, int] | None:
    """Whether fewer are easier, the number wished for, and the most it could sensibly be."""
    if isinstance(wish, DeviceWish | Spare):
        return True, wish.copies, 0
    if isinstance(wish, DomainWish | RootWish):
        return False, wish.copies, wish.copies + _OPEN
    if isinstance(wish, Limit):
        return False, wish.value, 1 << 20
    return (False, wish.at_most, 1 << 20) if isinstance(wish, Apart) else None


def _nearest(
    plan: Plan, found: Conflict, wish: Wish, possible: Possible, *, fewer: bool, value: int, most: int
) -> int | None:
    """The number nearest to the one wished for that is possible with the rest of the conflict, by bisection."""

    def fits(number: int) -> bool:
        if fewer and number == 0:
            return bool(possible(only(plan, [one for one in found.wishes if one is not wish])))
        changed = _with_number(wish, number)
        wishes = [changed if one is wish else one for one in found.wishes]
        return possible(only(_replaced(plan, wish, changed), wishes)) is True

    good, bad = (0, value) if fewer else (most, value)
    if not fits(good):
        return None
    while abs(good - bad) > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return good


def _with_number(wish: Wish, number: int) -> Wish:
    if isinstance(wish, Limit):
        return wish._replace(value=number)
    if isinstance(wish, Apart):
        return wish._replace(at_most=number)
    if isinstance(wish, DeviceWish):
        return wish._replace(copies=number, host=wish.host[:number])
    if isinstance(wish, Spare):
        return wish._replace(copies=number)
    return wish._replace(copies=number, nodes=wish.nodes[:1]) if isinstance(wish, DomainWish | RootWish) else wish


def _replaced(plan: Plan, wish: Wish, changed: Wish) -> Plan:
    lists = ("domains", "roots", "devices", "relations", "spares", "limits")
    fields: dict[str, Any] = {
        name: tuple(changed if one is wish else one for one in getattr(plan, name)) for name in lists
    }
    return plan._replace(**fields)

"""A plan's conflict in words: its wishes with the numbers that would do, and the law they meet, with the arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from pcisolve.core.shortage import BUSES, Shortage
from pcisolve.planning.file.entry import Problem
from pcisolve.planning.file.text import Mark, PlanText
from pcisolve.planning.file.values import Apart, DeviceWish, DomainWish, Limit, Plan, RootWish, Spare, Together
from pcisolve.planning.finding.conflict import (
    Conflict,
    Possible,
    Wish,
    every_conflict,
    minimal_conflict,
    only,
    replaced,
    with_number,
)
from pcisolve.planning.model.scene import Cap, Caps
from pcisolve.solver.mus import TimeIsUp
from pcisolve.verdict.values import FactAt, Finding

CODE: Final = "plan-conflict"
_MOST_FACTS: Final = 3  # what fits into twelve lines, with a note
_MORE: Final = 4096  # how far above a machine's own limit a better one is looked for
_AHEAD: Final = 1024  # and above a number of the plan
_NOT_ALL: Final = "whether there are further conflicts was not decided in time"
_LEAST_MORE: Final = 256  # a limit of bus numbers is never higher

# What a machine's own limit is about, and what it says, with what it would have to be.
_CAPS: Final = {
    "buses": (BUSES, "a PCI domain has {have:,} bus numbers; this needs {need:,} in one of them"),
    "ports": ("chassis numbers", "QEMU numbers {have:,} root and downstream ports in a guest; this needs {need:,}"),
    "io_windows": ("I/O windows", "the firmware gives I/O ports to {have:,} conventional bridges; this needs {need:,}"),
    "controllers": ("controller indexes", "the flat scheme has {have:,} controller indexes; this needs {need:,}"),
}


def problem_findings(text: PlanText, problems: Iterable[Problem]) -> list[Finding]:
    """Findings out of what is wrong with a plan file."""
    return [
        Finding(one.code, (one.code,), "libvirt", one.message, False, (_fact(text, one.at, ""),)) for one in problems
    ]


def conflicts(plan: Plan, possible: Possible, caps: Caps, *, every: bool) -> list[Finding]:
    """What is told of a plan that is proved to be infeasible: one conflict, or every minimal one.

    Args:
        caps: the machine's own limits.
        every: those of the fewest wishes first.
    """
    found, rest = _all_conflicts(plan, possible) if every else ([], ())
    found = found or [minimal_conflict(plan, possible)]
    findings = [_finding(plan, one, possible, caps) for one in found]
    return [*findings[:-1], findings[-1]._replace(notes=(*findings[-1].notes, *rest))]


def _all_conflicts(plan: Plan, possible: Possible) -> tuple[list[Conflict], tuple[str, ...]]:
    """Those that were found, and what is to be said where there may be more."""
    found: list[Conflict] = []
    rest: tuple[str, ...] = ()
    try:
        found.extend(every_conflict(plan, possible))
    except TimeIsUp:
        rest = (_NOT_ALL,)
    return sorted(found, key=lambda one: (len(one.wishes), [wish.at for wish in one.wishes])), rest


def _finding(plan: Plan, found: Conflict, possible: Possible, caps: Caps) -> Finding:
    telling = _Telling(plan, found, possible, caps)
    shown = telling.shown()
    facts = [_fact(plan.text, one.at, telling.role(one)) for one in shown]
    message = telling.message()
    rest = [str(one.at.line) for one in found.wishes if one not in shown]
    if rest:
        message += f" and in line{'s' if len(rest) > 1 else ''} {', '.join(rest)}"
    notes = tuple(telling.notes())[: 2 if len(shown) < _MOST_FACTS else 1]
    short = tuple(telling.shortages)
    return Finding(CODE, (CODE,), "guest", message, found.minimal, tuple(facts), notes=notes, shortages=short)


def _fact(text: PlanText, at: Mark, role: str) -> FactAt:
    return FactAt(text.piece(at), text.name, at.line, at.column, role)


class NotDecided(Exception):
    """A question was not decided in time."""


class _Telling:
    def __init__(self, plan: Plan, found: Conflict, possible: Possible, caps: Caps) -> None:
        self.plan, self.found, self.possible, self.domains = plan, found, possible, caps.domains
        self.caps = {name: have for name in _CAPS if (have := getattr(caps, name)) is not None}
        self.devices = [one for one in found.wishes if isinstance(one, DeviceWish)]
        self.shortages: list[Shortage] = []

    def shown(self) -> list[Wish]:
        """The wishes that are shown with their lines: one group of devices first of all, then what is not devices."""
        others = [one for one in self.found.wishes if not isinstance(one, DeviceWish)]
        chosen = [*self.devices[:1], *others, *self.devices[1:]][:_MOST_FACTS]
        return sorted(chosen, key=lambda one: one.at)

    def message(self) -> str:
        """What is asked for, and that it cannot be."""
        total = sum(one.copies for one in self.devices)
        named = " and ".join(f"{one.copies:,} {one.name}" for one in self.devices[:3])
        if len(self.devices) > 3:
            named = f"{total:,} devices ({', '.join(one.name for one in self.devices[:5])})"
        others = [one for one in self.found.wishes if not isinstance(one, DeviceWish)]
        if not self.devices:
            return "these wishes cannot hold together"
        return f"there is no room for {named}" + (" with what is said here" if others else " on this machine")

    def role(self, wish: Wish) -> str:
        """What the number of this wish would have to be, if the others of the conflict stay."""
        try:
            return self._number(wish)
        except NotDecided:
            return "what fits instead was not decided in time"

    def _number(self, wish: Wish) -> str:
        if isinstance(wish, Together):
            return ""
        if isinstance(wish, DeviceWish | Spare):
            most = _bisect(lambda number: self._holds(wish, number), 0, wish.copies)
            if most is None:
                return "not even none of it fits"
            self.shortages.append(Shortage(_called(wish), wish.copies, most))
            return f"{most:,} is the most that fits"
        value = _value(wish)
        top = self._top(wish)
        more = _gallop(lambda number: self._holds(wish, number), value, min(top, value + _AHEAD))
        if more is None and top > value + _AHEAD:
            raise NotDecided
        if more is not None:
            self.shortages.append(Shortage(_called(wish), more, value))
            return f"{more:,} fit{'s' if more == 1 else ''}"
        lower = isinstance(wish, DomainWish) and value > 1
        fewer = _bisect(lambda number: self._holds(wish, number), 1, value) if lower else None
        return "no value fits" if fewer is None else f"{fewer:,} is the most that fits"

    def _top(self, wish: Wish) -> int:
        """The number from which on a wish asks no more: more of it never helps."""
        devices = sum(one.copies for one in self.plan.devices) + sum(one.copies for one in self.plan.spares)
        if isinstance(wish, DomainWish):
            there = sum(one.copies for one in self.plan.domains)
            return wish.copies + min(self.domains - there, devices)  # each device below a root of its own
        return _value(wish) + 4 * devices + _LEAST_MORE

    def _holds(self, wish: Wish, number: int) -> bool:
        rest = [one for one in self.found.wishes if one is not wish]
        if number == 0:
            return self._is_possible(only(self.plan, rest))
        changed = with_number(wish, number)
        return self._is_possible(only(replaced(self.plan, wish, changed), [*rest, changed]))

    def _is_possible(self, plan: Plan, caps: Sequence[Cap] = ()) -> bool:
        """Whether a plan has a layout.

        Raises:
            NotDecided: that was not found out in time; never to be read as No.
        """
        answer = self.possible(plan, caps)
        if answer is None:
            raise NotDecided
        return answer

    def notes(self) -> Iterable[str]:
        """The machine's own limits that are met, each with what would be needed, or what one domain takes."""
        plan = only(self.plan, self.found.wishes)
        try:
            met = list(self._limits_met(plan))
            return met[:2] if met else list(self._arithmetic(plan))
        except NotDecided:
            return ()

    def _limits_met(self, plan: Plan) -> Iterable[str]:
        """Each limit that is too low even where the machine's other limits are lifted."""
        for name, have in self.caps.items():
            lifted = [Cap(other, value + _MORE) for other, value in self.caps.items() if other != name]
            if self._is_possible(plan, [*lifted, Cap(name, have)]):
                continue
            need = self._needed(plan, name, lifted)
            if need is not None:
                resource, words = _CAPS[name]
                self.shortages.append(Shortage(resource, need, have))
                yield words.format(have=have, need=need)

    def _needed(self, plan: Plan, name: str, lifted: list[Cap]) -> int | None:
        have = self.caps[name]
        return _bisect(lambda number: self._fits(plan, [*lifted, Cap(name, number)]), have + _MORE, have)

    def _fits(self, plan: Plan, caps: list[Cap]) -> bool:
        return self._is_possible(plan, caps)

    def _arithmetic(self, plan: Plan) -> Iterable[str]:
        """What the numbers of the wishes come to."""
        domains = sum(one.copies for one in plan.domains)
        if len(self.devices) == 1:
            yield from self._one_domain(plan, self.devices[0])
        for spare in plan.spares:
            if spare.unit == "domain" and domains > 1:
                yield f"spare slots: {domains} x {spare.copies:,} = {domains * spare.copies:,}"
        for relation in plan.relations:
            counts = [one.copies for one in self.devices if one.name in relation.groups]
            if isinstance(relation, Together) and not relation.pairwise and len(counts) > 1:
                yield f"in one {relation.unit}: {' + '.join(f'{one:,}' for one in counts)} = {sum(counts):,} devices"

    def _one_domain(self, plan: Plan, wish: DeviceWish) -> Iterable[str]:
        """How many of the only group one domain takes, with its share of the controllers, where domains are alike."""
        may_be_in = [one for one in plan.domains if not wish.domains or one.name in wish.domains]
        domains = sum(one.copies for one in may_be_in)
        if domains <= 1:
            return
        alone = tuple(one._replace(copies=1, nodes=one.nodes[:1], open=False) for one in may_be_in[:1])
        share = [one._replace(value=-(-one.value // domains)) for one in plan.limits if one.name == "controllers"]
        limits = (*share, *(one for one in plan.limits if one.name == "buses-per-domain"))

        def fits(number: int) -> bool:
            changed = replaced(plan, wish, with_number(wish, number))
            return self._is_possible(changed._replace(domains=alone, limits=limits))

        most = _bisect(fits, 1, wish.copies)
        if most is not None and domains * most < wish.copies:
            with_ = f" with {share[0].value:,} of the controllers" if share else ""
            yield f"one domain takes at most {most:,}{with_}: {domains} x {most:,} = {domains * most:,}"


def _called(wish: Wish) -> str:
    """What a wish is called where its numbers are told."""
    if isinstance(wish, DeviceWish | DomainWish | RootWish):
        return wish.name
    if isinstance(wish, Limit):
        return f"limit of {wish.name}"
    if isinstance(wish, Spare):
        return f"spare slots per {wish.unit}"
    return f"{' and '.join(wish.groups)} in one {wish.unit}"


def _value(wish: Wish) -> int:
    if isinstance(wish, Limit):
        return wish.value
    if isinstance(wish, Apart):
        return wish.at_most
    return wish.copies if isinstance(wish, DomainWish | RootWish) else 0


def _gallop(fits: Callable[[int], bool], bad: int, top: int) -> int | None:
    """The lowest number above `bad` that fits, looked for in doubling steps; None when `top` does not fit either."""
    step, low = 1, bad
    while low < top:
        high = min(bad + step, top)
        if fits(high):
            return _bisect(fits, high, low)
        low, step = high, step * 2
    return None


def _bisect(fits: Callable[[int], bool], good: int, bad: int) -> int | None:
    """The number nearest to `bad` that fits; None when `good` does not fit either."""
    if not fits(good):
        return None
    while abs(good - bad) > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return good

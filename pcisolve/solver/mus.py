"""Conflicts: which of many claims cannot hold together. Every algorithm asks one question only, and asks it afresh.

`possible` says whether some claims can hold together: True, False, or None where that was not decided in time. None is
never read as False, so that a conflict is called proved only where each answer behind it was.

What nobody can give up belongs into `possible` itself; what is told only if need be comes last among the claims.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Final, Generic, NamedTuple, TypeVar

from pcisolve.placing.model import new_model
from pcisolve.solver.run import OPTIMAL, run

T = TypeVar("T")
_SECONDS: Final = 10.0  # of a model over a few sets
_LEAST: Final = 0.001
Possible = Callable[[Sequence[T]], bool | None]


class TimeIsUp(Exception):
    """The time limit came before the answer."""


class Core(NamedTuple, Generic[T]):
    """Claims that cannot hold together, in their order; proved: without any one of them the others can."""

    claims: tuple[T, ...]
    proved: bool


def deletion(claims: Sequence[T], possible: Possible[T]) -> Core[T]:
    """One question for each claim: can it be left out? (Bakker et al. 1993; Marques-Silva 2010, section 3.)"""
    left, proved = list(claims), possible(list(claims)) is False
    for claim in claims:
        rest = [one for one in left if one is not claim]
        answer = possible(rest)
        if answer is False:
            left = rest
        proved = proved and answer is not None
    return Core(tuple(left), proved)


def quickxplain(claims: Sequence[T], possible: Possible[T]) -> Core[T]:
    """Halves first, so that a small conflict among many claims costs few questions (Junker 2004).

    The claims as a whole are known to be impossible. Where there is a choice, the conflict is one of earlier claims.
    """
    unknown = False

    def impossible(those: Sequence[T]) -> bool:
        nonlocal unknown
        answer = possible(those)
        unknown |= answer is None
        return answer is False

    def shrink(background: list[T], grown: bool, rest: list[T]) -> list[T]:
        if grown and impossible(background):
            return []
        if len(rest) <= 1:
            return rest
        first, second = rest[: len(rest) // 2], rest[len(rest) // 2 :]
        right = shrink([*background, *first], True, second)
        return shrink([*background, *right], bool(right), first) + right

    found = {id(one) for one in shrink([], False, list(claims))}
    return Core(tuple(one for one in claims if id(one) in found), not unknown)


def smallest(claims: Sequence[T], possible: Possible[T], costs: Sequence[int], questions: int) -> Core[T] | None:
    """The conflict of the lowest cost, by hitting sets of what has to be given up (Ignatiev et al. 2015).

    Every conflict meets every set whose complement can hold; so the cheapest set that meets those known so far is a
    lower bound, and a conflict as soon as it is impossible. None where so many questions were not enough.
    """
    asked = 0

    def holds(numbers: set[int]) -> bool | None:
        nonlocal asked
        asked += 1
        return possible([claims[one] for one in sorted(numbers)]) if asked <= questions else None

    everyone, to_meet = set(range(len(claims))), list[set[int]]()
    while True:
        tried = _cheapest(to_meet, costs)
        answer = None if tried is None else holds(tried)
        if tried is None or answer is None:
            return None
        if not answer:
            return Core(tuple(claims[one] for one in sorted(tried)), proved=True)
        for one in sorted(everyone - tried):
            if holds(tried | {one}):
                tried = tried | {one}
        to_meet.append(everyone - tried)


def every(claims: Sequence[T], possible: Possible[T], questions: int) -> Iterator[Core[T]]:
    """All conflicts, one after the other, by a map of what is not known yet (MARCO, Liffiton et al. 2016).

    Raises:
        TimeIsUp: so many questions were not enough; there may be more.
    """
    asked = 0

    def holds(those: Sequence[T]) -> bool:
        nonlocal asked
        asked += 1
        answer = possible(those) if asked <= questions else None
        if answer is None:
            raise TimeIsUp
        return answer

    number = {id(one): position for position, one in enumerate(claims)}
    known: list[tuple[bool, set[int]]] = []
    while (seed := _unexplored(len(claims), known)) is not None:
        those = [claims[one] for one in sorted(seed)]
        if holds(those):
            known.append((False, set(range(len(claims))) - _grown(claims, seed, holds)))
        else:
            core = deletion(those, holds)
            yield core
            known.append((True, {number[id(one)] for one in core.claims}))


def _grown(claims: Sequence[T], seed: set[int], holds: Callable[[Sequence[T]], bool]) -> set[int]:
    """The seed with every further claim that can hold beside it."""
    for one in range(len(claims)):
        if one not in seed and holds([claims[two] for two in sorted(seed | {one})]):
            seed = seed | {one}
    return seed


def _unexplored(count: int, known: Sequence[tuple[bool, set[int]]]) -> set[int] | None:
    """Claims, as many as there may be, without any conflict known and with something of each set to meet."""
    model = new_model()
    taken = [model.new_bool_var("") for _ in range(count)]
    for is_conflict, members in known:
        model.add_bool_or([~taken[one] if is_conflict else taken[one] for one in sorted(members)])
    model.maximize(sum(taken))
    ran = run(model, _SECONDS)
    return {one for one, literal in enumerate(taken) if ran.value(literal)} if ran.found else None


def _cheapest(to_meet: Sequence[set[int]], costs: Sequence[int], seconds: float | None = None) -> set[int] | None:
    """The cheapest set that meets every other; of several, always the same one. None where time was up."""
    if not to_meet:
        return set()
    model = new_model()
    taken = {one: model.new_bool_var("") for one in sorted(set().union(*to_meet))}
    for members in to_meet:
        model.add_bool_or([taken[one] for one in sorted(members)])
    model.minimize(sum(costs[one] * literal for one, literal in taken.items()))
    ran = run(model, _SECONDS if seconds is None else seconds)
    return {one for one, literal in taken.items() if ran.value(literal)} if ran.status == OPTIMAL else None


def fewest(count: int, possible: Callable[[Sequence[int]], bool], seconds: float) -> list[int] | None:
    """Which of `count` claims to give up, ascending; None when not even none of them can hold.

    Every set that is given up has to meet each conflict, so the smallest set that meets those known so far is a lower
    bound; the first one that is possible is proved to be the smallest (Reiter 1987; Davies and Bacchus 2011).

    Args:
        possible: whether the claims with these numbers can hold together; fewer claims are never harder.

    Raises:
        TimeIsUp: the time limit came first.
    """
    end = monotonic() + seconds

    def holds(given_up: set[int]) -> bool:
        if monotonic() > end:
            raise TimeIsUp
        return possible([one for one in range(count) if one not in given_up])

    everyone = set(range(count))
    cores: list[set[int]] = []
    while not holds(given_up := _cheapest_in(cores, count, end)):
        if not cores and not holds(everyone):
            return None
        while not holds(given_up):  # conflicts that have nothing in common
            left = sorted(everyone - given_up)
            core = quickxplain(left, lambda those: holds(everyone - set(those)))
            cores.append(set(core.claims))
            given_up = given_up | set(core.claims)
    return sorted(given_up)


def _cheapest_in(cores: Sequence[set[int]], count: int, end: float) -> set[int]:
    found = _cheapest(cores, [1] * count, max(end - monotonic(), _LEAST))
    if found is None:
        raise TimeIsUp
    return found

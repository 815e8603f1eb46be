"""Which part of one layout is which part of another: by what it is known by, and where nothing is said, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Final, NamedTuple

from pcisolve.earlier.identity import WORDS, Identity

IN_PLACE: Final = "place"
IN_ORDER: Final = "order"
Places = tuple[Sequence[Hashable], Sequence[Hashable]]
NOWHERE: Final[Places] = ((), ())
_HALF_NAMED: Final = ((False, False), (True, False), (False, True))


class Pair(NamedTuple):
    """The same part in two lists, by position, and what it was known by: a word of WORDS, IN_PLACE, or IN_ORDER."""

    before: int
    after: int
    word: str


def match(before: Sequence[Identity], after: Sequence[Identity], places: Places = NOWHERE) -> list[Pair]:
    """The pairs, in the order of `after`; each part is in one pair at most.

    A key counts where one part of its kind has it on either side. Parts that nothing tells apart are paired by their
    places, then in their order, make by make, and at last the only one of its kind with the only one: a video that got
    another model.

    Args:
        places: where each part is, before and after; None where that is open.
    """
    return sorted(_Matching(before, after, places).pairs, key=lambda pair: pair.after)


class _Matching:
    def __init__(self, before: Sequence[Identity], after: Sequence[Identity], places: Places) -> None:
        self.before, self.after = before, after
        self.pairs: list[Pair] = []
        self.left = dict.fromkeys(range(len(before)))  # sets that keep their order
        self.right = dict.fromkeys(range(len(after)))
        for word in WORDS:
            self._by_key(word)
        self._by_place(*places)
        self._in_order(named=(True, True))
        for named in _HALF_NAMED:
            self._in_order(named)
        for named in _HALF_NAMED:
            self._alone(named)

    def _pair(self, old: int, new: int, word: str) -> None:
        del self.left[old], self.right[new]
        self.pairs.append(Pair(old, new, word))

    def _by_key(self, word: str) -> None:
        olds, news = _holders(word, self.left, self.before), _holders(word, self.right, self.after)
        for key, new in news.items():
            if key in olds:
                self._pair(olds[key], new, word)

    def _by_place(self, before: Sequence[Hashable], after: Sequence[Hashable]) -> None:
        """Of parts that are alike, one is the other that is where it was."""
        if not (before and after):
            return
        olds = {(_group(self.before[old], (True, True)), before[old]): old for old in self.left if before[old]}
        for new in list(self.right):
            old = olds.pop((_group(self.after[new], (True, True)), after[new]), None)
            if old is not None:
                self._pair(old, new, IN_PLACE)

    def _in_order(self, named: tuple[bool, bool]) -> None:
        """Of two that are both known by a name of their own, one is the other only if all their keys are the same."""
        waiting: dict[Hashable, list[int]] = {}
        for old in reversed(self.left):
            if self.before[old].is_named == named[0]:
                waiting.setdefault(_group(self.before[old], named), []).append(old)
        for new in list(self.right):
            alike = waiting.get(_group(self.after[new], named)) if self.after[new].is_named == named[1] else None
            if alike:
                self._pair(alike.pop(), new, IN_ORDER)

    def _alone(self, named: tuple[bool, bool]) -> None:
        olds, news = _only_ones(self.left, self.before), _only_ones(self.right, self.after)
        for kind, new in news.items():
            old = olds.get(kind)
            if old is not None and (self.before[old].is_named, self.after[new].is_named) == named:
                self._pair(old, new, IN_ORDER)


def _group(one: Identity, named: tuple[bool, bool]) -> Hashable:
    return (one.make, *sorted(one.keys.items())) if all(named) else one.make


def _holders(word: str, numbers: Iterable[int], identities: Sequence[Identity]) -> dict[tuple[str, str], int]:
    """Who has which key, by kind and key; without those that several have."""
    keys = [(number, (identities[number].kind, identities[number].keys.get(word, ""))) for number in numbers]
    count = Counter(key for _, key in keys)
    return {key: number for number, key in keys if key[1] and count[key] == 1}


def _only_ones(numbers: Iterable[int], identities: Sequence[Identity]) -> dict[str, int]:
    """The only one left of each kind."""
    several = list(numbers)
    count = Counter(identities[number].kind for number in several)
    return {identities[one].kind: one for one in several if count[identities[one].kind] == 1}

"""Entries with `for-each`: one entry of a list that stands for several, alike but for some words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pcisolve.planning.file.entry import EntryReader
from pcisolve.planning.file.text import MAX_VALUES, Mapping, Mark, PlanText, Scalar, Sequence, Value

FOR_EACH: Final = "for-each"
_RANGE: Final = re.compile(r"([0-9]{1,6})-([0-9]{1,6})")
_WORD: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_MOST: Final = 100_000  # entries of one for-each
_EXPECTED: Final = "a mapping of words to lists or ranges, such as {n: 0-7, side: [a, b, ...]}"

Round = dict[str, str]


def repeated(text: PlanText, reader: EntryReader) -> Mapping:
    """The plan with each entry that has a `for-each` in its place as often as that says.

    Every `{word}` in the entry is replaced; all of them keep the line of the entry.

    Raises:
        InputError: they come to more values than a plan may have.
    """
    return _Repeater(text, reader).plan()


class _Repeater:
    def __init__(self, text: PlanText, reader: EntryReader) -> None:
        self.text, self.reader = text, reader
        self.values = 0

    def plan(self) -> Mapping:
        entries = []
        for key, value in self.text.top.entries:
            if isinstance(value, Sequence):
                value = Sequence(tuple(one for item in value.items for one in self._item(item)), value.at)
            entries.append((key, value))
        return Mapping(tuple(entries), self.text.top.at)

    def _item(self, item: Value) -> Iterator[Value]:
        """What stands for an entry of a list."""
        if not isinstance(item, Mapping) or all(key.text != FOR_EACH for key, _ in item.entries):
            yield item
            return
        said = next(value for key, value in item.entries if key.text == FOR_EACH)
        rest = Mapping(tuple(one for one in item.entries if one[0].text != FOR_EACH), item.at)
        for one in self._rounds(said):
            yield self._filled(rest, one)

    def _rounds(self, said: Value) -> list[Round]:
        """What each word is, entry by entry; none where that cannot be read."""
        if not isinstance(said, Mapping) or not said.entries:
            self.reader.refuse("plan-type", f'"{FOR_EACH}" is not {_EXPECTED}', said.at)
            return []
        words: dict[str, list[str]] = {}
        for key, value in said.entries:
            found = self._list(key, value)
            if found is None or not _WORD.fullmatch(key.text) or key.text in words:
                if found is not None:
                    message = f'"{key.text[:60]}" is no word of its own; expected lower-case letters, each word once'
                    self.reader.refuse("plan-key", message, key.at)
                return []
            words[key.text] = found
        lengths = {word: len(found) for word, found in words.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{word} {number:,}" for word, number in lengths.items())
            self.reader.refuse("plan-count", f'the lists of "{FOR_EACH}" are of one length: {listed}', said.at)
            return []
        return [dict(zip(words, one, strict=True)) for one in zip(*words.values(), strict=True)]

    def _list(self, key: Scalar, value: Value) -> list[str] | None:
        if isinstance(value, Sequence) and value.items and all(isinstance(one, Scalar) for one in value.items):
            return [one.text for one in value.items if isinstance(one, Scalar)]
        match = _RANGE.fullmatch(value.text) if isinstance(value, Scalar) else None
        if match is not None and int(match[1]) <= int(match[2]) < int(match[1]) + _MOST:
            return [str(number) for number in range(int(match[1]), int(match[2]) + 1)]
        said = f'"{value.text[:60]}"' if isinstance(value, Scalar) else "not that"
        message = f'"{key.text[:60]}" is {said}; expected a list of words, or a range such as 0-7'
        self.reader.refuse("plan-type", message, value.at)
        return None

    def _filled(self, value: Value, words: Round) -> Value:
        self._count(value.at)
        if isinstance(value, Scalar):
            text = value.text
            for word, said in words.items() if "{" in text else ():
                text = text.replace(f"{{{word}}}", said)
            return Scalar(text, value.at)
        if isinstance(value, Sequence):
            return Sequence(tuple(self._filled(one, words) for one in value.items), value.at)
        return Mapping(tuple((key, self._filled(one, words)) for key, one in value.entries), value.at)

    def _count(self, at: Mark) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            raise self.text.error(f'"{FOR_EACH}" comes to more than {MAX_VALUES:,} values', at, "a shorter list")

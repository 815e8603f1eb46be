"""Guests of one shape are solved twice at most.

The shape of a guest is its XML without the values that no rule reads: names, UUIDs, MAC addresses and the paths of
images and devices. The shape is solved with a stand-in for every value, and the answer holds for each guest of that
shape once its own values are back in their places; columns of findings move with them. That nothing reads these values
is what the tests show; that none has left its place is checked for every shape.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from bisect import bisect_left
from collections import OrderedDict
from typing import Any, Final, NamedTuple

from pcisolve.batch.answer import REFUSED, Answer, Job, solve_content
from pcisolve.verdict.values import INFEASIBLE, INVALID, SOLVED

STAND_IN: Final = "pcisolve-stand-in-"  # and a number of as many digits, so that all are equally long
_DIGITS: Final = 6
_NUMBERED: Final = re.compile(STAND_IN + rf"(\d{{{_DIGITS}}})")
_LENGTH: Final = len(STAND_IN) + _DIGITS
_LONGEST_NAME: Final = 40  # characters; a longer MAC address may be cut short where it is named, and is none
# Characters that mean nothing to an XML parser, wherever they stand; hyphens only one by one, as two end a comment.
_VALUE: Final = re.compile(
    r"(<(?:name|uuid|title)>|<mac address=[\"']|<source (?:file|dev)=[\"'])"
    r"([A-Za-z0-9_.:/]+(?:-[A-Za-z0-9_.:/]+)*)"
)
_MAX_BYTES: Final = 256 << 10  # larger guests are rarely alike
_MAX_KEPT: Final = 64 << 20
_MAX_MET: Final = 100_000  # digests, of some 200 bytes each
_DECLARED: Final = re.compile(rb"<\?xml[^>]*encoding=[\"'](?!utf-8[\"'])", re.IGNORECASE)


class Shape(NamedTuple):
    """A guest's XML with stand-ins, and the values they stand for, in order."""

    text: str
    values: tuple[str, ...]

    @property
    def key(self) -> bytes:
        """A digest of the text."""
        return hashlib.sha256(self.text.encode()).digest()


def shape_of(data: bytes) -> Shape | None:
    """The shape of a guest; None for what is no UTF-8 text of reasonable size, or holds a stand-in itself."""
    if len(data) > _MAX_BYTES or _DECLARED.match(data):
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if STAND_IN in text:
        return None
    values: list[str] = []

    def stand_in(found: re.Match[str]) -> str:
        values.append(found[2])
        return f"{found[1]}{STAND_IN}{len(values) - 1:0{_DIGITS}}"

    if any(len(found[2]) > _LONGEST_NAME for found in _VALUE.finditer(text) if found[1].startswith("<mac")):
        return None
    return Shape(_VALUE.sub(stand_in, text), tuple(values))


class Mould(NamedTuple):
    """The answer to a shape.

    Attributes:
        answer: with stand-ins in its XML, and in its text where devices are called by them.
        pieces: that XML, cut at the stand-ins; None without XML.
        named: the text, cut at the stand-ins: pieces and numbers of values in turn; () for a text without.
        row: the verdict with its findings, where those have columns that may move; else None.
        places: line and column of each stand-in in the shape, from 1; only for a row.
    """

    answer: Answer
    pieces: tuple[str, ...] | None
    named: tuple[str, ...]
    row: dict[str, Any] | None
    places: tuple[tuple[int, int], ...]

    def cast(self, values: tuple[str, ...]) -> Answer:
        """The answer to the guest of this shape that has these values."""
        answer = self.answer
        if self.pieces is not None:
            parts = [part for pair in zip(self.pieces, values, strict=False) for part in pair]
            answer = answer._replace(xml="".join([*parts, self.pieces[-1]]).encode())
        if self.row is not None:
            text = json.dumps(_moved(self.row, self.places, values), separators=(",", ":"))
            answer = answer._replace(text=_filled(tuple(_NUMBERED.split(text)), values))
        elif self.named:
            answer = answer._replace(text=_filled(self.named, values))
        return answer


def _filled(cut: tuple[str, ...], values: tuple[str, ...]) -> str:
    """A text that was cut at its stand-ins, with the values; they hold no character that JSON would escape."""
    parts = list(cut)
    for at in range(1, len(parts), 2):
        parts[at] = values[int(parts[at])]
    return "".join(parts)


def mould_of(shape: Shape, answer: Answer) -> Mould | None:
    """The answer to a shape as a mould; None when it does not hold for all guests of the shape.

    That is when it was cut short, or is the refusal of a text that a parser could not read.
    """
    lasting = answer.status in (SOLVED, INFEASIBLE, INVALID) and REFUSED not in answer.codes
    if not lasting:
        return None
    pieces = None
    if answer.xml is not None:
        xml = answer.xml.decode()
        cut = _NUMBERED.split(xml)
        found = [one[2] for one in _VALUE.finditer(xml) if one[2].startswith(STAND_IN)]
        if [int(one) for one in cut[1::2]] != list(range(len(shape.values))) or len(found) != len(shape.values):
            return None
        pieces = tuple(cut[::2])
    named = tuple(_NUMBERED.split(answer.text)) if STAND_IN in answer.text else ()
    if not answer.codes:
        return Mould(answer._replace(xml=None), pieces, named, None, ())
    return Mould(answer._replace(xml=None), pieces, named, json.loads(answer.text), _places(shape.text))


def _places(text: str) -> tuple[tuple[int, int], ...]:
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    at = [found.start(2) for found in _VALUE.finditer(text)]
    lines = [bisect_left(starts, one + 1) for one in at]
    return tuple((line, one - starts[line - 1] + 1) for one, line in zip(at, lines, strict=True))


def _moved(value: Any, places: tuple[tuple[int, int], ...], values: tuple[str, ...]) -> Any:
    """The same JSON with the columns of a text in which the stand-ins are these values."""
    if isinstance(value, list):
        return [_moved(one, places, values) for one in value]
    if not isinstance(value, dict):
        return value
    moved = {key: _moved(one, places, values) for key, one in value.items()}
    line, column = value.get("line"), value.get("column")
    if isinstance(line, int) and isinstance(column, int):
        before = slice(bisect_left(places, (line, 0)), bisect_left(places, (line, column)))
        moved["column"] = column + sum(len(one) - _LENGTH for one in values[before])
    return moved


class Shapes:
    """The moulds of one job, those used last, in bounded memory."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._moulds: OrderedDict[bytes, tuple[Mould | None, int]] = OrderedDict()
        self._met: OrderedDict[bytes, None] = OrderedDict()  # shapes that were seen once
        self._size = 0
        self._lock = threading.Lock()  # a worker of a cluster may have several threads

    def solve(self, data: bytes) -> Answer:
        """The answer to a guest, from its shape where that can be. Never raises."""
        start = time.perf_counter()
        # Somebody's own models may read any attribute.
        shape = shape_of(data) if self._job.models is None else None
        mould = None if shape is None else self._mould(shape)
        if shape is None or mould is None:
            return solve_content(self._job, data)
        return mould.cast(shape.values)._replace(seconds=time.perf_counter() - start)

    def _mould(self, shape: Shape) -> Mould | None:
        key = shape.key
        with self._lock:
            if key in self._moulds:
                self._moulds.move_to_end(key)
                return self._moulds[key][0]
            if self._is_new(key):
                return None
        answer = solve_content(self._job, shape.text.encode())
        mould = mould_of(shape, answer)
        self._keep(key, mould, 4 * (len(answer.text) + len(answer.xml or b"")) + 1000)  # a row takes more than its text
        return mould

    def _is_new(self, key: bytes) -> bool:
        """Whether the shape is met for the first time: a mould costs a fifth of an answer, and many never serve."""
        if key in self._met:
            del self._met[key]
            return False
        self._met[key] = None
        if len(self._met) > _MAX_MET:
            self._met.popitem(last=False)
        return True

    def _keep(self, key: bytes, mould: Mould | None, size: int) -> None:
        with self._lock:
            _, before = self._moulds.pop(key, (None, 0))
            self._moulds[key] = mould, size
            self._size += size - before
            while self._size > _MAX_KEPT:
                _, (_, gone) = self._moulds.popitem(last=False)
                self._size -= gone

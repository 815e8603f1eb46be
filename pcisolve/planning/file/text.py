"""The text of a plan file and its YAML as values with places. Hostile until proved otherwise.

Only scalars, sequences and mappings are read; tags, merge keys and everything that makes objects mean nothing here.
An alias is followed, but what it stands for counts each time, so that a few lines cannot become a billion values.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from pcisolve.core.errors import InputError, Location

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_VALUES: Final = 200_000
MAX_DEPTH: Final = 16
_EXPECTED: Final = "a plan file in YAML"


class Mark(NamedTuple):
    """Where a value stands: line and column from 1, and how many characters of the line it takes."""

    line: int
    column: int
    length: int


class Scalar(NamedTuple):
    """A single word or number, as written."""

    text: str
    at: Mark


class Sequence(NamedTuple):
    """A list."""

    items: tuple[Value, ...]
    at: Mark


class Mapping(NamedTuple):
    """Keys and values, in the order of the file; a key may come twice, which the reader refuses."""

    entries: tuple[tuple[Scalar, Value], ...]
    at: Mark


Value = Scalar | Sequence | Mapping


class PlanText:
    """A plan file: its name, its text by lines, and its top value."""

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self.data = data
        if len(data) > MAX_BYTES:
            raise self.error(f"larger than {MAX_BYTES >> 20} MiB", Mark(1, 1, 0))
        if not data.strip():
            raise self.error("the input is empty", Mark(1, 1, 0))
        self.text = self._decoded(data)
        self.lines = self.text.split("\n")
        self.top = self._composed()

    def _composed(self) -> Mapping:
        """The only document's value.

        A parser reads ahead, and may give up (over its own bound of depth, in its own words) where values before that
        place have yet to be judged. So what stands before it is judged first: our bounds, the same with every parser.
        """
        import yaml  # 20 ms that an XML input never pays

        try:
            value = _Composer(self, self.text, yaml).top()
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            with contextlib.suppress(yaml.YAMLError):
                _Composer(self, self.text[: mark.index if mark is not None else 0], yaml).top()
            raise self._syntax_error(error) from None
        if value is None:
            raise self.error("the input holds nothing but comments", Mark(1, 1, 0))
        if not isinstance(value, Mapping):
            what = "neither XML nor a plan"
            raise self.error(what, value.at, "a domain XML, or a plan: YAML that is a mapping of keys")
        return value

    def _syntax_error(self, error: Any) -> InputError:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
        at = Mark(mark.line + 1, mark.column + 1, 0) if mark is not None else Mark(1, 1, 0)
        return self.error(f"not YAML: {problem}", at)

    def _decoded(self, data: bytes) -> str:
        try:
            return data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
            mark = Mark(data.count(b"\n", 0, error.start) + 1, column, 0)
            raise self.error("not UTF-8 text", mark) from None

    def line(self, number: int) -> str:
        """The text of a line, counted from 1; "" for a line that is not there."""
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else ""

    def piece(self, mark: Mark) -> str:
        """The text a mark covers."""
        return self.line(mark.line)[mark.column - 1 : mark.column - 1 + mark.length]

    def location(self, mark: Mark) -> Location:
        """A mark as a place in this file."""
        return Location(self.name, mark.line, mark.column)

    def error(self, message: str, mark: Mark, expected: str = _EXPECTED) -> InputError:
        """A refusal that points here."""
        return InputError(message, expected=expected, location=self.location(mark))


class _Composer:
    """Values out of PyYAML's events, with bounds that hold before anything is built."""

    def __init__(self, text: PlanText, source: str, yaml: Any) -> None:
        self.text = text
        self.yaml = yaml
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.events: Iterator[Any] = yaml.parse(source, Loader=loader)
        self.anchors: dict[str, tuple[Value, int]] = {}
        self.count = 0

    def top(self) -> Value | None:
        """The only document's value; None when there is no document.

        Raises:
            InputError: beyond a bound, or a second document.
            yaml.YAMLError: not YAML.
        """
        value: Value | None = None
        for event in self.events:
            if isinstance(event, self.yaml.DocumentStartEvent):
                if value is not None:
                    raise self.text.error("a second YAML document", self._mark(event), "one plan in a file")
                value = self._value(next(self.events), 0)
        return value

    def _mark(self, event: Any) -> Mark:
        start, end = event.start_mark, event.end_mark
        length = end.column - start.column if end.line == start.line else 0
        line = self.text.line(start.line + 1)
        return Mark(start.line + 1, start.column + 1, length or len(line.rstrip()) - start.column)

    def _value(self, event: Any, depth: int) -> Value:
        yaml, mark = self.yaml, self._mark(event)
        if depth > MAX_DEPTH:
            raise self.text.error(f"nested deeper than {MAX_DEPTH}", mark)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, mark)
        before = self.count
        self._counted(1, mark)
        value: Value
        if isinstance(event, yaml.ScalarEvent):
            value = Scalar(event.value, mark)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(mark, depth)
        else:
            value = self._mapping(mark, depth)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.count - before)
        return value

    def _counted(self, more: int, mark: Mark) -> None:
        self.count += more
        if self.count > MAX_VALUES:
            raise self.text.error(f"more than {MAX_VALUES:,} values, counting each use of an alias", mark)

    def _alias(self, event: Any, mark: Mark) -> Value:
        found = self.anchors.get(event.anchor)
        if found is None:
            raise self.text.error(f'the alias "*{event.anchor}" has no anchor before it', mark)
        self._counted(found[1], mark)
        return found[0]

    def _sequence(self, mark: Mark, depth: int) -> Sequence:
        items = []
        while not isinstance(event := next(self.events), self.yaml.SequenceEndEvent):
            items.append(self._value(event, depth + 1))
        return Sequence(tuple(items), self._until(mark, event))

    def _mapping(self, mark: Mark, depth: int) -> Mapping:
        entries = []
        while not isinstance(event := next(self.events), self.yaml.MappingEndEvent):
            key = self._value(event, depth + 1)
            if not isinstance(key, Scalar):
                raise self.text.error("a key that is a list or a mapping", key.at, "a word")
            entries.append((key, self._value(next(self.events), depth + 1)))
        return Mapping(tuple(entries), self._until(mark, event))

    def _until(self, mark: Mark, end: Any) -> Mark:
        """A list or mapping in brackets covers all of itself that is in its first line."""
        if end.end_mark.line + 1 == mark.line and end.end_mark.column > mark.column:
            return mark._replace(length=end.end_mark.column + 1 - mark.column)
        return mark


def read_text(data: bytes, name: str = "<stdin>") -> PlanText:
    """Read the YAML of a plan file.

    Raises:
        InputError: not UTF-8, not YAML, nested too deeply or too large; with line and column.
    """
    return PlanText(data, name)

"""A table of a model file, read strictly: every wrong key or value is refused with its place."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from typing import NamedTuple, TypeVar

from pcisolve.core.errors import InputError, Location
from pcisolve.core.kinds import KIND_OF_WORD, kinds_of
from pcisolve.core.words import did_you_mean, nearest

T = TypeVar("T")

Version = tuple[int, ...]
Step = tuple[str, int]

MAX_FILE_BYTES = 1 << 20
_SPOKEN_TYPES: dict[type, str] = {
    str: "a string",
    bool: "true or false",
    int: "a whole number",
    dict: "a table",
    list: "a list",
}
_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,2}")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def dotted(version: Version) -> str:
    """A version as it is written: 9.0.0."""
    return ".".join(map(str, version))


class ModelFile(NamedTuple):
    """The text of one model file."""

    path: str
    text: str

    @property
    def stem(self) -> str:
        """The file's name without .toml."""
        return os.path.basename(self.path).removesuffix(".toml")

    def location(self, offset: int) -> Location:
        """Line and column of an offset into the text."""
        line_start = self.text.rfind("\n", 0, offset) + 1
        return Location(self.path, self.text.count("\n", 0, offset) + 1, offset - line_start + 1)


def read_text(path: str, what: str = "model file", most: int = MAX_FILE_BYTES) -> ModelFile:
    """Read a model file, or another one of so many bytes at most.

    Raises:
        InputError: it cannot be read, is larger, or is not UTF-8.
    """
    try:
        with open(path, "rb") as stream:
            data = stream.read(most + 1)
        if len(data) > most:
            raise InputError(f"{path}: the {what} is larger than {_size(most)}")
        return ModelFile(path, data.decode("utf-8").replace("\r\n", "\n"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", expected=f"a readable {what}") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise InputError("not UTF-8 text", location=Location(path, line, column)) from None


def _size(most: int) -> str:
    return f"{most >> 20} MiB" if most >> 20 else f"{most >> 10} KiB"


def parse(file: ModelFile) -> Table:
    """The whole file as a table, no key of it asked for yet.

    Raises:
        InputError: not TOML.
    """
    import tomllib

    try:
        return Table(file, tomllib.loads(file.text), ())
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _TOML_PLACE.search(message)
        at = file.location(len(file.text))
        if place and place[1]:
            at = Location(str(file.path), int(place[1]), int(place[2]))
        raise InputError(f"not TOML: {_TOML_PLACE.sub('', message)}", location=at) from None
    except ValueError as error:  # a number of thousands of digits
        raise InputError(f"not TOML: {error}", location=file.location(0)) from None
    except RecursionError:
        raise InputError("not TOML: nested too deeply", location=file.location(0)) from None


class Table:
    """A TOML table; remembers which keys were asked for, so that the others can be refused."""

    __slots__ = ("asked", "file", "raw", "steps")

    def __init__(self, file: ModelFile, raw: dict[str, object], steps: tuple[Step, ...]) -> None:
        self.file = file
        self.raw = raw
        self.steps = steps
        self.asked: set[str] = set()

    def error(self, key: str, message: str, expected: str = "") -> InputError:
        """A refusal that points at a key of this table (or at the table, when it has no such key)."""
        return InputError(message, expected=expected, location=self.file.location(self._offset(key)))

    def _offset(self, key: str) -> int:
        """Where the key stands. The parser keeps no positions, so the text is searched, on errors only."""
        text, offset = self.file.text, 0
        for name, ordinal in self.steps:
            headers = list(re.finditer(rf"(?m)^[ \t]*\[+(?:[\w-]+\.)*\"?{re.escape(name)}\"?\]+", text[offset:]))
            if len(headers) > ordinal:
                offset += headers[ordinal].end()
            elif inline := _find_key(text, name, offset):
                offset = _nth_brace(text, ordinal, inline)
        return _find_key(text, key, offset) or offset

    def _value(self, key: str, kind: type[T], default: T | None) -> T:
        self.asked.add(key)
        if key not in self.raw:
            if default is not None:
                return default
            raise self._missing(key)
        value = self.raw[key]
        if type(value) is not kind:
            raise self.error(key, f'"{key}" has the wrong type', _SPOKEN_TYPES[kind])
        return value

    def _missing(self, key: str) -> InputError:
        typo = nearest(key, [word for word in self.raw if word not in self.asked])
        if typo:
            return self.error(typo, f'unknown key "{typo}"', f'"{key}"')
        return self.error("", f'the key "{key}" is missing')

    def text(self, key: str, default: str | None = None) -> str:
        """A string; required when there is no default."""
        return self._value(key, str, default)

    def flag(self, key: str, default: bool | None = None) -> bool:
        """true or false."""
        return self._value(key, bool, default)

    def number(self, key: str, default: int | None = None, maximum: int | None = None) -> int:
        """A whole number from 0 up."""
        value = self._value(key, int, default)
        if value < 0 or (maximum is not None and value > maximum):
            raise self.error(key, f'"{key}" is out of range', f"0 to {maximum}" if maximum is not None else "0 or more")
        return value

    def word(self, key: str, known: Collection[str], default: str | None = None) -> str:
        """One of the known words; "" only where the default is ""."""
        value = self.text(key, default)
        if value not in known and not (default == "" and value == ""):
            raise self.unknown(key, value, known)
        return value

    def unknown(self, key: str, word: str, known: Iterable[str]) -> InputError:
        """A refusal of a word, with the nearest known one."""
        return self.error(key, f'"{key}" has the unknown word "{word}"; {did_you_mean(word, known)}')

    def has_strings(self, key: str) -> bool:
        """Whether the key is a list of nothing but strings, or missing."""
        value = self.raw.get(key, [])
        return isinstance(value, list) and all(isinstance(one, str) for one in value)

    def words(self, key: str, known: Collection[str] | None = None, *, required: bool = False) -> tuple[str, ...]:
        """A list of strings, each of them known."""
        values: list[object] = self._value(key, list, None if required else [])
        words = tuple(value for value in values if isinstance(value, str))
        if len(words) != len(values):
            raise self.error(key, f'"{key}" has the wrong type', "a list of strings")
        for word in words:
            if known is not None and word not in known:
                raise self.unknown(key, word, known)
        return words

    def numbers(self, key: str, maximum: int) -> tuple[int, ...]:
        """A list of whole numbers from 0 up."""
        values: list[object] = self._value(key, list, None)
        numbers = tuple(value for value in values if type(value) is int and 0 <= value <= maximum)
        if len(numbers) != len(values):
            raise self.error(key, f'"{key}" has a wrong value', f"a list of whole numbers, 0 to {maximum}")
        return numbers

    def kinds(self, key: str, *, required: bool = True) -> int:
        """A list of connection kinds, as a bit set of core.kinds."""
        return kinds_of(self.words(key, KIND_OF_WORD, required=required))

    def version(self, key: str, default: str | None = None) -> Version:
        """A libvirt version such as "9.3.0"; "0" is always."""
        text = self.text(key, default)
        if not _VERSION.fullmatch(text):
            raise self.error(key, f'"{key}" is not a version', 'such as "9.3.0", or "0" for always')
        return tuple(int(part) for part in text.split("."))

    def table(self, key: str) -> Table | None:
        """A table within this one."""
        if key not in self.raw:
            self.asked.add(key)
            return None
        return Table(self.file, self._value(key, dict, None), (*self.steps, (key, 0)))

    def tables(self, key: str) -> list[Table]:
        """A list of tables, written as [[key]] or inline."""
        found = []
        for ordinal, raw in enumerate(self._value(key, list, [])):
            if not isinstance(raw, dict):
                raise self.error(key, f'"{key}" has the wrong type', "a list of tables")
            found.append(Table(self.file, raw, (*self.steps, (key, ordinal))))
        return found

    def finished(self, value: T) -> T:
        """What was read, once nothing is left that nobody asked for."""
        self.finish()
        return value

    def finish(self) -> None:
        """Refuse the keys that nobody asked for."""
        for key in self.raw:
            if key not in self.asked:
                raise self.error(key, f'unknown key "{key}"; {did_you_mean(key, self.asked)}')


def _nth_brace(text: str, ordinal: int, offset: int) -> int:
    """Where the inline table of this ordinal opens, counted from the offset."""
    braces = [found.start() for found in re.finditer(r"\{", text[offset:])]
    return offset + braces[min(ordinal, len(braces) - 1)] if braces else offset


def _find_key(text: str, key: str, offset: int) -> int | None:
    """Where `key =` stands at or after the offset."""
    if not key:
        return None
    found = re.compile(rf"(?:^|[{{,])[ \t]*([\"']?{re.escape(key)}[\"']?)[ \t]*=", re.MULTILINE).search(text, offset)
    return found.start(1) if found else None

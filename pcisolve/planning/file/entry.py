"""Reading a mapping by its table of fields; everything that is wrong with it is collected, not raised."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pcisolve.core.address import FUNCTIONS_PER_SLOT, SLOTS_PER_BUS, Address, parse_address
from pcisolve.core.words import did_you_mean
from pcisolve.planning.file.fields import TABLES, Field
from pcisolve.planning.file.text import Mapping, Mark, Scalar, Sequence, Value

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_NUMBER: Final = re.compile(r"-?[0-9]{1,18}|0x[0-9a-fA-F]{1,15}")
_ADDRESS: Final = re.compile(r"[0-9a-fA-F]{1,8}:[0-9a-fA-F]{1,8}:[0-9a-fA-F]{1,2}\.[0-9a-fA-F]")
_FLAGS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_SPOKEN: Final = {
    "name": "a name of letters, digits, . _ and -, beginning with a letter",
    "names": "a name or a list of names",
    "member": "a group's name, or devices of it such as gpu[3] or gpu[0-1]",
    "members": "a group's name, devices of it such as gpu[3] or gpu[0-1], or a list of these",
    "text": "a word",
    "words": "a word or a list of words",
    "number": "a whole number",
    "numbers": "a whole number or a list of them",
    "flag": "true or false",
    "address": 'an address such as "0000:00:03.0"',
    "addresses": 'an address such as "0000:41:00.0", or a list of them',
    "entry": "a mapping of keys",
    "entries": "a list of mappings",
}
_MEMBER: Final = re.compile(r"([A-Za-z][A-Za-z0-9_.-]{0,63})(?:\[([0-9]{1,6})(?:-([0-9]{1,6}))?\])?")
LISTS: Final = ("names", "members", "words", "numbers", "addresses")
MAX_PROBLEMS: Final = 100


class Problem(NamedTuple):
    """Something a plan file says that cannot be understood."""

    code: str
    message: str
    at: Mark


class Entry:
    """A mapping whose keys and values are known to be right. Absent keys are None."""

    def __init__(self, at: Mark) -> None:
        self.at = at
        self.values: dict[str, Any] = {}
        self.marks: dict[str, Mark] = {}

    def get(self, key: str, default: Any = None) -> Any:
        """A value as its field's sort says: str, int, bool, Address, Entry or a tuple of these."""
        return self.values.get(key, default)

    def mark(self, key: str) -> Mark:
        """Where the value of a key stands; the whole entry when it is absent."""
        return self.marks.get(key, self.at)


class EntryReader:
    """Reads values by their fields and collects what is wrong, in the order of the file."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._single: dict[str, Callable[[str, Field], Any]] = {
            "name": _name,
            "member": _member,
            "text": _text,
            "word": _text,
            "number": _number,
            "flag": _flag,
            "address": _address,
        }

    def refuse(self, code: str, message: str, at: Mark) -> None:
        """Keep a problem, unless there are very many."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(code, message, at))

    def entry(self, value: Value, table: str) -> Entry:
        """A mapping by the fields of a table; what is wrong in it is left out."""
        entry = Entry(value.at)
        if not isinstance(value, Mapping):
            self.refuse("plan-type", f"{_what(value)} where {_SPOKEN['entry']} belongs: {_keys(table)}", value.at)
            return entry
        fields = TABLES[table]
        for key, inner in value.entries:
            field = fields.get(key.text)
            if field is None:
                self.refuse("plan-key", f'unknown key "{key.text[:60]}"; {did_you_mean(key.text[:60], fields)}', key.at)
            elif key.text in entry.marks:
                self.refuse("plan-key", f'the key "{key.text}" is there twice', key.at)
            else:
                entry.marks[key.text] = inner.at
                found = self._value(key.text, inner, field)
                if found is not None:
                    entry.values[key.text] = found
        for name, field in fields.items():
            if field.required and name not in entry.marks:
                self.refuse("plan-key", f'the key "{name}" is missing: {field.about}', value.at)
        return entry

    def _value(self, key: str, value: Value, field: Field) -> Any:
        if field.sort == "entry":
            return self.entry(value, field.of)
        if field.sort == "entries":
            return self._entries(key, value, field)
        if field.sort in LISTS:
            single = field._replace(sort=field.sort.removesuffix("es" if field.sort == "addresses" else "s"))
            values = value.items if isinstance(value, Sequence) else (value,)
            found = [self._scalar(key, one, single, field.sort) for one in values]
            return tuple(one for one in found if one is not None) or None
        return self._scalar(key, value, field, field.sort)

    def _entries(self, key: str, value: Value, field: Field) -> tuple[Entry, ...] | None:
        if isinstance(value, Sequence):
            return tuple(self.entry(one, field.of) for one in value.items)
        self.refuse("plan-type", f'"{key}" is {_what(value)}; expected {_SPOKEN["entries"]}', value.at)
        return None

    def _scalar(self, key: str, value: Value, field: Field, sort: str) -> Any:
        if not isinstance(value, Scalar):
            self.refuse("plan-type", f'"{key}" is {_what(value)}; expected {_SPOKEN.get(sort, "a word")}', value.at)
            return None
        text = value.text
        if field.words:
            if text in field.words:
                return text
            self.refuse("plan-word", f'"{key}" is "{text[:60]}"; {did_you_mean(text[:60], field.words)}', value.at)
            return None
        found = self._single[field.sort](text, field)
        if found is None:
            self.refuse("plan-type", f'"{key}" is "{text[:60]}"; expected {_SPOKEN[field.sort]}', value.at)
        elif field.sort == "number" and not field.minimum <= found <= field.maximum:
            self.refuse("plan-range", f'"{key}" is {found:,}; expected {field.minimum} to {field.maximum:,}', value.at)
            return None
        return found


def _what(value: Value) -> str:
    if isinstance(value, Scalar):
        return f'"{value.text[:60]}"' if value.text else "empty"
    return "a list" if isinstance(value, Sequence) else "a mapping"


def _keys(table: str) -> str:
    return ", ".join(TABLES[table])


def _name(text: str, field: Field) -> str | None:
    return text if _NAME.fullmatch(text) else None


def _member(text: str, field: Field) -> str | None:
    return text if _MEMBER.fullmatch(text) else None


def member_of(text: str) -> tuple[str, range | None]:
    """The group of a reference, and the numbers of its devices that are meant; None for all of them."""
    match = _MEMBER.fullmatch(text)
    if match is None:
        return text, None
    first, last = match[2], match[3] or match[2]
    return match[1], None if first is None else range(int(first), int(last) + 1)


def _text(text: str, field: Field) -> str | None:
    plain = 0 < len(text) <= 4096 and text.isprintable()
    return text if plain else None


def _number(text: str, field: Field) -> int | None:
    if not _NUMBER.fullmatch(text):
        return None
    return int(text, 16) if text.startswith("0x") else int(text)


def _flag(text: str, field: Field) -> bool | None:
    return _FLAGS.get(text.lower())


def _address(text: str, field: Field) -> Address | None:
    if not _ADDRESS.fullmatch(text):
        return None
    address = parse_address(text)
    return address if address.slot < SLOTS_PER_BUS and address.function < FUNCTIONS_PER_SLOT else None

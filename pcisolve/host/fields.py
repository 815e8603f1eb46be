"""A JSON object of a snapshot, read strictly: every wrong key or value is refused with its path."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from pcisolve.core.address import Address
from pcisolve.core.errors import InputError
from pcisolve.core.words import did_you_mean, printable
from pcisolve.host.values import Bus

EXPECTED: Final = "a snapshot as `pcisolve host` writes it"
MAX_TEXT: Final = 64  # characters of a driver's or an interface's name
MAX_ROWS: Final = 65_536

_ADDRESS: Final = re.compile(r"([0-9a-fA-F]{4,8}):([0-9a-fA-F]{2}):([01][0-9a-fA-F])\.([0-7])")
_BUS: Final = re.compile(r"([0-9a-fA-F]{4,8}):([0-9a-fA-F]{2})")
_PAIR: Final = re.compile(r"([0-9a-f]{4}):([0-9a-f]{4})")


def address_of(text: str) -> Address | None:
    """An address with its domain, of up to 32 bits; None for anything else."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return None
    domain, bus, slot, function = found.groups()
    return Address(int(domain, 16), int(bus, 16), int(slot, 16), int(function))


def bus_of(text: str) -> Bus | None:
    """A root bus, as 0000:00; None for anything else."""
    found = _BUS.fullmatch(text)
    return None if found is None else Bus(int(found[1], 16), int(found[2], 16))


class Fields:
    """The keys of an object, each asked for once; finish() refuses those that nobody asked for."""

    def __init__(self, value: Any, name: str, path: str) -> None:
        self._name, self._path = name, path
        if not isinstance(value, dict):
            raise InputError(f"{name}: {path or 'the snapshot'} is not an object", expected=EXPECTED)
        self._value: dict[str, Any] = value
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return self._value.get(key) is not None

    def error(self, key: str, expected: str) -> InputError:
        """The refusal of a key's value."""
        path = f"{self._path}.{key}" if self._path else key
        if key not in self._value:
            return InputError(f"{self._name}: {path} is missing", expected=expected)
        value = self._value[key]
        said = printable(f'"{value}"' if isinstance(value, str) else str(value))[:60]
        return InputError(f"{self._name}: {path} is {said}", expected=expected)

    def finish(self) -> None:
        """Refuse unknown keys.

        Raises:
            InputError: there is one.
        """
        for key in self._value:
            if key not in self._asked:
                path = f"{self._path}.{printable(key)[:40]}" if self._path else printable(key)[:40]
                raise InputError(f"{self._name}: unknown key {path}; {did_you_mean(key[:40], self._asked)}")

    def word(self, key: str, *, required: bool = False) -> str:
        """A short text; "" where it is not there."""
        value = self._get(key)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or not value.isprintable():
            raise self.error(key, f"a text of 1 to {MAX_TEXT} characters")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """A list of short texts."""
        found = self._list(key)
        for value in found:
            if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or not value.isprintable():
                raise self.error(key, f"texts of 1 to {MAX_TEXT} characters")
        return tuple(found)

    def one_of(self, key: str, known: tuple[str, ...]) -> str:
        """One of some words."""
        value = self._get(key)
        if value not in known:
            raise self.error(key, "one of " + ", ".join(known))
        return str(value)

    def number(self, key: str, most: int, *, required: bool = False) -> int | None:
        """A whole number."""
        value = self._get(key)
        if value is None and not required:
            return None
        if not _is_number(value, most):
            raise self.error(key, f"a whole number from 0 to {most}")
        return int(value)

    def numbers(self, key: str, most: int) -> tuple[int, ...]:
        """A list of whole numbers."""
        found = self._list(key)
        if not all(_is_number(value, most) for value in found):
            raise self.error(key, f"whole numbers from 0 to {most}")
        return tuple(found)

    def decimal(self, key: str) -> float | None:
        """A number above 0."""
        value = self._get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6 or math.isnan(value):
            raise self.error(key, "a number above 0")
        return float(value)

    def flag(self, key: str) -> bool:
        """true or false."""
        value = self._get(key)
        if not isinstance(value, bool):
            raise self.error(key, "true or false")
        return value

    def code(self, key: str, digits: int) -> int:
        """A number of so many hexadecimal digits."""
        value = self._get(key)
        if not isinstance(value, str) or re.fullmatch(f"[0-9a-f]{{{digits}}}", value) is None:
            raise self.error(key, f"{digits} hexadecimal digits")
        return int(value, 16)

    def pair(self, key: str) -> tuple[int, int] | None:
        """Two numbers as 8086:1572."""
        value = self._get(key)
        if value is None:
            return None
        found = _PAIR.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            raise self.error(key, "two IDs, such as 8086:1572")
        return int(found[1], 16), int(found[2], 16)

    def address(self, key: str) -> Address | None:
        """An address, where it is there."""
        value = self._get(key)
        if value is None:
            return None
        found = address_of(value) if isinstance(value, str) else None
        if found is None:
            raise self.error(key, "an address such as 0000:00:1f.2")
        return found

    def bus(self, key: str) -> Bus:
        """A root bus."""
        value = self._get(key)
        found = bus_of(value) if isinstance(value, str) else None
        if found is None:
            raise self.error(key, "a root bus such as 0000:00")
        return found

    def place(self, key: str) -> Address | Bus:
        """An address or a root bus."""
        value = self._get(key)
        found = (address_of(value) or bus_of(value)) if isinstance(value, str) else None
        if found is None:
            raise self.error(key, "an address such as 0000:00:1f.2, or a root bus such as 0000:00")
        return found

    def rows(self, key: str) -> list[Fields]:
        """A list of objects."""
        path = f"{self._path}.{key}" if self._path else key
        return [Fields(one, self._name, f"{path}[{number}]") for number, one in enumerate(self._list(key))]

    def inner(self, key: str) -> Fields | None:
        """An object, where it is there."""
        value = self._get(key)
        path = f"{self._path}.{key}" if self._path else key
        return None if value is None else Fields(value, self._name, path)

    def _list(self, key: str) -> list[Any]:
        value = self._get(key)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > MAX_ROWS:
            raise self.error(key, f"a list of at most {MAX_ROWS:,}")
        return value

    def _get(self, key: str) -> Any:
        self._asked.add(key)
        return self._value.get(key)


def _is_number(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most

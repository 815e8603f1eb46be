"""An earlier layout out of pcisolve's own JSON, which anybody may have written."""

from __future__ import annotations

from typing import Any

from pcisolve.core.address import FUNCTIONS_PER_SLOT, SLOTS_PER_BUS, Address, parse_address
from pcisolve.core.errors import InputError, Location
from pcisolve.core.json_text import JsonError, read_json
from pcisolve.earlier.identity import WORDS, Identity
from pcisolve.earlier.record import Earlier, Remembered
from pcisolve.problem.choice import Place
from pcisolve.problem.parts import NO_ZPCI, ZpciIds
from pcisolve.problem.problem import MAX_CONTROLLERS
from pcisolve.problem.reading import INT32_MAX, UINT32_MAX
from pcisolve.problem.scheme import FLAT, MULTI_DOMAIN

EXPECTED = "domain XML, or what `pcisolve solve --format json` has printed"
MAX_DEVICES = 65_536


def earlier_from_json(data: bytes, name: str) -> Earlier:
    """Read what `solve --format json` printed.

    Raises:
        InputError: it is not JSON, or not of a solved guest; with the row and the key.
    """
    return earlier_from_answer(read_answer(data, name), name)


def earlier_from_answer(answer: Any, name: str) -> Earlier:
    """The layout in what read_answer() has read: its devices, then its controllers.

    Raises:
        InputError: it is not the answer to a guest that was solved; with the row and the key.
    """
    return _Reader(name).earlier(answer)


def read_answer(data: bytes, name: str) -> Any:
    """JSON as it stands.

    Raises:
        InputError: it is not JSON, with line and column.
    """
    try:
        return read_json(data)
    except JsonError as error:
        where = Location(name, error.line, error.column)
        raise InputError(f"not JSON: {error.message}", expected=EXPECTED, location=where) from None


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.flat = True

    def earlier(self, answer: Any) -> Earlier:
        if not isinstance(answer, dict) or answer.get("status") != "solved":
            raise self._error("this is not the answer to a guest that was solved")
        scheme = answer.get("scheme")
        if scheme not in (FLAT, MULTI_DOMAIN):
            raise self._error('"scheme" is neither "flat" nor "multi-domain"')
        self.flat = scheme == FLAT
        devices = self._rows(answer, "devices", MAX_DEVICES)
        controllers = self._rows(answer, "controllers", MAX_CONTROLLERS)
        parts = [self._device(row, f"devices[{at}]") for at, row in enumerate(devices)]
        parts += [self._controller(row, f"controllers[{at}]") for at, row in enumerate(controllers)]
        indexes = [one.index for one in parts if one.index is not None]
        if len(set(indexes)) < len(indexes):
            raise self._error("two controllers have one index")
        return Earlier(self.name, scheme, tuple(parts))

    def _error(self, message: str) -> InputError:
        return InputError(f"{self.name}: {message}", expected=EXPECTED)

    def _rows(self, answer: dict[str, Any], key: str, limit: int) -> list[Any]:
        rows = answer.get(key)
        if not isinstance(rows, list) or len(rows) > limit:
            raise self._error(f'"{key}" is not a list of at most {limit:,}')
        return rows

    def _device(self, row: Any, where: str) -> Remembered:
        kind, make = self._text(row, "kind", where), self._text(row, "make", where)
        keys = row.get("identity")
        if not isinstance(keys, dict) or not all(word in WORDS and isinstance(keys[word], str) for word in keys):
            raise self._error(f'{where}: "identity" does not say what the device is known by')
        return self._placed(row, where, Identity(kind, make, keys))

    def _controller(self, row: Any, where: str) -> Remembered:
        model = self._text(row, "model", where)
        index = self._number(row, "index", where, INT32_MAX)
        targets = row.get("targets", {})
        if not isinstance(targets, dict):
            raise self._error(f'{where}: "targets" is not an object')
        values: dict[str, int | str] = {}
        for option, value in targets.items():
            hotplug = option == "hotplug" and value in ("on", "off")
            values[option] = value if hotplug else self._number(targets, option, where, INT32_MAX)
        identity = Identity("controller", f"pci controller {model}", {"index": f"pci {index}"})
        return self._placed(row, where, identity)._replace(index=index, model=model, targets=values)

    def _placed(self, row: dict[str, Any], where: str, identity: Identity) -> Remembered:
        address = self._address(row.get("address"), where)
        place = None
        if address is not None:
            provider = address.bus if self.flat else address.bus or address.domain
            place = Place(provider, address.slot, address.function)
        ids = row.get("zpci")
        zpci = NO_ZPCI
        if isinstance(ids, dict):
            zpci = ZpciIds(self._number(ids, "uid", where, 0xFFFF), self._number(ids, "fid", where, UINT32_MAX))
        return Remembered(identity, place, address, multifunction=row.get("multifunction") is True, zpci=zpci)

    def _address(self, text: Any, where: str) -> Address | None:
        if text is None:
            return None
        try:
            address = parse_address(text)
        except (ValueError, AttributeError):
            address = Address(-1, 0, 0, 0)
        inside = address.slot < SLOTS_PER_BUS and address.function < FUNCTIONS_PER_SLOT
        if min(address) < 0 or not inside or max(address) > INT32_MAX:
            raise self._error(f'{where}: "address" is not of the form dddd:bb:ss.f')
        return address

    def _text(self, row: Any, key: str, where: str) -> str:
        value = row.get(key) if isinstance(row, dict) else None
        if not isinstance(value, str):
            raise self._error(f'{where} has no "{key}"')
        return value

    def _number(self, row: dict[str, Any], key: str, where: str, limit: int) -> int:
        value = row.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= limit:
            raise self._error(f'{where}: "{key}" is not a number from 0 to {limit}')
        return value

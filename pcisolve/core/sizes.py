"""Sizes as libvirt reads them: a decimal number and a unit."""

from __future__ import annotations

from typing import Final

from pcisolve.core.numbers import parse_decimal

_KIBI, _KILO = 1024, 1000
UNITS: Final = {
    "b": 1,
    "bytes": 1,
    **{
        unit: _KIBI**power for power, letter in enumerate("KMGT", 1) for unit in (letter, f"{letter}iB", letter.lower())
    },
    **{f"{letter}B": _KILO**power for power, letter in enumerate("KMGT", 1)},
}


def size_of(text: str, unit: str) -> int | None:
    """Bytes; None where the text is no number or the unit is not known.

    Source: libvirt virScaleInteger in src/util/virutil.c, docs/formatdomain.rst (memory).
    """
    factor = UNITS.get(unit)
    try:
        return None if factor is None else parse_decimal(text.strip()) * factor
    except ValueError:
        return None


def spoken(size: int) -> str:
    """A size in the largest unit that leaves a whole number, or one digit behind the point: "1.5 GiB"."""
    for power, unit in ((4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")):
        whole = _KIBI**power
        if size >= whole and (size % whole == 0 or power < 3 or size >= 10 * whole):
            return f"{-(-size // whole)} {unit}"
        if size >= whole:
            return f"{size / whole:.1f} {unit}".replace(".0 ", " ")
    return f"{size} bytes"

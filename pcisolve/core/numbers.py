"""Numbers as libvirt reads them; its traps are the input's traps.

Source: libvirt virStrToLong_ui on addresses (rule addr-parse-radix), decimal-only controller
indexes (rule index-parse).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_LONGEST: Final = 40  # characters; longer ones are no numbers of anything
_AUTO_RADIX = re.compile(r"[ \t\n\r\f\v]*\+?(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))")
_DECIMAL = re.compile(r"[ \t\n\r\f\v]*\+?([0-9]+)")


def parse_auto_radix(text: str) -> int:
    """Read a non-negative number whose radix its prefix tells: 0x1f hexadecimal, 010 octal (8), 31 decimal.

    Raises:
        ValueError: anything else, such as "1f", "08", "-1", "" or a trailing blank.
    """
    number = _auto_radix(text) if len(text) <= _LONGEST else None
    if number is None:
        raise ValueError(text)
    return number


@lru_cache(maxsize=4096)
def _auto_radix(text: str) -> int | None:
    """Remembered, since a guest says the same few numbers over and over."""
    found = _AUTO_RADIX.fullmatch(text)
    if found is None:
        return None
    hexadecimal, octal, decimal = found.groups()
    if hexadecimal:
        return int(hexadecimal, 16)
    return int(octal, 8) if octal else int(decimal)


def parse_decimal(text: str) -> int:
    """Read a non-negative decimal number ("01" is 1).

    Raises:
        ValueError: anything else, such as "0x1" or "-1".
    """
    found = _DECIMAL.fullmatch(text)
    if found is None or len(text) > _LONGEST:
        raise ValueError(text)
    return int(found.group(1))


def is_auto_radix(text: str | None) -> bool:
    """Whether parse_auto_radix would accept the text."""
    return text is not None and len(text) <= _LONGEST and _auto_radix(text) is not None

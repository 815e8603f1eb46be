"""The arguments of <qemu:commandline>, as QEMU reads them: options, and their values as keys and values or as JSON."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

from pcisolve.core.address import FUNCTIONS_PER_SLOT, SLOTS_PER_BUS
from pcisolve.core.node import Node
from pcisolve.core.numbers import is_auto_radix, parse_auto_radix

# Options whose value is read here: each takes the next argument, whatever that is.
READ: Final = frozenset(
    {"device", "machine", "M", "vga", "net", "nic", "drive", "virtfs", "audio", "soundhw", "watchdog", "global", "set"}
    | {"usbdevice"}
)
STRAY: Final = ""  # as an option: a word that is none
_OPTION: Final = re.compile(r"--?([A-Za-z][A-Za-z0-9-]*)$")
_NUMBER: Final = r"\s*\+?(?:0[xX])?([0-9a-fA-F]+)"
_ADDR: Final = re.compile(rf"{_NUMBER}(?:\.{_NUMBER})?")
# A string is taken to the end of the text where its quote is missing: so every character is looked at once.
_STRING: Final = re.compile(r""""(?:[^"\\]|\\.?)*+(?:"|\Z)|'(?:[^'\\]|\\.?)*+(?:'|\Z)""", re.DOTALL)
_UINT8: Final = 255
_ON: Final = frozenset({"on", "yes", "true", "y"})

Values = dict[str, Any]


class Argument(NamedTuple):
    """An option with its value (None where it has none), and the <qemu:arg> elements it comes from.

    `node` is that of the value, or of the option where there is no other; `nodes` are both.
    """

    option: str
    value: str | None
    nodes: tuple[Node, ...]
    text: str

    @property
    def node(self) -> Node:
        """The element that messages point to."""
        return self.nodes[-1]


class Unreadable(Exception):
    """QEMU cannot read a value; the message says what was expected."""


def arguments(nodes: Iterable[Node], flags: Collection[str]) -> list[Argument]:
    """The arguments in their order; those without a value attribute are left out.

    Args:
        flags: the options that take no value.
    """
    words = [(node, node.attributes["value"]) for node in nodes if "value" in node.attributes]
    found: list[Argument] = []
    at = 0
    while at < len(words):
        node, word = words[at]
        at += 1
        match = _OPTION.match(word)
        if match is None:
            found.append(Argument(STRAY, None, (node,), word))
            continue
        option = match[1]
        takes = option in READ or (option not in flags and at < len(words) and not _OPTION.match(words[at][1]))
        if takes and at < len(words):
            holder, value = words[at]
            found.append(Argument(option, value, (node, holder), f"{word} {value}"))
            at += 1
        else:
            found.append(Argument(option, None, (node,), word))
    return found


def json_values(text: str) -> Values:
    """The keys and values of an option in JSON.

    Raises:
        Unreadable: it is broken.
    """
    import json  # 3 ms that a guest without such arguments never pays

    try:
        read = json.loads(
            _STRING.sub(_with_double_quotes, text), object_pairs_hook=_without_twins, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise Unreadable('valid JSON, such as {"driver": "e1000e", "addr": "0x5"}') from None
    return read if isinstance(read, dict) else {}


def _with_double_quotes(match: re.Match[str]) -> str:
    """A string as JSON has it; QEMU takes those in single quotes as well."""
    text = match[0]
    if text[0] == '"' or len(text) < 2 or text[-1] != "'":
        return text
    return '"' + text[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'


def _no_constant(word: str) -> None:
    raise ValueError(word)


def _without_twins(pairs: list[tuple[str, Any]]) -> Values:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise ValueError("duplicate key")
    return read


def key_values(text: str, first: str) -> Values:
    """key=value,key=value: a comma within a value is doubled, a key alone is "on", the last of several counts."""
    read: Values = {}
    for number, piece in enumerate(_split(text)):
        key, equals, value = piece.partition("=")
        if equals:
            read[key] = value
        elif number == 0:
            read[first] = piece
        elif piece:
            read[piece] = "on"
    return read


def _split(text: str) -> list[str]:
    """At single commas; double ones become one."""
    if ",," not in text:
        return text.split(",")
    return [piece.replace("\0", ",") for piece in text.replace("\0", "").replace(",,", "\0").split(",")]


def devfn_of(value: Any) -> int | None:
    """slot * 8 + function of an addr: "1f.2" and "0x1f" are hexadecimal, a number is slot and function in one.

    None is for a place that QEMU chooses.

    Raises:
        Unreadable: QEMU refuses it.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        if -1 <= value < SLOTS_PER_BUS * FUNCTIONS_PER_SLOT:
            return None if value < 0 else value
    elif isinstance(value, str):
        match = _ADDR.fullmatch(value)
        slot, function = (int(match[1], 16), int(match[2] or "0", 16)) if match else (SLOTS_PER_BUS, 0)
        if slot < SLOTS_PER_BUS and function < FUNCTIONS_PER_SLOT:
            return slot * FUNCTIONS_PER_SLOT + function
    raise Unreadable("addr as slot or slot.function, in hexadecimal: 0x0 to 0x1f, function 0 to 7")


def byte_of(value: Any, name: str, *, text: bool) -> int:
    """A number of eight bits, such as a chassis; as text, which JSON does not allow, it has C radix.

    Raises:
        Unreadable: QEMU refuses it.
    """
    if text and isinstance(value, str) and is_auto_radix(value):
        value = parse_auto_radix(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _UINT8:
        return value
    raise Unreadable(f"{name} from 0 to {_UINT8}")


def is_on(value: Any) -> bool:
    """Whether a switch is on."""
    return value is True or (isinstance(value, str) and value in _ON)

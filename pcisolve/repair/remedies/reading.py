"""Values that cannot be read: written as they were most likely meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcisolve.core.change import NAME
from pcisolve.core.words import nearest
from pcisolve.problem.reading import Unreadable
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedy import Remedies, Remedy, drop, put
from pcisolve.rules.rule import Telling

_YES, _NO = frozenset({"yes", "true", "1", "y"}), frozenset({"no", "false", "0", "n"})
_QUOTED = re.compile(r'did you mean "([^"]+)"')

_LONGEST = 40  # digits; longer ones are no numbers of anything


def _number(bench: Bench, case: Unreadable, telling: Telling) -> Iterator[Remedy]:
    text = case.text.strip().lower()
    if re.fullmatch(r"[0-9a-f]{1,8}", text):
        meant = text.lstrip("0") or "0"
        yield from put(case.node, case.attribute, meant if meant.isdecimal() else f"0x{meant}", "spelling")
    elif re.fullmatch(r"[+-]?(0x)?[0-9a-f]+", text):
        yield from put(case.node, case.attribute, text.lstrip("+-"), "spelling")
    if case.node.tag != "address" or case.attribute in ("function", "domain"):
        yield from drop(case.node, case.attribute, "drop value")


def _decimal(bench: Bench, case: Unreadable, telling: Telling) -> Iterator[Remedy]:
    text = case.text.strip().lower().lstrip("+-")
    if re.fullmatch(r"0x[0-9a-f]{1,8}", text):
        yield from put(case.node, case.attribute, str(int(text, 16)), "spelling")
    elif text.isdecimal() and len(text) <= _LONGEST and int(text) < 1 << 31:
        yield from put(case.node, case.attribute, str(int(text)), "spelling")
    index = bench.free_index()
    if index is not None and case.attribute == "index":
        yield from put(case.node, "index", str(index), "free index")
    yield from drop(case.node, case.attribute, "drop value")


def _switch(bench: Bench, case: Unreadable, telling: Telling) -> Iterator[Remedy]:
    text = case.text.strip().lower()
    if text in _YES | _NO | {"on", "off"}:
        yield from put(case.node, case.attribute, "on" if text in _YES | {"on"} else "off", "spelling")
    yield from drop(case.node, case.attribute, "drop value")


def _word(bench: Bench, case: Unreadable, telling: Telling) -> Iterator[Remedy]:
    meant = _QUOTED.search(case.expected)
    if meant is not None and case.attribute:
        yield from put(case.node, case.attribute, meant.group(1), "spelling")
    elif meant is not None:
        yield from put(case.node, NAME, meant.group(1), "spelling")
    yield from drop(case.node, case.attribute, "drop value")


def _type(bench: Bench, case: Unreadable, telling: Telling) -> Iterator[Remedy]:
    meant = nearest(case.text, ("pci", "drive", "usb", "ccw", "virtio-mmio", "virtio-serial")) if case.text else None
    yield from put(case.node, "type", meant or "pci", "spelling")
    yield from drop(case.node, "", "free address")


def _node(bench: Bench, case: Unreadable, telling: Telling) -> Iterator[Remedy]:
    yield from drop(case.node, "", "drop element")


REMEDIES: dict[str, Remedies] = {
    "addr-parse-radix": _number,
    "addr-type": _type,
    "index-parse": _decimal,
    "target-number": _number,
    "target-hotplug": _switch,
    "target-node": _node,
    "multifunction-word": _switch,
    "known-machine": _word,
    "known-word": _word,
    "known-word-elsewhere": _word,
    "known-device": _word,
}

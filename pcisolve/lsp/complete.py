"""What may be written at the cursor: free PCI addresses, free indexes of controllers, models of controllers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from lsprotocol.types import CompletionItem, CompletionItemKind, TextEdit

from pcisolve.core.numbers import is_auto_radix, parse_auto_radix
from pcisolve.lsp.cursor import Cursor, cursor_at
from pcisolve.lsp.state import View, part_at
from pcisolve.verdict.survey import BusAt, PartAt, Survey

_MOST_BUSES: Final = 64  # for which a whole address is offered
_PCI: Final = "pci"


def completions(view: View, offset: int) -> list[CompletionItem]:
    """What may be written at a place; the best first."""
    found = view.survey_at(offset)
    cursor = cursor_at(view.lines.text, offset)
    if found is None or cursor is None:
        return []
    survey, then = found
    if cursor.tag == "controller" and cursor.attributes.get("type", _PCI) == _PCI:
        words = _controller(survey, cursor, part_at(survey, then))
    elif cursor.tag == "address" or (not cursor.attribute and cursor.tag and "address".startswith(cursor.tag)):
        words = _address(survey, cursor, part_at(survey, then))
    else:
        words = iter(())
    return [_item(view, cursor, number, *one) for number, one in enumerate(words)]


def _item(view: View, cursor: Cursor, number: int, text: str, about: str) -> CompletionItem:
    begin, end = cursor.begin, cursor.end
    if not cursor.attribute:
        begin = cursor.tag_begin if cursor.tag != "address" else _word_begin(view.lines.text, cursor.begin)
    return CompletionItem(
        label=text,
        kind=CompletionItemKind.Value if cursor.attribute else CompletionItemKind.Snippet,
        detail=about,
        sort_text=f"{number:04}",
        filter_text=text,
        text_edit=TextEdit(view.lines.range(begin, end), text),
    )


def _word_begin(text: str, at: int) -> int:
    while at and (text[at - 1].isalnum()):
        at -= 1
    return at


def _controller(survey: Survey, cursor: Cursor, own: PartAt | None) -> Iterator[tuple[str, str]]:
    if cursor.attribute == "index":
        mine = own.controller if own is not None else None
        for index in sorted({*survey.free_indexes, *(() if mine is None else (mine,))}):
            yield str(index), "the index it has" if index == mine else "free index"
    elif cursor.attribute == "model":
        yield from ((name, "PCI controller") for name in survey.models)


def _address(survey: Survey, cursor: Cursor, own: PartAt | None) -> Iterator[tuple[str, str]]:
    if cursor.attributes.get("type", _PCI) != _PCI:
        return
    own = own if own is not None and (own.needs or own.controller is not None) else None
    begin = -1 if own is None else own.begin
    open_to = [one for one in survey.buses if own is None or _takes(one, own)]
    if cursor.attribute == "bus":
        for one in open_to:
            free = len(one.free_slots(begin))
            if free:
                yield f"0x{one.bus:02x}", f"{one.model} {one.index}, {free} slots free"
    elif cursor.attribute == "domain":
        for number in dict.fromkeys(one.domain for one in open_to):
            yield f"0x{number:04x}", "PCI domain"
    elif cursor.attribute in ("slot", "function"):
        yield from _on_bus(survey, cursor, begin)
    elif not cursor.attribute:
        yield from _whole(open_to, cursor, begin)


def _takes(bus: BusAt, part: PartAt) -> bool:
    return bus.index != part.controller and bus.admits(part)


def _on_bus(survey: Survey, cursor: Cursor, begin: int) -> Iterator[tuple[str, str]]:
    domain, number = _number(cursor, "domain"), _number(cursor, "bus")
    bus = next((one for one in survey.buses if (one.domain, one.bus) == (domain, number)), None)
    if bus is None:
        return
    where = f"free on bus 0x{bus.bus:02x} ({bus.model} {bus.index})"
    if cursor.attribute == "slot":
        yield from ((f"0x{slot:02x}", where) for slot in bus.free_slots(begin))
    else:
        slot = _number(cursor, "slot")
        yield from ((f"0x{one:x}", f"free in slot 0x{slot:02x}") for one in bus.free_functions(slot or 0, begin))


def _whole(buses: list[BusAt], cursor: Cursor, begin: int) -> Iterator[tuple[str, str]]:
    """A whole address on each bus that has room: the first free slot."""
    for one in buses[:_MOST_BUSES]:
        free = one.free_slots(begin)
        if not free:
            continue
        body = f"domain='0x{one.domain:04x}' bus='0x{one.bus:02x}' slot='0x{free[0]:02x}' function='0x0'"
        about = f"{one.model} {one.index}"
        if cursor.tag != "address":
            yield f"<address type='pci' {body}/>", about
        elif not {"bus", "slot"} & set(cursor.attributes):
            yield body if "type" in cursor.attributes else f"type='pci' {body}", about


def _number(cursor: Cursor, name: str) -> int | None:
    text = cursor.attributes.get(name, "0")
    return parse_auto_radix(text) if is_auto_radix(text) and re.fullmatch(r"\w+", text) else None

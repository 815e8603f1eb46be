"""What shows below the pointer: the part as the guest sees it, the way to it, and the rules that it breaks."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol.types import Hover, MarkupContent, MarkupKind

from pcisolve.lsp.analysis import Analysis, Told
from pcisolve.lsp.show import span_of
from pcisolve.lsp.state import View, bus_of, part_at
from pcisolve.verdict.survey import BusAt, PartAt, Survey


def hover(view: View, analysis: Analysis, name: str, offset: int) -> Hover | None:
    """What is known of a place; None for nothing."""
    pieces: list[str] = []
    found = view.survey_at(offset)
    part = None if found is None else part_at(found[0], found[1])
    if found is not None and part is not None:
        pieces.append("\n".join(_part(found[0], part)))
    pieces += [_told(one, analysis) for one in analysis.told if _covers(view, one, name, offset)]
    if not pieces:
        return None
    return Hover(MarkupContent(MarkupKind.Markdown, "\n\n---\n\n".join(dict.fromkeys(pieces))))


def _covers(view: View, told: Told, name: str, offset: int) -> bool:
    spans = (span_of(view.lines, one) for one in told.places if one.file == name)
    return any(begin <= offset <= end for begin, end in spans)


def _part(survey: Survey, part: PartAt) -> Iterator[str]:
    yield f"**{_plain(part.name)}**"
    yield ""
    if part.address is not None:
        yield f"- in the XML: `{part.address}`{', chosen by libvirt' if part.chosen else ''}"
        yield f"- in the guest: {_seen(part)}"
        yield f"- path: {' › '.join(_path(survey, part))}"
    elif part.controller is None:
        yield "- no PCI address"
    provided = bus_of(survey, part.controller) if part.controller is not None else None
    if provided is not None:
        yield f"- provides {_bus(provided)}"


def _seen(part: PartAt) -> str:
    if part.guest is not None:
        return f"`{part.guest}`, bus {part.guest.split(':')[1]}"
    return f"not found: {part.reason}" if part.reason else "not known"


def _path(survey: Survey, part: PartAt) -> list[str]:
    """The controllers from the root down to the part."""
    steps = [f"`{part.address}`"]
    index, seen = part.provider, set[int]()
    while (bus := bus_of(survey, index)) is not None and bus.index not in seen:
        seen.add(bus.index)
        at = "" if bus.address is None else f" at `{bus.address}`"
        steps.append(f"{bus.model} {bus.index}{at}")
        index = bus.parent
    return steps[::-1]


def _bus(bus: BusAt) -> str:
    free = len(bus.free_slots())
    words = f"bus `0x{bus.bus:02x}` of domain `0x{bus.domain:04x}`"
    if bus.first is not None:
        last = "" if bus.last in (None, bus.first) else f" to {bus.last:02x}"
        words += f" (in the guest {bus.first:02x}{last})"
    return f"{words}: {free} of {bus.max_slot - bus.min_slot + 1} slots free"


def _told(told: Told, analysis: Analysis) -> str:
    head = f"**{told.severity}** `{told.code}`: {_plain(told.message)}"
    for code, title, text, stage, source in analysis.rules:
        if code == told.code:
            where = f", source: {_plain(source)}" if source else ""
            return f"{head}\n\n*{_plain(title)}*\n\n{_plain(text)}\n\nenforced by: {stage}{where}"
    return head


def _plain(text: str) -> str:
    """Text of the input or of a rule, in which nothing is Markdown or HTML."""
    return "".join(f"\\{one}" if one in "\\`*_[]<>#|~" else one for one in text)

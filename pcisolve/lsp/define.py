"""From a device, or its address, to the controller that provides its bus."""

from __future__ import annotations

from lsprotocol.types import Location

from pcisolve.lsp.state import View, bus_of, part_at


def definition(view: View, uri: str, offset: int) -> Location | None:
    """Where that controller stands; None for a root and for one that libvirt adds."""
    found = view.survey_at(offset)
    if found is None:
        return None
    survey, then = found
    part = part_at(survey, then)
    bus = None if part is None else bus_of(survey, part.provider)
    begin = None if bus is None or bus.begin < 0 else view.now(bus.begin)
    if bus is None or begin is None:
        return None
    controller = next(one for one in survey.parts if one.begin == bus.begin)
    end = view.now(controller.end)
    return Location(uri, view.lines.range(begin, begin if end is None else end))

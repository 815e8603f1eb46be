"""A guest surveyed for an editor: judged once, with every part's place in the text, and repairs as edits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from typing import Final

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.change import FIRST_ADDED
from pcisolve.firmware.guest_view import InGuest, guest_view
from pcisolve.libvirt.document import Document
from pcisolve.libvirt.writer import Writer
from pcisolve.ops.solve import Told, told_of
from pcisolve.problem.admits import may_be_added
from pcisolve.problem.layout import Layout
from pcisolve.problem.naming import plain_name
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Options, Problem
from pcisolve.repair.search import Verified
from pcisolve.solver.judge import Unnumbered, judge
from pcisolve.verdict.survey import BusAt, Fix, PartAt, Span, Survey, Taken, TextEdit
from pcisolve.verdict.values import UNSAFE, Verdict

_UNSEEN: Final = InGuest(None, None, None, False, "")
_FREE_INDEXES: Final = 32  # that are offered


def survey(document: Document, catalog: Catalog, options: Options) -> tuple[Verdict, Survey]:
    """What check() says, and where everything is; also of a guest that does not hold.

    While indexes are open that cannot be numbered, there are no parts and no buses.

    Raises:
        InputError: the input cannot be used at all, such as an unknown machine.
    """
    judged = judge(document.root, document, catalog, options)
    told = told_of(judged, layout=False)
    found = Survey(_span(document, 0), fixes=tuple(_fixes(document, told)))
    if isinstance(judged, Unnumbered):
        return told.verdict, found
    problem, layout = judged.question.problem, judged.layout
    view = guest_view(layout)
    return told.verdict, found._replace(
        parts=tuple(_part(document, layout, part, view.get(part, _UNSEEN)) for part in problem.parts if part.node),
        buses=tuple(_buses(document, layout, view)),
        free_indexes=_free_indexes(problem),
        models=tuple(
            one.name for one in catalog.controllers() if one.root or may_be_added(one, problem.machine.family)
        ),
    )


def _span(document: Document, number: int) -> Span:
    span, at = document.spans[number], document.start.at
    return Span(span.begin + at, span.close_end + at)


def _fixes(document: Document, told: Told) -> Iterator[Fix]:
    """The repairs that the verdict shows; one that goes on where another ended cannot be made on its own."""
    if told.refused is None:
        return
    for number, (conflict, finding) in enumerate(zip(told.refused.conflicts, told.verdict.findings, strict=True)):
        ways = told.refused.repairs.get(conflict, [])
        if len(ways) != len(finding.repairs):  # another layout holds: nothing is to be given up
            ways = [one for one in ways if one.consequence.safety != UNSAFE]
        for place, way in enumerate(ways):
            if all(change.node.number < FIRST_ADDED for change in way.changes):
                yield Fix(number, place, _edits(document, way))


def _edits(document: Document, way: Verified) -> tuple[TextEdit, ...]:
    writer, at = Writer(document), document.start.at
    for change in way.changes:
        writer.change(change)
    return tuple(TextEdit(one.begin + at, one.end + at, one.text) for one in writer.edits())


def _part(document: Document, layout: Layout, part: Part, seen: InGuest) -> PartAt:
    assert part.node is not None
    address, provider = layout.addresses.get(part), layout.provider(part)
    return PartAt(
        *_span(document, part.node.number),
        name=plain_name(part),
        address=None if address is None else str(address),
        chosen=address is not None and part.pinned is None,
        provider=None if provider is None else provider.index,
        controller=part.index if isinstance(part, Controller) else None,
        needs=part.explicit_needs,
        integrated=part.integrated,
        guest=seen.address,
        reason=seen.reason,
    )


def _buses(document: Document, layout: Layout, view: dict[Part, InGuest]) -> Iterator[BusAt]:
    taken = _taken(document, layout)
    for one in layout.controllers:
        if one.model is None or layout.by_index.get(one.index) is not one:
            continue
        address, above, seen = layout.addresses.get(one), layout.provider(one), view.get(one, _UNSEEN)
        flat = layout.problem.flat
        yield BusAt(
            index=one.index,
            model=one.model.name,
            name=plain_name(one),
            domain=0 if flat else (one.index if one.is_root else address.domain if address else 0),
            bus=0 if one.is_root and not flat else one.index,
            parent=None if above is None else above.index,
            address=None if address is None else str(address),
            begin=_begin(document, one),
            accepts=one.model.accepts,
            min_slot=one.model.min_slot,
            max_slot=one.model.max_slot,
            taken=tuple(sorted(taken.get(one.index, ()))),
            first=seen.secondary,
            last=seen.subordinate,
        )


def _taken(document: Document, layout: Layout) -> dict[int, list[Taken]]:
    """What is on the bus of each controller; on the first one also what the chipset always has."""
    found: dict[int, list[Taken]] = {0: [Taken(one.slot, one.function, -1) for one in layout.problem.machine.reserved]}
    for part, place in layout.places.items():
        if part in layout.addresses:
            found.setdefault(place.provider, []).append(Taken(place.slot, place.function, _begin(document, part)))
    return found


def _begin(document: Document, part: Part) -> int:
    return -1 if part.node is None else _span(document, part.node.number).begin


def _free_indexes(problem: Problem) -> tuple[int, ...]:
    """The lowest that no controller of the input has; what libvirt adds gives way."""
    used = {one.index for one in problem.controllers}
    return tuple(islice((index for index in count(1) if index not in used), _FREE_INDEXES))

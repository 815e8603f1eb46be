"""Two layouts compared, part by part, and what the guest will notice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from pcisolve.catalog.catalog import Catalog, load_catalog
from pcisolve.core.address import parse_address
from pcisolve.core.errors import InputError
from pcisolve.earlier.identity import Identity, identity_of
from pcisolve.earlier.matching import match
from pcisolve.earlier.record import Earlier, Remembered, earlier_of, parts_of
from pcisolve.firmware.guest_view import InGuest, guest_view
from pcisolve.libvirt.container import read
from pcisolve.libvirt.document import Document
from pcisolve.ops.memory import is_json, read_layout
from pcisolve.ops.recorded import earlier_from_answer, read_answer
from pcisolve.problem.layout import Layout
from pcisolve.problem.naming import plain_name
from pcisolve.problem.problem import Options
from pcisolve.rules.check import errors
from pcisolve.solver.judge import Unnumbered, judge
from pcisolve.verdict.difference import ADDED, CHANGED, KINDS, MOVED, REMOVED, RENUMBERED, Difference, Entry, Side

_SOUND = "a guest that libvirt takes; `pcisolve check` says what is wrong and what mends it"

Source = str | os.PathLike[str] | bytes


class LaidPart(NamedTuple):
    """A part of a layout: what it is known by, and where it is."""

    known: Remembered
    side: Side


class Laid(NamedTuple):
    """One layout, ready to be compared.

    Attributes:
        document: the XML that it comes from; None where it was recorded.
    """

    name: str
    scheme: str
    parts: list[LaidPart]
    document: Document | None = None


def diff(before: Source, after: Source, options: Options | None = None, *, models: str | None = None) -> Difference:
    """Compare two layouts: each a path or the content, domain XML (completed as libvirt does) or the JSON of a result.

    Args:
        models: a folder of models that adds to and overrides the shipped ones.

    Raises:
        InputError: one of them cannot be read, or has no layout.
    """
    return compared(*both_laid(before, after, options or Options(), models))


def both_laid(before: Source, after: Source, options: Options, models: str | None = None) -> tuple[Laid, Laid]:
    """Two layouts, ready to be compared.

    Raises:
        InputError: as for diff.
    """
    catalog = load_catalog(models, options.libvirt)
    return _layout(before, catalog, options), _layout(after, catalog, options)


def compared(old: Laid, new: Laid, *, lines: bool = True) -> Difference:
    """What is different between two layouts; without `lines`, what the guest notices does not count."""
    found = _entries(old.parts, new.parts)
    entries = sorted(found, key=lambda entry: KINDS.index(entry.change))
    if not lines:
        entries = [one for one in entries if one.change != RENUMBERED]
    return Difference(old.name, new.name, (old.scheme, new.scheme), tuple(entries))


def laid(document: Document, catalog: Catalog, options: Options, name: str) -> Laid:
    """A guest as libvirt would complete it.

    Raises:
        InputError: libvirt refuses it.
    """
    earlier, sides = _completed(document, name, catalog, options)
    return _together(name, earlier, sides)._replace(document=document)


def _layout(source: Source, catalog: Catalog, options: Options) -> Laid:
    data, name = read_layout(source)
    if is_json(data):
        return _together(name, *_recorded(data, name))
    return laid(read(data, name), catalog, options, name)


def _together(name: str, earlier: Earlier, sides: list[Side]) -> Laid:
    parts = [LaidPart(known, side) for known, side in zip(earlier.parts, sides, strict=True)]
    return Laid(name, earlier.scheme, [one for one in parts if one.known.index is not None or one.side.address])


def _completed(document: Document, name: str, catalog: Catalog, options: Options) -> tuple[Earlier, list[Side]]:
    layout = sound_layout(document, catalog, options, name)
    view, source = guest_view(layout), layout.problem.source
    sides = []
    for part in parts_of(layout):
        address = layout.addresses.get(part)
        sides.append(
            Side(
                name=_name(plain_name(part), identity_of(part)),
                line=None if part.node is None else source.location(part.node).line,
                address=None if address is None else str(address),
                guest=view.get(part),
            )
        )
    return earlier_of(layout, name), sides


def sound_layout(document: Document, catalog: Catalog, options: Options, name: str = "") -> Layout:
    """As libvirt would complete it; what QEMU or the guest breaks on has a place all the same.

    Raises:
        InputError: libvirt refuses it.
    """
    name = name or document.name
    asked = options._replace(policy="libvirt", scheme="auto", stage="libvirt", platform="")
    judged = judge(document.root, document, catalog, asked)
    if isinstance(judged, Unnumbered):
        raise InputError(f"{name} has no layout to compare: no indexes fit its controllers", expected=_SOUND)
    if broken := errors(judged.broken):
        rule, case, _ = broken[0]
        said = rule.tell(judged.question, case).message
        raise InputError(f"{name} has no layout to compare: {said}", expected=_SOUND)
    return judged.layout


def _recorded(data: bytes, name: str) -> tuple[Earlier, list[Side]]:
    answer = read_answer(data, name)
    earlier = earlier_from_answer(answer, name)
    rows = [*answer["devices"], *answer["controllers"]]
    return earlier, [_recorded_side(row, known) for row, known in zip(rows, earlier.parts, strict=True)]


def _recorded_side(row: dict[str, Any], known: Remembered) -> Side:
    """What else a row says; whatever is not as pcisolve writes it counts as not written down."""
    name, line, guest = row.get("name"), row.get("line"), row.get("guest")
    words = f"PCI controller {known.index} ({known.model})" if known.index is not None else known.identity.make
    return Side(
        name=_name(name, known.identity) if isinstance(name, str) and known.index is None else words,
        line=line if isinstance(line, int) else None,
        address=None if known.address is None else str(known.address),
        guest=_recorded_guest(guest) if isinstance(guest, dict) else None,
    )


def _name(name: str, identity: Identity) -> str:
    """A part in words, with what tells it from others where the words do not."""
    own = identity.keys.get("mac") or identity.keys.get("host")
    return f"{name} {own}" if own and own not in name else name


def _recorded_guest(guest: dict[str, Any]) -> InGuest | None:
    address, first, last = guest.get("address"), guest.get("secondary"), guest.get("subordinate")
    try:
        seen = None if address is None else str(parse_address(address))
    except (ValueError, AttributeError):
        return None
    first, last = [number if isinstance(number, int) else None for number in (first, last)]
    return InGuest(seen, first, last, guest.get("visible") is True, str(guest.get("reason") or ""))


def _entries(before: list[LaidPart], after: list[LaidPart]) -> Iterator[Entry]:
    """In the order of the new layout, and of the old one for what was removed."""
    places = [one.known.address for one in before], [one.known.address for one in after]
    pairs = match([one.known.identity for one in before], [one.known.identity for one in after], places)
    same = {pair.after: before[pair.before] for pair in pairs}
    left = {pair.before for pair in pairs}
    for position, new in enumerate(after):
        old = same.get(position)
        entry = _new(new) if old is None else _changed(old, new)
        if entry is not None:
            yield entry
    for position, one in enumerate(before):
        if position not in left:
            yield Entry(REMOVED, one.known.identity.kind, one.side, None, {}, "")


def _new(part: LaidPart) -> Entry:
    lost = part.side.guest is not None and not part.side.guest.visible
    notices = f"the guest does not find it: {part.side.guest.reason}" if lost and part.side.guest else ""
    return Entry(ADDED, part.known.identity.kind, None, part.side, {}, notices)


def _changed(old: LaidPart, new: LaidPart) -> Entry | None:
    """The entry of one part; None when it is the same in both."""
    options = dict(_options(old.known, new.known))
    seen = _notices(old, new)
    if old.side.address != new.side.address:
        change = MOVED
    elif options:
        change = CHANGED
    elif seen or _bus(old.side) != _bus(new.side):
        change = RENUMBERED
    else:
        return None
    return Entry(change, new.known.identity.kind, old.side, new.side, options, seen)


def _options(old: Remembered, new: Remembered) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    if (old.model, old.identity.make) != (new.model, new.identity.make):
        yield "model", (old.model or old.identity.make, new.model or new.identity.make)
    for name in dict.fromkeys([*old.targets, *new.targets]):
        before, after = [str(one[name]) if name in one else None for one in (old.targets, new.targets)]
        if before != after:
            yield name, (before, after)
    if old.multifunction != new.multifunction:
        yield "multifunction", ("on" if old.multifunction else "off", "on" if new.multifunction else "off")
    for name, was, is_now in zip(("uid", "fid"), old.zpci, new.zpci, strict=True):
        if was != is_now:
            yield name, (None if was is None else f"{was:#x}", None if is_now is None else f"{is_now:#x}")


def _bus(side: Side) -> int | None:
    """The guest's number for the bus a controller provides, where it is known."""
    return None if side.guest is None else side.guest.secondary


def _notices(old: LaidPart, new: LaidPart) -> str:
    """What the guest notices of a part that is in both layouts; "" for nothing, and where that is not known."""
    before, after = old.side.guest, new.side.guest
    if before is None or after is None or (new.known.index is not None and before.visible == after.visible):
        return ""
    if not after.visible:
        return f"the guest does not find it any more: {after.reason}" if before.visible else ""
    if not before.visible:
        return f"the guest finds it at {after.address}; before it did not: {before.reason}"
    if before.address == after.address:
        return ""
    said = f"the guest sees it at {after.address} instead of {before.address}"
    if new.known.identity.kind == "interface" and before.address and after.address:
        names = path_name(before.address, old.known.multifunction), path_name(after.address, new.known.multifunction)
        said += f"; named by its place, {names[0]} becomes {names[1]}"
    return said


def path_name(address: str, several: bool) -> str:
    """What systemd calls an Ethernet interface by its place: "enp5s0" (systemd.net-naming-scheme, ID_NET_NAME_PATH).

    Args:
        address: as the guest sees it.
        several: whether its slot says that it has several functions.
    """
    domain, bus, slot, function = parse_address(address)
    prefix = f"P{domain}" if domain else ""
    return f"en{prefix}p{bus}s{slot}" + (f"f{function}" if several or function else "")

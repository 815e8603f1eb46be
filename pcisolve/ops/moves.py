"""What moves in a guest when another version of libvirt lays it out, why, and what to write so that nothing does."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any, Final, NamedTuple

from pcisolve.catalog.catalog import Catalog, load_catalog
from pcisolve.catalog.folders import shipped_folder
from pcisolve.catalog.machines import Machine
from pcisolve.catalog.table import dotted
from pcisolve.core.errors import InputError, SolverMissing
from pcisolve.libvirt.container import read
from pcisolve.libvirt.document import Document
from pcisolve.ops.difference import Laid, compared, laid, sound_layout
from pcisolve.ops.memory import read_layout
from pcisolve.ops.write import Pin, pinned_bytes
from pcisolve.problem.layout import Layout
from pcisolve.problem.naming import plain_name
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Options
from pcisolve.solver.mus import deletion, quickxplain
from pcisolve.verdict.difference import Difference

Version = tuple[int, int, int]
_VERSION: Final = re.compile(r'(?:since|until) = "(\d+)\.(\d+)\.(\d+)"')
_QUESTIONS: Final = 600  # choices of pins that are tried; each lays the guest out twice
_SAID: Final = {  # what of a machine moves guests, in words
    "balloon": "the memory balloon that libvirt adds",
    "default_usb": "the USB controller that libvirt adds",
    "usb_model": "the model of a USB controller without one",
    "scsi_model": "the model of a SCSI controller without one",
    "panic_model": "the model of a panic device without one",
    "root": "the PCI root",
    "supports_pci": "whether PCI devices get an address",
}


class Cause(NamedTuple):
    """A version with which the layout changes, and what is known to change there; "" where that is not known."""

    version: Version
    what: str

    def to_text(self) -> str:
        """Such as "11.3.0: ..."."""
        return f"{dotted(self.version)}: {self.what or 'for a reason that is not known'}"


class Moves(NamedTuple):
    """One guest under two versions.

    Attributes:
        difference: what is elsewhere, and what the guest notices.
        causes: oldest first.
    """

    difference: Difference
    causes: tuple[Cause, ...]

    def to_json(self) -> dict[str, Any]:
        """As in `diff --format json` with two versions of libvirt."""
        causes = [{"since": dotted(one.version), "what": one.what} for one in self.causes]
        return {**self.difference.to_json(), "causes": causes}


class Pinned(NamedTuple):
    """The guest with what it needs so that both versions lay it out alike, which running both has shown.

    Attributes:
        data: the XML.
        pins: what was written, in words; none of them can be left out.
        fewest: whether no other choice of fewer would do, proved by asking.
    """

    data: bytes
    pins: tuple[str, ...]
    fewest: bool = True


def moves(
    source: str | os.PathLike[str] | bytes, before: Options, after: Options, *, models: str | None = None
) -> Moves:
    """Compare one guest under two versions of libvirt (`libvirt` of the options).

    Raises:
        InputError: it cannot be read, or one of the versions refuses it.
    """
    return moves_of(read(*read_layout(source)), before, after, models=models)


def moves_of(document: Document, before: Options, after: Options, *, models: str | None = None) -> Moves:
    """As `moves`, of a guest that was read.

    Raises:
        InputError: one of the versions refuses it.
    """
    old, new = (_laid(document, one, models) for one in (before, after))
    return Moves(compared(old, new), tuple(_causes(document, before, after, models)))


def both_versions(
    source: str | os.PathLike[str] | bytes, before: Options, after: Options, *, models: str | None = None
) -> tuple[Laid, Laid]:
    """One guest under two versions of libvirt, ready to be compared.

    Raises:
        InputError: as for moves.
    """
    document = read(*read_layout(source))
    return _laid(document, before, models), _laid(document, after, models)


def _laid(document: Document, options: Options, models: str | None) -> Laid:
    name = f"{document.name} with libvirt {dotted(options.libvirt)}"
    return laid(document, load_catalog(models, options.libvirt), options, name)


def _causes(document: Document, before: Options, after: Options, models: str | None) -> Iterator[Cause]:
    """At which versions in between the layout changes."""
    low, high = sorted((before.libvirt, after.libvirt))
    last = _laid(document, before._replace(libvirt=low), models)
    known = low
    for version in sorted({one for one in _versions() if low < one < high} | {high}):
        try:
            here = _laid(document, before._replace(libvirt=version), models)
        except SolverMissing:
            raise
        except InputError:
            continue
        if not compared(last, here).is_empty:
            catalogs = load_catalog(models, known), load_catalog(models, version)
            yield Cause(version, "; ".join(_changes(document, *catalogs, known, version)))
        last, known = here, version


def _versions() -> set[Version]:
    """Every version that some model file names."""
    texts = (path.read_text("utf-8") for path in sorted(Path(shipped_folder()).rglob("*.toml")))
    return {(int(one[1]), int(one[2]), int(one[3])) for text in texts for one in _VERSION.finditer(text)}


def _changes(document: Document, old: Catalog, new: Catalog, low: Version, high: Version) -> Iterator[str]:
    """What is known to change between two versions, as far as this guest's machine goes."""
    for one in new.behaviors().values():
        if low < one.since <= high:
            yield one.summary.rstrip(".")
    words = document.root.get("os/type/arch"), document.root.get("os/type/machine")
    machines: list[Machine] = [catalog.machine(*words) for catalog in (old, new)]
    for key, said in _SAID.items():
        was, now = (getattr(one, key) for one in machines)
        if was != now:
            yield f"{said}: {_value(was)} becomes {_value(now)}"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value) or "none"


def pin(
    source: str | os.PathLike[str] | bytes, before: Options, after: Options, *, models: str | None = None
) -> Pinned:
    """Write what makes both versions lay a guest out as the first one does; where that cannot be, as the second one.

    Raises:
        InputError: it cannot be read, one of the versions refuses it, or no XML makes them agree.
    """
    data, name = read_layout(source)
    both = _Both(read(data, name), name, (before, after), models)
    for first, second in ((0, 1), (1, 0)):
        found = both.pins(first, second)
        if found is not None:
            chosen, fewest = found
            return Pinned(both.written(first, chosen), tuple(_said(one) for one in chosen), fewest)
    raise InputError(f"{name}: no address and no model makes both versions agree", expected="what `diff` shows")


class _Both:
    """A guest and the two versions that are to agree on it."""

    def __init__(self, document: Document, name: str, options: tuple[Options, Options], models: str | None) -> None:
        self.document, self.name, self.options = document, name, options
        self.catalogs = [load_catalog(models, one.libvirt) for one in options]
        pairs = zip(self.catalogs, options, strict=True)
        self.layouts = [sound_layout(document, catalog, one) for catalog, one in pairs]

    def written(self, first: int, pins: Sequence[Pin]) -> bytes:
        """The document with some of what the layout of the first says."""
        return pinned_bytes(self.document, self.layouts[first], pins)

    def pins(self, first: int, second: int) -> tuple[Sequence[Pin], bool] | None:
        """What has to be written for the layout of the first, and whether nothing less does; None where nothing does.

        More of it may hurt: what is written on a bus that is not makes libvirt add another one. So nothing less is
        known from its parts, and all choices of fewer are tried, as far as there are not too many.
        """
        wanted = laid(self.document, self.catalogs[first], self.options[first], self.name)

        def differs(pins: Sequence[Pin]) -> bool | None:
            document = read(self.written(first, pins), self.name)
            try:
                both = [laid(document, *one, self.name) for one in zip(self.catalogs, self.options, strict=True)]
            except SolverMissing:
                raise
            except InputError:
                return True
            return not all(compared(wanted, one, lines=False).is_empty for one in both)

        everything = _pins(self.layouts[first], self.layouts[second])
        if differs(everything):
            return None
        if not differs([]):
            return (), True
        chosen = deletion(quickxplain(everything, differs).claims, differs).claims
        return _fewest(everything, chosen, differs)


def _fewest(
    everything: Sequence[Pin], chosen: Sequence[Pin], differs: Callable[[Sequence[Pin]], bool | None]
) -> tuple[Sequence[Pin], bool]:
    """Fewer pins than those chosen that do as well, or these; and whether no fewer would do."""
    choices = (some for number in range(1, len(chosen)) for some in combinations(everything, number))
    for asked, some in enumerate(choices):
        if asked == _QUESTIONS:
            return chosen, False
        if not differs(some):
            return some, True
    return chosen, True


def _pins(layout: Layout, other: Layout) -> list[Pin]:
    """All that could be written: places and models of the first layout, and what only the second one adds."""
    pins = [Pin(part) for part in (*layout.problem.parts, *layout.choice.added) if _is_open(layout, part)]
    have = {_key(part) for part in layout.problem.parts}
    only = [one for one in other.problem.parts if one.node is None and _key(one) not in have]
    return pins + [Pin(one, absent=True) for one in only if one.kind == "memballoon" or one.view.get("type") == "usb"]


def _is_open(layout: Layout, part: Part) -> bool:
    return part.node is None or part in layout.addresses or isinstance(part, Controller)


def _key(part: Part) -> tuple[str, str | None, str | None]:
    return part.kind, part.view.get("type"), part.view.get("index")


def _said(pin: Pin) -> str:
    return f"no {pin.part.kind}" if pin.absent else plain_name(pin.part)

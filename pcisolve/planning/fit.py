"""Room in a guest: whether devices of some kinds fit, where they go, and how many more do.

Every question is put to ops.solve, with the devices written into a guest whose own addresses are all settled: so an
answer is what `solve` says of that guest, and nothing of it moves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pcisolve.catalog.catalog import Catalog
from pcisolve.catalog.devices import DeviceClass, Variant
from pcisolve.core.address import Address
from pcisolve.core.errors import InputError
from pcisolve.core.node import Node
from pcisolve.core.words import did_you_mean, printable
from pcisolve.firmware.guest_view import guest_view
from pcisolve.libvirt.document import Document
from pcisolve.libvirt.writer import Writer
from pcisolve.ops.free import free_slots
from pcisolve.ops.solve import Answer, solve
from pcisolve.ops.write import copied, solved_bytes
from pcisolve.planning.elements import ElementMaker, plannable
from pcisolve.planning.file.values import bare_wish
from pcisolve.problem.layout import Layout
from pcisolve.problem.problem import STABLE, Options
from pcisolve.verdict.room import Fit, Most, PlacedNew
from pcisolve.verdict.values import INFEASIBLE, SOLVED, Finding

MOST_ASKED: Final = 4_096  # devices of one kind; beyond that no more is asked about
_COUNT: Final = "plan-count"


class Wanted(NamedTuple):
    """So many devices of a kind."""

    kind: str
    count: int  # type: ignore[assignment]  # a tuple's own count() is not wanted here


class _Kind(NamedTuple):
    """What the catalog has of a kind; `room`: how many there can be in this guest, where that is bounded by one."""

    device: DeviceClass
    variant: Variant
    room: int


def known_kinds(catalog: Catalog, wanted: Iterable[Wanted]) -> dict[str, tuple[DeviceClass, Variant]]:
    """The kinds that are asked for.

    Raises:
        InputError: one is unknown, takes no PCI address, or cannot be written from its name alone.
    """
    found = {}
    for one in wanted:
        known = catalog.kind(one.kind)
        if known is None or not known[1].needs or not plannable(known[1], known[0]):
            names = [each.name for device in catalog.devices() for each in device.variants if plannable(each, device)]
            what = "unknown kind" if known is None else "no PCI device can be made of kind"
            message = f'{what} "{printable(one.kind)[:60]}"; {did_you_mean(one.kind[:60], names)}'
            raise InputError(message, expected="a device kind of plans, such as virtio-net")
        found[one.kind] = known
    return found


class Room:
    """What fits into one guest.

    Attributes:
        bounds: of kinds that were asked about, how many fit at least and, where that is known, at most; also while
            `most` is still at it, or was stopped.
    """

    def __init__(self, document: Document, catalog: Catalog, options: Options, wanted: Iterable[Wanted]) -> None:
        """Read what is asked for; equal kinds are added up.

        Raises:
            InputError: a kind is not one, or is wanted too often; or the guest cannot be used.
        """
        counts: Counter[str] = Counter()
        for kind, count in wanted:
            counts[kind] += count
        self.wanted = tuple(Wanted(kind, count) for kind, count in counts.items())
        for one in self.wanted:
            if not 1 <= one.count <= MOST_ASKED:
                raise InputError(f'{one.count:,} of "{one.kind}"', expected=f"a count from 1 to {MOST_ASKED:,}")
        self.catalog, self.options = catalog, options._replace(repairs=False)
        self.bounds: dict[str, tuple[int, int | None]] = {}
        kinds = known_kinds(catalog, self.wanted)
        if options.policy == STABLE:
            raise InputError("devices that are added have no earlier layout", expected="another policy")
        self._read(document, kinds, options)

    def _read(self, document: Document, kinds: dict[str, tuple[DeviceClass, Variant]], options: Options) -> None:
        answer = solve(document.root, document, self.catalog, options)
        self.verdict = answer.verdict
        self.layout: Layout | None = answer.layout
        self.document = document
        if answer.layout is None:
            return
        self.document = document.again(solved_bytes(document, answer.layout))
        self.options = self.options._replace(scheme=answer.layout.problem.scheme)
        parts = answer.layout.problem.parts
        has = Counter(one.kind for one in parts if one.variant is not None and one.variant.needs)
        self.kinds = {
            name: _Kind(device, variant, max(0, 1 - has[device.element]) if device.single else MOST_ASKED)
            for name, (device, variant) in kinds.items()
        }

    def asked(self) -> Fit:
        """Whether all that is wanted fits, and where; without how many more do."""
        if self.layout is None:
            return Fit(self.verdict.status, True, findings=self.verdict.findings)
        free = free_slots(self.layout)
        counts = dict(self.wanted)
        reasons = tuple(self._alone(counts))
        if reasons:
            return Fit(INFEASIBLE, free=free, findings=reasons)
        document = self._with(counts)
        answer = self._solved(document)
        verdict, layout = answer
        if layout is None:
            return Fit(verdict.status, free=free, findings=verdict.findings)
        placed = tuple(self._placed(layout, self._new(document, counts)))
        added = tuple(one for one in verdict.controllers if one.added)
        xml = solved_bytes(document, layout)
        return Fit(SOLVED, False, placed, added, free=free, left=free_slots(layout), findings=(), xml=xml)

    def most(self, kind: str, *, beside: bool) -> Most:
        """The most of a kind that fit, as far as it is decided.

        Args:
            beside: with the other kinds that are wanted, which fit.
        """
        asked = dict(self.wanted)
        others = {name: count for name, count in asked.items() if name != kind} if beside else {}
        room = self.kinds[kind].room
        self.bounds[kind] = asked[kind] if beside else 0, None if room == MOST_ASKED else room
        while (count := self._next(kind)) is not None:
            low, high = self.bounds[kind]
            status = self._status({**others, kind: count})
            if status not in (SOLVED, INFEASIBLE):
                break
            self.bounds[kind] = (count, high) if status == SOLVED else (low, count - 1)
        return self.known(kind, beside=beside)

    def known(self, kind: str, *, beside: bool) -> Most:
        """What is known so far of the most of a kind."""
        low, high = self.bounds.get(kind, (0, None))
        return Most(kind, dict(self.wanted)[kind], low, high, beside and len(self.wanted) > 1)

    def _next(self, kind: str) -> int | None:
        """The count to ask about next; None at the end.

        Twice as many until some do not fit, then halves. That is exact: where so many fit, fewer do, because a device
        that is left out leaves its slot empty.
        """
        low, high = self.bounds[kind]
        if high is not None:
            return (low + high + 1) // 2 if low < high else None
        return min(MOST_ASKED, low * 2 or 1) if low < MOST_ASKED else None

    def _alone(self, counts: dict[str, int]) -> Iterator[Finding]:
        """Kinds of which a guest has only one."""
        for kind, count in counts.items():
            if count > self.kinds[kind].room:
                element = self.kinds[kind].device.element
                message = f"a guest has only one {element}, and {self.kinds[kind].room or 'none'} more fits"
                yield Finding(_COUNT, (), "libvirt", message, True, ())

    def _status(self, counts: dict[str, int]) -> str:
        if any(self._alone(counts)):
            return INFEASIBLE
        return self._solved(self._with(counts)).verdict.status

    def _solved(self, document: Document) -> Answer:
        return solve(document.root, document, self.catalog, self.options)

    def _with(self, counts: dict[str, int]) -> Document:
        """The guest with so many devices at the end of its list, without addresses."""
        writer = Writer(self.document)
        maker = ElementMaker("guest", self._drives(), self._indexes(), self._hosts())
        for kind, count in counts.items():
            device, variant, _ = self.kinds[kind]
            wish = bare_wish(f"fit-{kind}", kind, count)
            for rank in range(count):
                node = maker.element(variant, device, wish, rank)
                writer.add_device(copied(node), None)
        return self.document.again(writer.data())

    def _devices(self) -> list[Node]:
        devices = self.document.root.first("devices")
        return devices.children if devices is not None else []

    def _drives(self) -> set[str]:
        return {name for one in self._devices() if one.tag == "disk" and (name := one.get("target/dev")) is not None}

    def _indexes(self) -> set[tuple[str, int]]:
        pairs = [(one.get("type") or "", one.get("index") or "") for one in self._devices() if one.tag == "controller"]
        return {(type_, int(index)) for type_, index in pairs if type_ != "pci" and index.isdecimal()}

    def _hosts(self) -> frozenset[Address]:
        """The host's devices that the guest has, stand-ins among them."""
        parts = self.layout.problem.parts if self.layout is not None else []
        return frozenset(one.host for one in parts if one.host is not None)

    @staticmethod
    def _new(document: Document, counts: dict[str, int]) -> dict[int, str]:
        """The kinds of the new elements, which are the last, by Node.number."""
        kinds = [kind for kind, count in counts.items() for _ in range(count)]
        devices = document.root.first("devices")
        last = devices.children[-len(kinds) :] if devices is not None else []
        return {node.number: kind for node, kind in zip(last, kinds, strict=True)}

    @staticmethod
    def _placed(layout: Layout, new: dict[int, str]) -> Iterator[PlacedNew]:
        view = guest_view(layout)
        for part in layout.problem.parts:
            kind = None if part.node is None else new.get(part.node.number)
            provider = layout.provider(part)
            if kind is None or provider is None:
                continue
            seen = view.get(part)
            guest = None if seen is None else seen.address
            yield PlacedNew(kind, str(layout.addresses[part]), provider.index, provider.model_name, guest)

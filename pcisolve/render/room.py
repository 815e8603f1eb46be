"""Whether more devices fit into a guest, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcisolve.verdict.room import PCI_SLOT, PCIE_PORT, ROOT_SLOT, Fit, FreeSlots, Most
from pcisolve.verdict.values import UNKNOWN

_SLOTS = {PCIE_PORT: "PCIe port", PCI_SLOT: "PCI slot", ROOT_SLOT: "root bus slot"}
_HEAD = ("node", "slots", "free", "hot-plug", "left")


def room(fit: Fit, wanted: Iterable[tuple[str, int]]) -> str:
    """Where each device goes and what that takes, how many fit at most, and what is free."""
    asked = ", ".join(f"{count:,} {kind}" for kind, count in wanted)
    if fit.itself:
        return "the guest itself does not hold\n" if fit.status != UNKNOWN else "the guest itself is undecided\n"
    words = "fits" if fit.fits else "undecided" if fit.status == UNKNOWN else "does not fit"
    return "".join(f"{line}\n" for line in (f"{asked}: {words}", *_lines(fit)))


def _lines(fit: Fit) -> Iterator[str]:
    yield from (f"  {one.message}" for one in fit.findings)
    yield from (f"  {one.kind} at {one.address}, {one.port} {one.bus}" for one in fit.placed)
    yield from (f"  adds {one.model} {one.index} at {one.address}" for one in fit.added)
    yield from map(_most, fit.most)
    yield from _table(fit)


def _most(one: Most) -> str:
    where = "beside the others" if one.beside else "by itself"
    if one.exact is not None:
        return f"{one.kind}: {one.exact:,} at most, {where}"
    upper = "" if one.at_most is None else f", not {one.at_most + 1:,}"
    return f"{one.kind}: {one.at_least:,} or more, {where}{upper}; the most that fit is not known"


def _table(fit: Fit) -> Iterator[str]:
    left = {(one.node, one.kind): one for one in fit.left}
    free = {(one.node, one.kind): one for one in fit.free}
    none = FreeSlots(None, "", 0, 0)
    rows = [_HEAD]
    for key in [*free, *(key for key in left if key not in free)]:
        now, then = free.get(key, none), left.get(key)
        node = "-" if key[0] is None else str(key[0])
        rows.append(
            (node, _SLOTS[key[1]], f"{now.free:,}", f"{now.hotplug:,}", "" if then is None else f"{then.free:,}")
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for node, kind, *numbers in rows:
        cells = [node.rjust(widths[0]), kind.ljust(widths[1])]
        cells += [one.rjust(width) for one, width in zip(numbers, widths[2:], strict=True)]
        yield "  ".join(cells).rstrip()

"""A guest mended: a repair of every finding made in the file, until nothing is wrong any more."""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.api.refuse import Refused
from pcisolve.api.solve import check, refusal_of
from pcisolve.catalog.catalog import Catalog
from pcisolve.core.change import Change
from pcisolve.core.node import Node
from pcisolve.libvirt.document import Document, read
from pcisolve.libvirt.writer import Writer
from pcisolve.problem.problem import Options
from pcisolve.verdict.values import SOLVED, Verdict

MOST_ROUNDS = 8  # a repair can bring to light what it hid
FEW = 20  # findings to one repair: not worth another round


class Mended(NamedTuple):
    """The bytes after the repairs, and the verdict on them: read and judged afresh.

    `repaired` counts findings that were repaired, `left` those that no repair was found for.
    """

    data: bytes
    verdict: Verdict
    repaired: int
    left: int


def mend(document: Document, catalog: Catalog, options: Options, pick: int = 1) -> Mended:
    """Make the repair of this rank for every finding (the last one where there are fewer).

    After the first round the cheapest repair is made of what is then found.

    Raises:
        InputError: the guest cannot be used at all, such as an unknown machine.
    """
    repaired = 0
    for turn in range(MOST_ROUNDS):
        refused = refusal_of(document.root, document, catalog, options)
        changes = [] if refused is None else _changes(refused, pick if turn == 0 else 1)
        if not changes:
            break
        repaired += len(changes)
        writer = Writer(document)
        for change in (one for repair in changes for one in repair):
            writer.change(change)
        document = read(writer.data(), document.name)
        if refused is None or len(changes) * FEW < len(refused.conflicts):
            break
    verdict = check(document.root, document, catalog, options, layout=False)
    left = 0 if verdict.status == SOLVED else len(verdict.findings)
    return Mended(document.data, verdict, repaired, left)


def _changes(refused: Refused, pick: int) -> list[tuple[Change, ...]]:
    """One repair for each finding; of two that change one element, the later one waits for the next round."""
    chosen = []
    touched: set[int] = set()
    for conflict in refused.conflicts:
        repairs = refused.repairs.get(conflict, [])
        if not repairs:
            continue
        changes = repairs[min(pick, len(repairs)) - 1].changes
        numbers = {number for change in changes for number in _numbers(change)}
        if numbers & touched:
            continue
        touched |= numbers
        chosen.append(changes)
    return chosen


def _numbers(change: Change) -> set[int]:
    """The elements a change is about, but for the list of devices, to which many may add."""
    node: Node | None = change.node
    found = set()
    while node is not None and node.tag not in ("devices", "domain", "os"):
        found.add(node.number)
        node = node.parent
    return found

"""The same layout in the other scheme: only domain and bus of the addresses change."""

from __future__ import annotations

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.address import Address
from pcisolve.core.errors import InputError
from pcisolve.libvirt.document import Document
from pcisolve.libvirt.writer import Writer
from pcisolve.ops.solve import check
from pcisolve.problem.assemble import assemble
from pcisolve.problem.parts import Part
from pcisolve.problem.problem import Options, Problem
from pcisolve.problem.scheme import FLAT, MULTI_DOMAIN
from pcisolve.problem.table import BusTable, Found
from pcisolve.verdict.values import SOLVED, Verdict


def convert(document: Document, catalog: Catalog, options: Options, to: str) -> tuple[Verdict, bytes | None]:
    """Rewrite every address for the other scheme; indexes, slots and functions stay.

    The input must be free of findings in its own scheme, and so must the outcome in the other one.

    Raises:
        InputError: an address lies below a controller whose place is still open.
    """
    before = check(document.root, document, catalog, options)
    if before.status != SOLVED:
        return before, None
    problem = assemble(document.root, document, catalog, options)
    if problem.scheme == to:
        return before, document.data
    writer = Writer(document)
    for part in problem.parts:
        if part.node is not None and part.pinned is not None:
            writer.set_address(part.node, _converted(problem, part, to))
    data = writer.data()
    outcome = document.again(data)
    # Nobody has the file that a repair of the outcome would change.
    after = check(outcome.root, outcome, catalog, options._replace(scheme=to, repairs=False))
    return (after, data) if after.status == SOLVED else (after, None)


def _converted(problem: Problem, part: Part, to: str) -> Address:
    asked = part.pinned or Address(0, 0, 0, 0)
    if to == FLAT:
        return asked._replace(domain=0, bus=asked.bus or asked.domain)
    table = BusTable(MULTI_DOMAIN, problem.controllers)
    provider = problem.table.lookup(0, asked.bus)
    if not isinstance(provider, Found):
        return asked
    domain = _domain(problem, provider.controller.index)
    if domain is None:
        message = f"the place of controller {asked.bus} is open, so the domain of its bus is not known; solve first"
        raise InputError(message, location=problem.source.location(part.place_node))
    return asked._replace(domain=domain, bus=table.bus_of(provider.controller))


def _domain(problem: Problem, index: int) -> int | None:
    """The root above a controller, following flat addresses."""
    seen: set[int] = set()
    while index not in seen:
        seen.add(index)
        controller = problem.table.by_index.get(index)
        if controller is None:
            return None
        if controller.is_root:
            return index
        if controller.pinned is None:
            return None
        index = controller.pinned.bus
    return None

"""Which parts of a guest its findings speak of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.render.picture.picture import DEVICE, FAULT, INVOLVED, WARNED, Box, Told
from pcisolve.verdict.values import FactAt, Finding

_RANK: Final = {FAULT: 3, WARNED: 2, INVOLVED: 1}
_FIRST: Final = {"error": FAULT, "warning": WARNED}  # of what is at fault; a note blames nothing
_HELPS: Final = 3

Late = Callable[[Mapping[object, int]], Told]


def marked(layout: Layout, findings: Iterable[Finding], *, exact: bool = False) -> tuple[list[Late], dict[Part, Box]]:
    """The findings, once it is known which box is which part; and for each part a box with mark, note and rules.

    Args:
        exact: see _Elements.
    """
    elements = _Elements(layout, exact)
    marks: dict[Part, Box] = {}
    told: list[Late] = []
    for one in findings:
        first = _FIRST.get(one.severity, INVOLVED)
        involved = [(fact, first if not number else INVOLVED) for number, fact in enumerate(one.facts)]
        parts: dict[Part, None] = {}
        involved += [(fact, INVOLVED) for fact in one.context] + [(fact, first) for fact in one.alike]
        for fact, mark in involved:
            for part in elements.at(fact):
                parts[part] = None
                _mark(marks, part, mark, fact.role if mark == INVOLVED else one.code, one.code)
        told.append(_late(one, tuple(parts)))
    return told, marks


def _mark(marks: dict[Part, Box], part: Part, mark: str, note: str, rule: str) -> None:
    """The gravest mark of a part counts; the rules are all of them."""
    known = marks.get(part)
    rules = tuple(dict.fromkeys([*(known.rules if known is not None else ()), rule]))
    if known is None or _RANK[mark] > _RANK[known.mark]:
        known = Box("", DEVICE, mark=mark, note=note)
    note = ", ".join(rules) if known.mark != INVOLVED else known.note
    marks[part] = known._replace(note=note, rules=rules)


def _late(one: Finding, parts: tuple[Part, ...]) -> Late:
    helps = tuple(repair.effect for repair in one.repairs[:_HELPS])
    line = one.facts[0].line if one.facts else None

    def told(where: Mapping[object, int]) -> Told:
        boxes = tuple(where[part] for part in parts if part in where)
        return Told(one.severity, one.code, one.message, boxes, line, helps, one.notes)

    return told


class _Elements:
    """Where the elements of a guest begin, and the parts they are.

    Args:
        exact: a fact stands where its element does, as in a plan, and nowhere inside it.
    """

    def __init__(self, layout: Layout, exact: bool) -> None:
        source, problem = layout.problem.source, layout.problem
        parts = {part.node.number: part for part in problem.parts if part.node is not None}
        devices = problem.root.first("devices")
        self.exact = exact
        self.by_start: dict[tuple[int, int], list[Part]] = {}
        for node in (*problem.root.children, *(devices.children if devices is not None else ())):
            where = source.location(node)
            if where.file == source.name:
                found = self.by_start.setdefault((where.line, where.column), [])
                if node.number in parts:
                    found.append(parts[node.number])
        self.starts = sorted(self.by_start)

    def at(self, fact: FactAt) -> list[Part]:
        """The part whose element a fact is in; in a plan, all that its line asks for."""
        where = fact.line, fact.column
        if self.exact:
            return self.by_start.get(where, [])
        at = bisect_right(self.starts, where) - 1
        return self.by_start[self.starts[at]] if at >= 0 else []

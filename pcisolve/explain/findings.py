"""Findings out of conflicts: words from the rules, places from the source."""

from __future__ import annotations

from pcisolve.explain.conflicts import Conflict
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Point, clipped
from pcisolve.verdict.values import FactAt, Finding


def finding(problem: Problem, conflict: Conflict, *, minimal: bool) -> Finding:
    """A conflict as a value: the first case in full, the others by the element at fault."""
    rule, telling = conflict.rule, conflict.telling
    return Finding(
        code=rule.id,
        rules=(rule.id,),
        stage=rule.stage,
        message=telling.message,
        minimal=minimal,
        facts=tuple(fact(problem, point) for point in telling.points),
        alike=tuple(fact(problem, told.telling.points[0]) for told in conflict.told[1:] if told.telling.points),
        notes=telling.notes,
        severity=conflict.severity,
        shortages=telling.shortages,
    )


def fact(problem: Problem, point: Point) -> FactAt:
    """A point of a telling, where it stands in the input."""
    source, node, role = problem.source, point.node, point.role
    if node.number < 0:  # libvirt adds the part by itself: the list it is added to is all there is to point at
        root = problem.root
        role = f"libvirt adds a <{node.tag}> here by itself" + (f"; it {role}" if role else "")
        node = root.first("devices") or root
    attribute = point.attribute if point.attribute in node.attributes else ""
    where = source.location(node, attribute or None)
    text = f"{attribute}='{clipped(node.attributes[attribute])}'" if attribute else f"<{node.tag}>"
    return FactAt(text, where.file, where.line, where.column, role)

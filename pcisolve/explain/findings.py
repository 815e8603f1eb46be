"""Findings out of breaches: words from the rules, places from the source."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.check.check import Breach
from pcisolve.rules.rule import Point, Question
from pcisolve.verdict.values import FactAt, Finding


def findings(question: Question, broken: Iterable[Breach], *, minimal: bool) -> list[Finding]:
    """One finding per breach, in the order of the input's lines; a breach told twice is told once."""
    result: list[Finding] = []
    seen: set[tuple[str, str]] = set()
    broken = list(broken)
    said = {(breach.rule.id, breach.case) for breach in broken}
    for breach in broken:
        if any((cause, breach.case) in said for cause in breach.rule.follows_from):
            continue
        telling = breach.rule.tell(question, breach.case)
        facts = tuple(_fact(question, point) for point in telling.points)
        key = (telling.message, str(facts[0][:4]) if facts else "")
        if key not in seen:
            seen.add(key)
            code = breach.rule.id
            result.append(Finding(code, (code,), breach.rule.stage, telling.message, minimal, facts))
    return sorted(result, key=lambda one: (one.facts[0].line, one.facts[0].column) if one.facts else (0, 0))


def _fact(question: Question, point: Point) -> FactAt:
    source, node, role = question.problem.source, point.node, point.role
    if node.number < 0:  # libvirt adds the part by itself: the list it is added to is all there is to point at
        root = question.problem.root
        role = f"libvirt adds a <{node.tag}> here by itself" + (f"; it {role}" if role else "")
        node = root.first("devices") or root
    attribute = point.attribute if point.attribute in node.attributes else ""
    where = source.location(node, attribute or None)
    text = f"{attribute}='{node.attributes[attribute]}'" if attribute else f"<{node.tag}>"
    return FactAt(text, where.file, where.line, where.column, role)

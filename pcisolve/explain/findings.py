"""Findings out of breaches: words from the rules, places from the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pcisolve.check.check import Breach
from pcisolve.rules.registry import READING_IDS
from pcisolve.rules.rule import Point, Question, clipped
from pcisolve.verdict.values import FactAt, Finding

MAX_ALIKE = 100


def findings(question: Question, broken: Iterable[Breach], *, minimal: bool) -> list[Finding]:
    """One finding per breach, in the order of the input's lines; a breach told twice is told once.

    Of one rule at most MAX_ALIKE findings are told, and how many more there are.
    """
    broken = list(broken)
    said = {(breach.rule.id, breach.case) for breach in broken}
    unread = any(breach.rule.id in READING_IDS for breach in broken)
    told: dict[Finding, None] = {}
    count: Counter[str] = Counter()
    for breach in broken:
        rule = breach.rule
        if any((cause, breach.case) in said for cause in rule.follows_from):
            continue
        if unread and rule.id == "alg-find":
            continue  # what cannot be read may well be what is missing
        count[rule.id] += 1
        if count[rule.id] <= MAX_ALIKE:
            telling = rule.tell(question, breach.case)
            facts = tuple(_fact(question, point) for point in telling.points)
            told[Finding(rule.id, (rule.id,), rule.stage, telling.message, minimal, facts)] = None
    result = sorted(told, key=lambda one: (one.facts[0].line, one.facts[0].column) if one.facts else (0, 0))
    for code, number in count.items():
        if number > MAX_ALIKE:
            message = f"and {number - MAX_ALIKE:,} more findings of this rule"
            result.append(Finding(code, (code,), "libvirt", message, minimal, ()))
    return result


def _fact(question: Question, point: Point) -> FactAt:
    source, node, role = question.problem.source, point.node, point.role
    if node.number < 0:  # libvirt adds the part by itself: the list it is added to is all there is to point at
        root = question.problem.root
        role = f"libvirt adds a <{node.tag}> here by itself" + (f"; it {role}" if role else "")
        node = root.first("devices") or root
    attribute = point.attribute if point.attribute in node.attributes else ""
    where = source.location(node, attribute or None)
    text = f"{attribute}='{clipped(node.attributes[attribute])}'" if attribute else f"<{node.tag}>"
    return FactAt(text, where.file, where.line, where.column, role)

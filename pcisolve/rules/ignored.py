"""Comments that ignore findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pcisolve.core.node import Node
from pcisolve.problem.layout import Layout
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import WARNING, Point, Question, Rule, Telling


class Unused(NamedTuple):
    """A comment and the rule that it ignores for nothing; "" where it names none."""

    node: Node
    line: int
    rule: str


class IgnoreUnused(Rule[Unused]):
    """A comment ignores what is there.

    `<!-- pcisolve: ignore[rule] reason -->` hides the findings of a rule about the element below it, and about what is
    in that. Where nothing breaks the rule any more, or no rule has that id, the comment only hides what comes later.
    """

    id = "ignore-unused"
    severity = WARNING
    common = True
    unmendable = True
    source = "pcisolve's own: docs/configuration.md"
    allows = ("q35: <memballoon model='virtio'/>",)
    forbids = ("q35: <!-- pcisolve: ignore[addr-duplicate] --><memballoon model='virtio'/>",)

    def cases(self, question: Question) -> Iterable[Unused]:
        problem = question.problem
        for number, one in enumerate(problem.ignores):
            node = _element(problem.root, one.first)
            if not one.rules:
                yield Unused(node, one.line, "")
            for rule in one.rules:
                if (number, rule) not in problem.used_ignores and _is_telling(problem, rule):
                    yield Unused(node, one.line, rule)

    def check(self, layout: Layout, case: Unused) -> bool:
        return False

    def tell(self, question: Question, case: Unused) -> Telling:
        if not case.rule:
            message = f"the comment in line {case.line} is not of the form pcisolve: ignore[rule]"
        elif case.rule in question.problem.asked_rules:
            message = f"the comment in line {case.line} ignores {case.rule}, and nothing below it breaks that"
        else:
            message = f'the comment in line {case.line} ignores "{case.rule[:60]}", which is no rule'
        return Telling(message, (Point(case.node),))


def _is_telling(problem: Problem, rule: str) -> bool:
    """Whether a rule was asked, or there is none of this id: one that does not count here says nothing."""
    return rule in problem.asked_rules or (problem.known_rules is not None and rule not in problem.known_rules)


def _element(root: Node, number: int) -> Node:
    """The element of this number, or the last one before it: what is in <metadata> is no Node."""
    found, waiting = root, [root]
    while waiting:
        node = waiting.pop()
        if found.number < node.number <= number:
            found = node
        waiting += node.children
    return found


RULES: tuple[Rule[Unused], ...] = (IgnoreUnused(),)

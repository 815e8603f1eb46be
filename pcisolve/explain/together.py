"""Claims that cannot hold together, told as one finding: no single rule is broken, but no numbers keep them all."""

from __future__ import annotations

from collections.abc import Sequence

from pcisolve.explain.conflicts import Told
from pcisolve.problem.parts import Part
from pcisolve.rules.check import Breach
from pcisolve.rules.rule import Point, Question, Telling, name_of


def tell_together(question: Question, core: Sequence[Breach]) -> list[Told]:
    """One finding for a minimal core: what is open, and what each claim demands of it."""
    if not core:
        return []
    if len(core) == 1:
        return [Told(core[0], core[0].rule.tell(question, core[0].case))]
    waiting = [one for one in question.controllers if one.index < 0]
    what = " and ".join(name_of(one) for one in waiting[:2]) or "the controllers"
    points: dict[tuple[int, str], Point] = {}
    demands = []
    for rule, case, _ in core:
        demand = rule.demand(question, case)
        demands.append(demand)
        for point in rule.tell(question, case).points[:1]:
            points.setdefault((point.node.number, point.attribute), point._replace(role=demand))
    lead, *rest = sorted(points.values(), key=lambda point: (not _is_open(point, waiting), point.node.number))
    telling = Telling(f"no index suits {what}", (lead._replace(role=""), *rest), tuple(demands))
    return [Told(core[0], telling)]


def _is_open(point: Point, waiting: Sequence[Part]) -> bool:
    return any(one.node is point.node for one in waiting)

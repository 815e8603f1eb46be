"""The second prover: python-constraint2 tries every numbering of a small guest, and the checks judge each.

It shares nothing with CP-SAT and the encodings, so that a conflict both agree on is one.
"""

from __future__ import annotations

from typing import Final

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.node import Node, Source
from pcisolve.firstfit.run import choose
from pcisolve.problem.assemble import assemble
from pcisolve.problem.problem import Options, Problem
from pcisolve.rules import registry
from pcisolve.rules.check import breaches
from pcisolve.rules.rule import Question

MOST_NUMBERINGS: Final = 500


def numbering_exists(root: Node, source: Source, catalog: Catalog, options: Options) -> bool | None:
    """Whether some index for each controller that has none makes the guest sound; None when there are too many, or
    python-constraint2 is not installed.

    An index matters by its order among the numbers that the guest names, so only those near them are tried. Places
    are chosen by first fit.
    """
    problem = assemble(root, source, catalog, options)
    waiting = [one for one in problem.controllers if one.index < 0 and one.node is not None]
    near = _candidates(problem, len(waiting))
    if not waiting or len(near) ** len(waiting) > MOST_NUMBERINGS:
        return None
    if not near:
        return None
    try:
        from constraint import AllDifferentConstraint, FunctionConstraint
        from constraint import Problem as Enumeration
    except ModuleNotFoundError:  # it comes with the solver, and only confirms what that says
        return None

    def sound(*indexes: int) -> bool:
        chosen = {one.node.number: index for one, index in zip(waiting, indexes, strict=True) if one.node is not None}
        numbered = assemble(root, source, catalog, options, chosen)
        choice = choose(numbered)
        rules = registry.rules_for(options)
        question = Question(numbered, choice)
        return not breaches(question, question.layout, rules)

    tried = Enumeration()
    tried.addVariables(range(len(waiting)), near)
    tried.addConstraint(AllDifferentConstraint())
    tried.addConstraint(FunctionConstraint(sound), range(len(waiting)))
    return tried.getSolution() is not None


def _candidates(problem: Problem, count: int) -> list[int]:
    """The numbers near those that are named, as many on each side as there are controllers to number."""
    named = {one.index for one in problem.controllers if one.index >= 0}
    named |= {number for part in problem.parts if part.pinned for number in (part.pinned.domain, part.pinned.bus)}
    used = {one.index for one in problem.controllers}
    return sorted({n + k for n in named for k in range(-count, count + 1) if n + k > 0} - used)

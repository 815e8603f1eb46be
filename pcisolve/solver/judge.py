"""One guest judged: what first fit makes of it, and every rule that breaks."""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.node import Node, Source
from pcisolve.firstfit.run import choose
from pcisolve.problem.assemble import assemble
from pcisolve.problem.choice import Choice, Place
from pcisolve.problem.hypervisor import other_hypervisor
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller
from pcisolve.problem.problem import COMMON, Options, Problem
from pcisolve.rules import registry
from pcisolve.rules.check import Breach, breaches
from pcisolve.rules.rule import Question
from pcisolve.solver.numbering import numbered_in_turn

_MOST_PAIRS: Final = 40_000  # of controllers and those without an index: beyond that no limit of time would hold


class Unnumbered(NamedTuple):
    """CP-SAT found no index for some controller: it cannot be (`core` says why), or the time limit came first.

    `proved`: the core is impossible, and possible without any one of its claims.
    """

    question: Question
    core: list[Breach]
    decided: bool
    proved: bool = False


class Judgement(NamedTuple):
    """A guest completed by first fit, and what breaks then, warnings and notes too; nothing when all is well."""

    question: Question
    layout: Layout
    broken: list[Breach]


def judge(
    root: Node, source: Source, catalog: Catalog, options: Options, *, searching: bool = True
) -> Judgement | Unnumbered:
    """Complete what the input leaves open and check it.

    The solver is asked only where indexes are open or first fit gives up (multi-domain scheme), the latter only with
    `searching`. A guest of another hypervisor is judged by what all have in common.

    Raises:
        InputError: the input cannot be used at all, such as an unknown machine.
    """
    if other_hypervisor(root):
        options = options._replace(stage=COMMON, platform="")
    problem = numbered(root, source, catalog, options)
    if isinstance(problem, Unnumbered):
        return problem
    choice = first_fit(problem) if searching else choose(problem)
    question = Question(problem, choice)
    rules = (*registry.rules_for(options), *registry.advice_for(options))
    if problem.ignores:
        problem.known_rules = frozenset(rule.id for rule in registry.everything(options.rules))
    return Judgement(question, question.layout, breaches(question, question.layout, rules))


def first_fit(problem: Problem) -> Choice:
    """libvirt's choice; in the multi-domain scheme, where first fit gives up, what CP-SAT finds instead."""
    choice = choose(problem)
    if problem.flat or not choice.failures:
        return choice
    from pcisolve.solver.nearest import Found, Search  # a third of what there is to import, which few guests need

    for found in Search(problem, choice, nearest=True).outcomes():
        if isinstance(found, Found) and _holds(problem, found.choice):
            return found.choice
    return choice


def _holds(problem: Problem, choice: Choice) -> bool:
    """Whether what was placed anew keeps every rule of libvirt's own stage: what breaks below is for others to mend."""
    question = Question(problem, choice)
    return not breaches(question, question.layout, registry.rules_for(problem.options._replace(stage="libvirt")))


def numbered(
    root: Node, source: Source, catalog: Catalog, options: Options, known: dict[int, int] | None = None
) -> Problem | Unnumbered:
    """The problem with every controller numbered; CP-SAT numbers those the input leaves open.

    Args:
        known: indexes of controllers that have none in the input, by Node.number.

    Raises:
        InputError: the input cannot be used at all, such as an unknown machine.
    """
    problem = assemble(root, source, catalog, options, known)
    if all(one.index >= 0 for one in problem.controllers):
        return problem
    simple = numbered_in_turn(problem)
    if simple is not None:
        indexes = {one.node.number: index for one, index in simple.items() if one.node is not None}
        in_turn = assemble(root, source, catalog, options, {**(known or {}), **indexes})
        if len(simple) * len(problem.controllers) > _MOST_PAIRS or _is_well_numbered(in_turn):
            return in_turn
    question = Question(problem, _asked_places(problem))
    if len(problem.controllers) * sum(one.index < 0 for one in problem.controllers) > _MOST_PAIRS:
        return Unnumbered(question, [], decided=False)
    from pcisolve.solver.mus import Core
    from pcisolve.solver.open_indexes import number

    found = number(question, registry.structure_for(options), options.time_limit)
    if found is None:
        return Unnumbered(question, [], decided=False)
    if isinstance(found, Core):
        return Unnumbered(question, [Breach(*one) for one in found.claims], decided=True, proved=found.proved)
    indexes = {one.node.number: index for one, index in found.items() if one.node is not None}
    return assemble(root, source, catalog, options, {**(known or {}), **indexes})


def _is_well_numbered(problem: Problem) -> bool:
    """Whether the rules about indexes and domains hold, with everything else where first fit puts it."""
    question = Question(problem, choose(problem))
    return not breaches(question, question.layout, registry.structure_for(problem.options))


def _asked_places(problem: Problem) -> Choice:
    """Nothing chosen yet: only who needs a place at all counts for numbering."""
    choice = Choice()
    for part in problem.parts:
        is_child = isinstance(part, Controller) and not part.is_root and part.model is not None
        asked = part.pinned
        if asked is not None and part.needs:
            choice.places[part] = Place(problem.provider_index(asked), asked.slot, asked.function)
        elif is_child:
            choice.places[part] = Place(-1, 0, 0)
    return choice

"""One guest, from its elements to a verdict."""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.catalog.catalog import Catalog
from pcisolve.check.check import Breach, breaches
from pcisolve.core.node import Node, Source
from pcisolve.explain.findings import findings
from pcisolve.problem.assemble import assemble
from pcisolve.problem.firstfit.choice import Choice
from pcisolve.problem.firstfit.run import choose
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Options, Problem
from pcisolve.rules import registry
from pcisolve.rules.rule import Question, name_of
from pcisolve.verdict.values import (
    INFEASIBLE,
    INVALID,
    SOLVED,
    UNKNOWN,
    Finding,
    PlacedController,
    PlacedDevice,
    Verdict,
)


class CheckFailed(RuntimeError):
    """The solver's layout breaks a rule: a defect of pcisolve, never an answer."""


class Answer(NamedTuple):
    """A verdict and, when there is one, the layout behind it."""

    verdict: Verdict
    layout: Layout | None


def solve(root: Node, source: Source, catalog: Catalog, options: Options) -> Answer:
    """Find every controller, index and address, or say why there is no layout.

    Raises:
        InputError: the input cannot be used at all, such as an unknown machine.
        CheckFailed: the check refused what the solver found.
    """
    from pcisolve.solver.decide import No, Unknown, decide

    numbered = _numbered(root, source, catalog, options)
    if isinstance(numbered, Answer):
        return numbered
    problem = numbered
    choice = _choice(problem)
    if choice is None:
        return Answer(_verdict(problem, UNKNOWN, proven=False), None)
    rules = registry.rules_for(options.stage)
    question = Question(problem, choice)
    answer = decide(question, rules, options.time_limit)
    if isinstance(answer, Unknown):
        return Answer(_verdict(problem, UNKNOWN, proven=False), None)
    if isinstance(answer, No):
        found = breaches(question, Layout(problem, choice), rules) or answer.core
        return Answer(_refusal(question, found), None)
    choice.places.update(answer.places)
    layout = Layout(problem, choice)
    broken = breaches(question, layout, rules)
    if broken:
        raise CheckFailed("; ".join(breach.rule.tell(question, breach.case).message for breach in broken[:3]))
    return Answer(solved_verdict(problem, layout), layout)


def check(root: Node, source: Source, catalog: Catalog, options: Options, *, layout: bool = True) -> Verdict:
    """Every rule that the input breaks, at once, without the solver.

    What the input leaves open is completed by first fit, so that a guest nobody can place is found too.
    With `layout` False the verdict of a sound guest lists no controllers and devices, which is quicker.

    Raises:
        InputError: the input cannot be used at all, such as an unknown machine.
    """
    problem = assemble(root, source, catalog, options)
    if any(one.index < 0 for one in problem.controllers):
        numbered = _numbered(root, source, catalog, options)
        if isinstance(numbered, Answer):
            return numbered.verdict
        problem = numbered
    choice = _first_fit(problem)
    question, completed = Question(problem, choice), Layout(problem, choice)
    broken = breaches(question, completed, registry.rules_for(options.stage))
    if broken:
        return _refusal(question, broken)
    return solved_verdict(problem, completed) if layout else _verdict(problem, SOLVED, proven=True)


def _choice(problem: Problem) -> Choice | None:
    """What the policy chooses; None when the time limit came first."""
    if problem.options.policy != "minimal":
        return _first_fit(problem)
    from pcisolve.solver.minimal import Undecided, minimal_choice

    try:
        return minimal_choice(problem)
    except Undecided:
        return None


def _first_fit(problem: Problem) -> Choice:
    """libvirt's choice; in the multi-domain scheme, where first fit gives up, what CP-SAT finds instead."""
    choice = choose(problem)
    if problem.flat or not choice.failures:
        return choice
    from pcisolve.solver.complete import complete

    options = problem.options
    return complete(problem, choice, registry.rules_for(options.stage), options.time_limit) or choice


def _numbered(root: Node, source: Source, catalog: Catalog, options: Options) -> Problem | Answer:
    """The problem with every controller numbered; CP-SAT numbers those the input leaves open."""
    problem = assemble(root, source, catalog, options)
    if all(one.index >= 0 for one in problem.controllers):
        return problem
    from pcisolve.solver.decide import No, Unknown, number

    question = Question(problem, _asked_places(problem))
    found = number(question, registry.STRUCTURE, options.time_limit)
    if isinstance(found, Unknown):
        return Answer(_verdict(problem, UNKNOWN, proven=False), None)
    if isinstance(found, No):
        return Answer(_refusal(question, found.core), None)
    indexes = {one.node.number: index for one, index in found.items() if one.node is not None}
    return assemble(root, source, catalog, options, indexes)


def _asked_places(problem: Problem) -> Choice:
    """Nothing chosen yet: only who needs a place at all counts for numbering."""
    from pcisolve.problem.firstfit.choice import Place

    choice = Choice()
    for part in problem.parts:
        is_child = isinstance(part, Controller) and not part.is_root and part.model is not None
        asked = part.pinned
        if asked is not None and part.needs:
            choice.places[part] = Place(problem.provider_index(asked), asked.slot, asked.function)
        elif is_child:
            choice.places[part] = Place(-1, 0, 0)
    return choice


def _refusal(question: Question, broken: list[Breach]) -> Verdict:
    found = findings(question, broken, minimal=False)
    status = INVALID if any(one.code in registry.READING_IDS for one in found) else INFEASIBLE
    return _verdict(question.problem, status, proven=True, found=found)


def _verdict(problem: Problem, status: str, *, proven: bool, found: list[Finding] | None = None) -> Verdict:
    stats = {"controllers": len(problem.controllers), "devices": 0, "added": 0}
    return Verdict(status, proven, problem.scheme, problem.options.policy, (), (), tuple(found or ()), stats)


def solved_verdict(problem: Problem, layout: Layout) -> Verdict:
    """The verdict of a layout that holds."""
    controllers = tuple(
        _placed_controller(problem, layout, one) for one in sorted(layout.controllers, key=lambda c: c.index)
    )
    devices = tuple(
        _placed_device(problem, layout, part)
        for part in problem.parts
        if not isinstance(part, Controller) and part in layout.addresses
    )
    stats = {"controllers": len(controllers), "devices": len(devices), "added": len(layout.choice.added)}
    return Verdict(SOLVED, True, problem.scheme, problem.options.policy, controllers, devices, (), stats)


def _line(problem: Problem, part: Part) -> int | None:
    return None if part.node is None else problem.source.location(part.node).line


def _placed_controller(problem: Problem, layout: Layout, one: Controller) -> PlacedController:
    address = layout.addresses.get(one)
    provider = layout.provider(one)
    domain = 0 if problem.flat else (one.index if one.is_root else address.domain if address else 0)
    return PlacedController(
        index=one.index,
        model=one.model_name,
        name=f"{'pcie' if one.is_root and one.model and one.model.express else 'pci'}.{one.index}",
        domain=domain,
        bus=0 if one.is_root and not problem.flat else one.index,
        parent=None if provider is None else provider.index,
        address=None if address is None else str(address),
        added=one.added or one.implicit,
        line=_line(problem, one),
    )


def _placed_device(problem: Problem, layout: Layout, part: Part) -> PlacedDevice:
    return PlacedDevice(
        path=None if part.node is None else part.node.path,
        line=_line(problem, part),
        kind=part.kind,
        name=name_of(part),
        address=str(layout.addresses[part]),
        chosen=part.pinned is None,
        implicit=part.implicit,
    )

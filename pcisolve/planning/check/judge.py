"""The independent judgement of a planned guest: the rules of every guest, then the wishes of this plan."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from pcisolve.core.errors import Location
from pcisolve.core.node import Node
from pcisolve.firstfit.run import choose
from pcisolve.libvirt.document import Document
from pcisolve.ops.placed import solved_verdict
from pcisolve.planning.check.notes import notes_of
from pcisolve.planning.check.wishes import Outcome, broken_wishes
from pcisolve.planning.file.entry import Problem
from pcisolve.planning.file.text import PlanText
from pcisolve.planning.layout.expand import Expansion
from pcisolve.planning.layout.guest import PlannedGuest
from pcisolve.planning.model.ground import Ground
from pcisolve.planning.model.scene import Scene
from pcisolve.problem.assemble import assemble
from pcisolve.problem.choice import Place
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.problem.problem import Options
from pcisolve.rules import registry
from pcisolve.rules.check import Breach, breaches
from pcisolve.rules.qemu.platform import RULES as PLATFORM
from pcisolve.rules.rule import Question
from pcisolve.verdict.values import Verdict

_MOST_SAID = 3  # of what does not hold: one is a defect already


class CheckFailed(Exception):
    """A planned layout breaks a rule: a defect of pcisolve, never an answer."""


class NotHad(Exception):
    """The machine refuses devices of the plan, wherever they are; the argument says which, with the plan's lines."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


class Judged(NamedTuple):
    """A layout that broke nothing, its verdict, and what the plan calls the roots, by index."""

    verdict: Verdict
    layout: Layout
    names: dict[int, str]


class _Source:
    """Where things of a planned guest stand: a planned device in the plan, the rest in the base. A core.node.Source."""

    def __init__(self, plan: PlanText, guest: PlannedGuest, document: Document, has_base: bool) -> None:
        self.name = plan.name
        self.plan, self.guest, self.document, self.has_base = plan, guest, document, has_base
        self.new = {one.number for one in guest.new}

    def location(self, node: Node, attribute: str | None = None) -> Location:
        """The plan's line for what the plan asks for; the base's for what it has."""
        mark = self.guest.marks.get(node.number)
        if mark is not None:
            return self.plan.location(mark)
        is_new = node.number in self.new
        return Location(self.name, 1, 1) if is_new or not self.has_base else self.document.location(node, attribute)

    def line(self, number: int) -> str:
        """The text of a line of the plan."""
        return self.plan.line(number)


def judge(
    scene: Scene, expansion: Expansion, guest: PlannedGuest, ground: Ground, document: Document, options: Options
) -> Judged:
    """Check a planned guest rule by rule, as if it came from anywhere, and then the plan's own wishes.

    Raises:
        NotHad: the machine refuses a device of the plan, wherever it is.
        CheckFailed: something does not hold, or an address was left open: a defect of pcisolve, never an answer.
    """
    source = _Source(scene.plan.text, guest, document, ground.has_base)
    platform = ground.setting.platform
    asked = options._replace(platform=platform.name if platform is not None else "")
    problem = assemble(guest.root, source, ground.catalog, asked)
    bars = {one.name: one.bars for one in scene.plan.devices if one.bars}
    wishes = {one.name: one for one in scene.plan.devices}
    for part in problem.parts:
        if part.node is not None and part.node.number in guest.ranks:
            name, rank = guest.ranks[part.node.number]
            part.called = wishes[name].called(rank)
    problem.part_bars = {number: bars[group] for number, (group, _) in guest.ranks.items() if group in bars}
    choice = choose(problem)
    question = Question(problem, choice)
    layout = question.layout
    # With a platform, what counts is what libvirt says of the XML, and what the platform has.
    rules = registry.rules_for(options)
    if platform is not None:
        rules = (*registry.rules_for(options._replace(stage="libvirt")), *PLATFORM)
    broken = breaches(question, layout, rules)
    _refuse_what_is_asked(question, guest, broken)
    added = [f"controller {one.index} was added" for one in choice.added]
    _fail([*(one.rule.tell(question, one.case).message for one in broken[:_MOST_SAID]), *added])
    _refuse_what_has_no_place(layout, guest)
    outcome = _outcome(scene, expansion, guest, layout)
    _fail(broken_wishes(outcome))
    verdict = _verdict(guest, layout, ground)
    verdict = verdict._replace(findings=(*verdict.findings, *notes_of(outcome)))
    return Judged(verdict, layout, _site_names(scene, expansion))


def _fail(said: list[str]) -> None:
    """Nothing is left to say of a layout that holds."""
    if said:
        raise CheckFailed("; ".join(said[:_MOST_SAID]))


def _refuse_what_is_asked(question: Question, guest: PlannedGuest, broken: list[Breach]) -> None:
    """Rules about a device, not about its place: no layout mends those.

    Raises:
        NotHad: some are broken.
    """
    problems = []
    for one in broken:
        telling = one.rule.tell(question, one.case)
        numbers = [point.node.number for point in telling.points]
        numbers += [part.node.number for part in _parts(one.case) if part.node is not None]
        marks = [guest.marks[number] for number in numbers if number in guest.marks]
        if marks and one.rule.placeless:
            problems.append(Problem(one.rule.id, telling.message, marks[0]))
    if problems:
        raise NotHad(problems)


def _refuse_what_has_no_place(layout: Layout, guest: PlannedGuest) -> None:
    """Devices to which this machine's libvirt gives no PCI address, as it makes something else of them.

    Raises:
        NotHad: there are some.
    """
    family, nodes = layout.problem.machine.family, {one.number for one in guest.new}
    placed = {part.node.number for part in layout.addresses if part.node is not None}
    lost = [number for number in guest.ranks if number in nodes and number not in placed]
    if lost:
        message = f'"{guest.ranks[lost[0]][0]}" takes no PCI address on {family}'
        raise NotHad([Problem("plan-kind", message, guest.marks[lost[0]])])


def _parts(case: object) -> list[Part]:
    return [one for one in (case if isinstance(case, tuple) else (case,)) if isinstance(one, Part)]


def _site_names(scene: Scene, expansion: Expansion) -> dict[int, str]:
    """The names of domains and roots with their numbers, such as io-2."""
    found = {one.number: one.name for one in scene.sites if one.number is not None and one.wish is not None}
    for one in expansion.controllers:
        if one.model is one.site.model and one.site.wish is not None:
            found[one.index] = one.site.name
    return found


def _outcome(scene: Scene, expansion: Expansion, guest: PlannedGuest, layout: Layout) -> Outcome:
    parts = {one.node.number: one for one in layout.problem.parts if one.node is not None}
    devices: dict[str, list[Part]] = defaultdict(list)
    for number, (group, _) in guest.ranks.items():
        devices[group].append(parts[number])
    names: dict[int, set[str]] = {}
    for site in scene.sites:
        if site.number is not None:
            names[site.number] = {site.wish.name, site.name} if site.wish is not None else set()
    for one in expansion.controllers:
        if one.model is one.site.model:
            names[one.index] = {one.site.wish.name, one.site.name} if one.site.wish is not None else set()
    kept: dict[int, list[Place]] = defaultdict(list)
    for slot in expansion.kept:
        kept[slot.spare].append(slot.place)
    return Outcome(scene.plan, layout, devices, names, kept, scene.caps.buses)


def _verdict(guest: PlannedGuest, layout: Layout, ground: Ground) -> Verdict:
    """As of any solved guest, but what the plan adds is told as added, and lines are the plan's."""
    verdict = solved_verdict(layout.problem, layout)
    controllers = [one for one in guest.new if one.tag == "controller" and one.get("type") == "pci"]
    new = {int(one.attributes["index"]) for one in controllers}
    bare = new if ground.has_base else {one.index for one in verdict.controllers}
    placed = tuple(
        one._replace(added=one.added or one.index in new, line=None if one.index in bare else one.line)
        for one in verdict.controllers
    )
    stats = {**verdict.stats, "added": len(new)}
    return verdict._replace(controllers=placed, stats=stats)

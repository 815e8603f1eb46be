"""One plan, from its text to a verdict: read, decide, lay out, and judge the outcome like any other guest."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.address import Address
from pcisolve.libvirt.document import Document
from pcisolve.ops.anew import told_proof
from pcisolve.ops.summary import summary
from pcisolve.ops.write import solved_bytes
from pcisolve.planning.check.judge import Judged, NotHad, judge
from pcisolve.planning.check.mirrored import told
from pcisolve.planning.file.entry import Problem
from pcisolve.planning.file.members import with_members
from pcisolve.planning.file.read import read_plan
from pcisolve.planning.file.text import PlanText
from pcisolve.planning.file.values import LOW_INDEXES, MirrorWish, Plan, Which
from pcisolve.planning.finding.finding import conflicts
from pcisolve.planning.kept import switches
from pcisolve.planning.kept.alike import merged
from pcisolve.planning.kept.anchored import anchored
from pcisolve.planning.kept.chipset import chipset_places
from pcisolve.planning.layout.expand import Expansion, expand
from pcisolve.planning.layout.guest import planned_guest
from pcisolve.planning.mirror.mirrored import machine_problems, mirrored
from pcisolve.planning.mirror.select import host_of, with_selected
from pcisolve.planning.model.build import build_scene
from pcisolve.planning.model.decide import Best, Nothing, Undecided, best, nothing_proved
from pcisolve.planning.model.ground import Ground, singles
from pcisolve.planning.model.probe import Prober
from pcisolve.planning.model.scene import Scene
from pcisolve.planning.refused import Refused, refuse_problems, verdict_of
from pcisolve.planning.standing import ground_of
from pcisolve.problem.layout import Layout
from pcisolve.problem.problem import ALL, Options
from pcisolve.solver.levels import Level
from pcisolve.verdict.rows import Row
from pcisolve.verdict.values import INFEASIBLE, UNKNOWN, Verdict


class PlanAnswer(NamedTuple):
    """A verdict on a plan; the rest when it is solved.

    Attributes:
        levels: each preference with its proven value.
        places: where each device of the plan is, by group and rank.
    """

    verdict: Verdict
    rows: tuple[Row, ...] = ()
    levels: tuple[tuple[str, int, bool], ...] = ()
    xml: bytes | None = None
    places: dict[Which, Address] = {}  # noqa: RUF012  # nobody changes it
    layout: Layout | None = None


Joined = Callable[[Scene, Expansion], tuple[Scene, Expansion]]


def solve_plan(text: PlanText, catalog: Catalog, options: Options) -> PlanAnswer:
    """Lay a plan out, best by its preferences, or say why it cannot be had.

    Raises:
        InputError: the base cannot be read.
        CheckFailed: the check refused the layout: a defect of pcisolve.
    """
    try:
        return _solve(text, catalog, options)
    except Refused as refused:
        return PlanAnswer(refused.verdict)


def plan_of(text: PlanText, options: Options) -> Plan:
    """What a plan file says.

    Raises:
        Refused: it says what no plan can say.
    """
    plan, problems = read_plan(text)
    refuse_problems(text, problems)
    plan = plan._replace(platform=plan.platform or options.platform or None)
    found: list[Problem] = []
    if plan.host is not None:
        plan = with_selected(plan, host_of(plan, options), found)
        refuse_problems(text, found)
    plan = with_members(plan, found)
    refuse_problems(text, found)
    return plan


def _mirrored(plan: Plan, mirror: MirrorWish, catalog: Catalog, options: Options) -> PlanAnswer:
    """The answer for a plan with groups that stand as on the host: their tree is there before the rest is planned."""
    host = host_of(plan, options)
    ground, document = ground_of(plan, catalog, options)
    problems = machine_problems(ground, mirror)
    tree = None if problems else mirrored(plan, host, mirror, problems)
    if tree is None:
        refuse_problems(plan.text, problems)
        raise AssertionError("no tree is a problem")
    plan = plan._replace(cells=tree.cells)
    ground, document = ground_of(plan, catalog, options, tree.lines)
    new = anchored(plan, {**chipset_places(plan, ground, document), **tree.places})
    try:
        answer = _counted(new.plan, ground, document, options, new.joined)
    except Refused as refused:  # beside this tree; of another one nothing is known
        raise Refused(refused.verdict._replace(proven=False)) from None
    if answer.layout is None:
        return answer
    notes, against = told(plan, mirror, host, answer.layout, answer.places)
    refuse_problems(plan.text, against)
    findings = (*answer.verdict.findings, *notes)
    return _not_proved(answer._replace(verdict=answer.verdict._replace(findings=findings)))


def _switched(plan: Plan, catalog: Catalog, options: Options) -> PlanAnswer:
    """The answer for a plan with switches of its own: they are there before the rest is planned."""
    ground, _ = ground_of(plan, catalog, options)
    problems = switches.machine_problems(ground, plan)
    tree = None if problems else switches.built(plan, problems)
    if tree is None:
        refuse_problems(plan.text, problems)
        raise AssertionError("no tree is a problem")
    ground, document = ground_of(plan, catalog, options, tree.lines, tree.known)
    new = anchored(plan, {**chipset_places(plan, ground, document), **tree.places})
    try:
        return _not_proved(_counted(new.plan, ground, document, options, new.joined))
    except Refused as refused:  # with these bus numbers for each root; of others nothing is known
        raise Refused(refused.verdict._replace(proven=False)) from None


def _not_proved(answer: PlanAnswer) -> PlanAnswer:
    """An answer that is the best one beside what was not searched for."""
    levels = tuple((name, value, False) for name, value, _ in answer.levels)
    return answer._replace(verdict=answer.verdict._replace(proven=False), levels=levels)


def _solve(text: PlanText, catalog: Catalog, options: Options) -> PlanAnswer:
    plan = plan_of(text, options)
    if plan.mirror is not None:
        return _mirrored(plan, plan.mirror, catalog, options)
    if plan.switches:
        return _switched(plan, catalog, options)
    ground, document = ground_of(plan, catalog, options)
    return _with_chipset(plan, ground, document, options) or _counted(plan, ground, document, options)


def _counted(
    plan: Plan, ground: Ground, document: Document, options: Options, joined: Joined | None = None
) -> PlanAnswer:
    """The answer for a plan; alike groups are counted as one."""
    refuse_problems(plan.text, singles(ground, plan))
    alike = merged(plan, ground)

    def apart(scene: Scene, expansion: Expansion) -> tuple[Scene, Expansion]:
        found = alike.joined(scene, expansion)
        return found if joined is None else joined(*found)

    return laid_out(decided(alike.plan, ground, options, asked=plan), ground, document, options, apart)


def _with_chipset(plan: Plan, ground: Ground, document: Document, options: Options) -> PlanAnswer | None:
    """The answer with devices in the places that the chipset has for them; None without such, or where that fails."""
    if singles(ground, plan):
        return None
    places = chipset_places(plan, ground, document)
    if not places:
        return None
    new = anchored(plan, places)
    try:
        return _counted(new.plan, ground, document, options, new.joined)
    except Refused:
        return None


class Decided(NamedTuple):
    """A scene and the best counts of it."""

    scene: Scene
    found: Best


def decided(plan: Plan, ground: Ground, options: Options, asked: Plan | None = None) -> Decided:
    """The counts that are best.

    Args:
        asked: the plan as its author knows it, for explanations; None for the plan itself.

    Raises:
        Refused: there are none, or they were not found in time.
    """
    text = plan.text
    options = options._replace(scheme=ground.scheme)
    wrong = singles(ground, plan)
    scene = build_scene(ground, plan, 0, wrong)
    refuse_problems(text, wrong)
    prober = Prober(ground, options.time_limit)
    if not plan.domains and scene.caps.domains > 1:
        scene, _ = prober.opened(plan)
    found = best(scene, options.time_limit)
    if isinstance(found, Undecided):
        raise Refused(verdict_of(UNKNOWN, options, (), proven=False))
    if isinstance(found, Nothing):
        possible = Prober(ground, options.time_limit).possible
        told = conflicts(asked or plan, possible, scene.caps, every=options.conflicts == ALL)
        verdict = verdict_of(INFEASIBLE, options, tuple(told))
        raise Refused(told_proof(verdict, nothing_proved(scene, options.time_limit)) if options.prove else verdict)
    return Decided(scene, found)


def laid_out(
    best_: Decided, ground: Ground, document: Document, options: Options, joined: Joined | None = None
) -> PlanAnswer:
    """The guest that counts come to, judged; `joined`: puts devices with an address of their own back into groups.

    Raises:
        CheckFailed: the check refused the layout: a defect of pcisolve.
    """
    options = options._replace(scheme=ground.scheme)
    scene, found = best_
    expansion = expand(scene, found.counted)
    if joined is not None:
        scene, expansion = joined(scene, expansion)
    guest = planned_guest(scene, expansion, ground, document.root)
    try:
        judged: Judged = judge(scene, expansion, guest, ground, document, options)
    except NotHad as refused:
        refuse_problems(scene.plan.text, refused.problems)
        raise
    highest = max(one.index for one in judged.layout.controllers)
    levels = tuple(_level(one, highest) for one in found.levels)
    verdict = judged.verdict._replace(proven=all(proven for _, _, proven in levels))
    kept = [one.place.provider for one in expansion.kept]
    rows = summary(judged.layout, judged.names, kept, direct=scene.direct)
    first = min((node.number for node in guest.new), default=None)
    parts = {one.node.number: one for one in judged.layout.problem.parts if one.node is not None}
    places = {which: judged.layout.addresses[parts[number]] for number, which in guest.ranks.items()}
    xml = solved_bytes(document, judged.layout, first, guest.dropped)
    return PlanAnswer(verdict, rows, levels, xml, places, judged.layout)


def _level(level: Level, highest: int) -> tuple[str, int, bool]:
    """A preference with its number, as the layout has it; numbering may fail to reach what the counts promise."""
    value = max(level.value, highest) if level.name == LOW_INDEXES else level.value
    return level.name, value, value == level.bound

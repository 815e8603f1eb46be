"""Alike roots as few: what the lump and the blocks say is true of the roots that they stand for, one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcisolve.catalog.catalog import load_catalog
from pcisolve.planning.file.text import read_text
from pcisolve.planning.model import decide, fold
from pcisolve.planning.model.build import build_scene
from pcisolve.planning.model.counted import Counted
from pcisolve.planning.model.counts import Counts
from pcisolve.planning.model.decide import Best, Nothing
from pcisolve.planning.model.scene import Scene
from pcisolve.planning.model.wishes import Wishes
from pcisolve.planning.steps import ground_of, plan_of
from pcisolve.problem.problem import Options
from pcisolve.solver.run import run
from tests.planning.plans import solve

SECONDS = 60.0


def scene_of(text: str, extra: int) -> Scene:
    """The scene of a plan file."""
    options, catalog = Options(), load_catalog()
    plan = plan_of(read_text(text.encode(), "plan.yaml"), options)
    ground, _ = ground_of(plan, catalog, options)
    return build_scene(ground, plan, extra, [])


@st.composite
def plans(draw: st.DrawFn) -> tuple[str, int]:
    """A plan on six to ten domains, declared or open, and how many open ones there are."""
    declared = draw(st.booleans())
    number = draw(st.integers(6, 10))
    sizes = draw(st.lists(st.integers(1, 40), min_size=1, max_size=3))
    names = "abc"[: len(sizes)]
    lines = ["platform: any", "scheme: multi-domain"]
    lines += [f"domains: [{{name: d, count: {number}}}]"] if declared else []
    lines += ["devices:"]
    for name, size in zip(names, sizes, strict=True):
        packed = draw(st.booleans())
        lines.append(f"  - {{name: {name}, kind: virtio-disk, count: {size}, multifunction: {str(packed).lower()}}}")
    relations = []
    if len(sizes) > 1 and sizes[0] == sizes[1] and draw(st.booleans()):
        relations.append("{together: [a, b], on: domain, pairwise: true}")
    if draw(st.booleans()):
        relations.append(f"{{together: [{draw(st.sampled_from(names))}], on: domain}}")
    if draw(st.booleans()):
        relations.append(f"{{apart: [{draw(st.sampled_from(names))}], on: domain, at-most: {draw(st.integers(1, 9))}}}")
    lines.append(f"relations: [{', '.join(relations)}]")
    if draw(st.booleans()):
        unit = draw(st.sampled_from(("domain", "root", "guest")))
        lines.append(f"spare: [{{kind: pcie, count: {draw(st.integers(1, 3))}, per: {unit}, hotplug: true}}]")
    if draw(st.booleans()):
        lines.append(f"limits: {{buses-per-domain: {draw(st.integers(1, 12))}}}")
    order = draw(st.permutations(["controllers", "spread", "low-indexes"]))
    lines.append(f"prefer: [{', '.join(order)}]")
    return "\n".join(lines) + "\n", 0 if declared else number


def holds(scene: Scene, counted: Counted) -> bool:
    """Whether counts are a solution of the large model, number by number."""
    counts = Counts(scene)
    wishes = Wishes(counts)
    tables: list[tuple[dict[Any, Any], dict[Any, int]]] = [
        (counts.placed, counted.placed),
        (counts.devices, counted.devices),
        (counts.added, counted.added),
        (counts.spare, counted.spare),
        (counts.used, counted.used),
    ]
    assert not wishes.switches
    for variables, values in tables:
        assert values.keys() <= variables.keys()
        for key, variable in variables.items():
            counts.model.add(variable == values.get(key, 0))
    return bool(run(counts.model, SECONDS).found)


@pytest.fixture(autouse=True)
def folded_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three alike roots are folded already."""
    monkeypatch.setattr(fold, "LEAST", 3)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plans())
def test_the_few_say_nothing_that_is_not_true_of_the_many(given_: tuple[str, int]) -> None:
    scene = scene_of(*given_)
    lump, whole = fold.lump(scene), decide._best(scene, SECONDS)
    assert lump is not None and len(lump.scene.sites) < len(scene.sites)
    low, found = decide._best(lump.scene, SECONDS), decide._by_few(lump, fold.blocks(scene), SECONDS)
    assert isinstance(whole, Best | Nothing)
    if isinstance(low, Nothing) or isinstance(whole, Nothing):
        assert isinstance(whole, Nothing) and not isinstance(found, Best)
        assert decide.feasible(scene, SECONDS) is False
        return
    assert decide.feasible(scene, SECONDS)
    assert isinstance(low, Best)
    if isinstance(found, Best):
        assert holds(scene, found.counted)
        values = [one.value for one in found.levels]
        assert values >= [one.value for one in whole.levels] if whole.proven else True
    for number, (few, many) in enumerate(zip(low.levels, whole.levels, strict=True)):
        assert few.bound <= many.value or not all(one.value == one.bound for one in low.levels[:number])
        if few.value != many.value:
            break
    answer = decide.best(scene, SECONDS)
    assert isinstance(answer, Best) and answer.proven == whole.proven
    assert not whole.proven or [one.value for one in answer.levels] == [one.value for one in whole.levels]


def test_blocks_can_hold_any_total() -> None:
    for number in range(1, 200):
        for alone in (1, 3):
            sizes = fold._sizes(number, alone)
            assert sum(sizes) == number and len(sizes) <= alone + number.bit_length()
            reached = {0}
            for size in sizes:
                reached |= {one + size for one in reached}
            assert reached == set(range(number + 1))


def test_a_thousand_domains_are_proved_with_the_numbers_of_twelve() -> None:
    text = """\
platform: any
scheme: multi-domain
domains: [{name: d, count: 1024}]
devices: [{name: disk, kind: virtio-disk, count: 3000, multifunction: true}]
spare: [{kind: pcie, count: 1, per: domain, hotplug: true}]
prefer: [controllers, spread]
"""
    scene = scene_of(text, 0)
    lump = fold.lump(scene)
    assert lump is not None and len(lump.scene.sites) == 3 and len(fold.blocks(scene).scene.sites) == 12
    answer = solve(text)
    assert answer.verdict.status == "solved" and answer.verdict.proven

"""A rule is written twice, for the solver and in plain Python: both say the same of every small layout."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcisolve.placing.desk import Desk
from pcisolve.problem.choice import Place
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller
from pcisolve.rules.multi_domain import tree
from pcisolve.rules.registry import ALL, BY_ID
from pcisolve.rules.rule import Question, Rule
from pcisolve.solver.decide import placed
from pcisolve.solver.run import run
from tests.rules.small_guests import GUESTS, moved, small_guest, variations
from tests.support import Steps, example, steps

SECONDS = 20.0
EXAMPLES = sorted({text for rule in ALL for text in (*rule.allows, *rule.forbids)})
# On a retractable desk the domain of a child is a variable, which rfc-child ties to its parent's.
DEFINITION = BY_ID["rfc-child"]


def encoded(rule: Rule[Any], question: Question, layout: Layout, *, retractable: bool) -> bool:
    """The solver's reading: a desk with every part fixed where the layout has it, and this rule."""
    desk = Desk(question.controllers, retractable=retractable)
    for part in question.placed:
        desk.fix(("place", part), part, layout.places[part])
    for one in (rule, DEFINITION) if retractable else (rule,):
        for case in one.cases(question):
            one.encode(desk, case)
    return feasible(desk, question)


def feasible(desk: Desk, question: Question) -> bool:
    """What CP-SAT says, with every assumption of a retractable desk taken."""
    if not desk.retractable:
        status, _ = placed(desk, question.placed, SECONDS)
        assert status in ("yes", "no")
        return status == "yes"
    desk.model.add_assumptions(desk.assumptions)
    answer = run(desk.model, SECONDS, plain=True).possible
    assert answer is not None
    return answer


def assert_agree(rules: Iterable[Rule[Any]], question: Question, layout: Layout, *, retractable: bool) -> set[str]:
    """Both readings of every rule that has something to say; the ids of those that are broken."""
    desk = Desk(question.controllers)
    if any(desk.code(layout.places[part]) is None for part in question.placed):
        return set()  # a bus that nobody provides has no number on the desk
    children = [one for one in question.controllers if one.model is not None and not one.is_root]
    is_whole = all(one in layout.places for one in children)
    broken = set()
    for rule in rules:
        cases = list(rule.cases(question))
        if not cases:
            continue
        checked = all(rule.check(layout, case) for case in cases)
        written = encoded(rule, question, layout, retractable=retractable)
        # Where a controller has no place, the solver may know already that none is left for it.
        assert written == checked or (checked and not is_whole), (rule.id, list(layout.places.values()))
        if not checked:
            broken.add(rule.id)
    return broken


def _marks(text: str) -> list[pytest.MarkDecorator]:
    """Examples that libvirt fills with hundreds of controllers take half a minute."""
    return [pytest.mark.slow] if len(steps(example(text)).question.controllers) > 100 else []


@pytest.mark.parametrize("retractable", [False, True], ids=["plain", "retractable"])
@pytest.mark.parametrize("name", GUESTS)
def test_one_part_anywhere(name: str, retractable: bool) -> None:
    guest = small_guest(name)
    broken = [assert_agree(ALL, *one, retractable=retractable) for one in variations(guest)]
    assert len(broken) > 1 or name in ("isapc",)


@pytest.mark.parametrize("retractable", [False, True], ids=["plain", "retractable"])
@pytest.mark.parametrize("text", [pytest.param(one, marks=_marks(one)) for one in EXAMPLES])
def test_every_example(text: str, retractable: bool) -> None:
    guest = steps(example(text))
    rules = [rule for rule in ALL if rule.severity == "error"]  # advice is never posted
    broken = assert_agree(rules, guest.question, guest.layout, retractable=retractable)
    forbidding = {rule.id for rule in rules if text in rule.forbids}
    representable = all(Desk(guest.question.controllers).code(one) for one in guest.layout.places.values())
    assert forbidding <= broken or not representable


@pytest.mark.parametrize("retractable", [False, True], ids=["plain", "retractable"])
@pytest.mark.parametrize("name", ["domains", "domains, below", "domains, circle", "domains, open"])
def test_buses_per_domain(name: str, retractable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "BUSES_PER_DOMAIN", 2)
    rule = BY_ID["rfc-256"]
    broken = set()
    for question, layout in variations(small_guest(name)):
        broken |= assert_agree([rule], question, layout, retractable=retractable)
    assert broken == {rule.id}


@pytest.mark.parametrize("rule_id", ["address-as-asked", "chosen-place"])
@pytest.mark.parametrize("retractable", [False, True], ids=["plain", "retractable"])
def test_a_place_that_was_settled(rule_id: str, retractable: bool) -> None:
    """These two compare a layout with the question's own choice, so here the choice stays and the layout moves."""
    guest, rule = small_guest("q35 ports"), BY_ID[rule_id]
    for _, layout in variations(guest):
        checked = all(rule.check(layout, case) for case in rule.cases(guest.question))
        assert encoded(rule, guest.question, layout, retractable=retractable) == checked


def _scattered(guest: Steps, draw: st.DrawFn) -> tuple[Question, Layout]:
    """Every part of a guest somewhere, each drawn on its own."""
    indexes = [one.index for one in guest.question.controllers]
    place = st.builds(Place, st.sampled_from(indexes), st.sampled_from((0, 1, 2, 31)), st.sampled_from((0, 1, 7)))
    question, layout = guest.question, guest.layout
    for part in list(question.choice.places):
        question, layout = moved(guest.problem, question.choice, part, draw(place))
    return question, layout


@given(data=st.data(), name=st.sampled_from([name for name in GUESTS if name != "isapc"]), retractable=st.booleans())
def test_all_parts_anywhere(data: st.DataObject, name: str, retractable: bool) -> None:
    question, layout = _scattered(small_guest(name), data.draw)  # type: ignore[arg-type]
    assert_agree(ALL, question, layout, retractable=retractable)
    assert not any(isinstance(part, Controller) and part.is_root for part in layout.places)

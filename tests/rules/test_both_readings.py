"""Rules about indexes are written twice, for the solver and in plain Python: both say the same of small layouts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcisolve.placing.index_model import IndexModel
from pcisolve.problem.choice import Place
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.rules.registry import BY_ID, STRUCTURE
from pcisolve.rules.rule import Question
from pcisolve.rules.structural import Structural
from pcisolve.solver.run import PLAIN, run
from tests.rules.small_guests import GUESTS, moved, small_guest, variations
from tests.support import Steps, example, steps

SECONDS = 20.0
EXAMPLES = sorted({text for rule in STRUCTURE for text in (*rule.allows, *rule.forbids)})
# The domain of a child is a variable, which rfc-child ties to its parent's.
DEFINITION = BY_ID["rfc-child"]


def numbered(rule: Structural[Any], question: Question, layout: Layout) -> bool:
    """The solver's reading: a model with every part where the layout has it, and this rule."""
    model = IndexModel(question.controllers)
    for part in question.placed:
        _put(model, part, layout.places[part])
    for one in (rule, DEFINITION):
        assert isinstance(one, Structural)
        for case in one.cases(question):
            one.number(model, case)
    answer = run(model.model, SECONDS, search=PLAIN).possible
    assert answer is not None
    return answer


def _put(model: IndexModel, part: Part, place: Place) -> None:
    first = next(one for one in model.controllers if one.index == place.provider)
    model.confine(part, lambda one: (place.slot, place.slot) if one is first else None)


def assert_agree(rules: Iterable[Structural[Any]], question: Question, layout: Layout) -> set[str]:
    """Both readings of every rule that has something to say; the ids of those that are broken."""
    known = {one.index for one in question.controllers}
    if not all(layout.places[part].provider in known and layout.places[part].slot <= 31 for part in question.placed):
        return set()  # a bus that nobody provides is not in the model
    children = [one for one in question.controllers if one.model is not None and not one.is_root]
    is_whole = all(one in layout.places for one in children)
    broken = set()
    for rule in rules:
        cases = list(rule.cases(question))
        if not cases:
            continue
        checked = all(rule.check(layout, case) for case in cases)
        written = numbered(rule, question, layout)
        # Where a controller has no place, the solver may know already that none is left for it.
        assert written == checked or (checked and not is_whole), (rule.id, list(layout.places.values()))
        if not checked:
            broken.add(rule.id)
    return broken


def _marks(text: str) -> list[pytest.MarkDecorator]:
    """Examples that libvirt fills with hundreds of controllers take half a minute."""
    return [pytest.mark.slow] if len(steps(example(text)).question.controllers) > 100 else []


@pytest.mark.parametrize("name", GUESTS)
def test_one_part_anywhere(name: str) -> None:
    broken = [assert_agree(STRUCTURE, *one) for one in variations(small_guest(name))]
    assert len(broken) > 1 or name in ("isapc",)


@pytest.mark.parametrize("text", [pytest.param(one, marks=_marks(one)) for one in EXAMPLES])
def test_every_example(text: str) -> None:
    guest = steps(example(text))
    broken = assert_agree(STRUCTURE, guest.question, guest.layout)
    forbidding = {rule.id for rule in STRUCTURE if text in rule.forbids}
    known = {one.index for one in guest.question.controllers}
    assert forbidding <= broken or not all(place.provider in known for place in guest.layout.places.values())


def _scattered(guest: Steps, draw: st.DrawFn) -> tuple[Question, Layout]:
    """Every part of a guest somewhere, each drawn on its own."""
    indexes = [one.index for one in guest.question.controllers]
    place = st.builds(Place, st.sampled_from(indexes), st.sampled_from((0, 1, 2, 31)), st.sampled_from((0, 1, 7)))
    question, layout = guest.question, guest.layout
    for part in list(question.choice.places):
        question, layout = moved(guest.problem, question.choice, part, draw(place))
    return question, layout


@given(data=st.data(), name=st.sampled_from([name for name in GUESTS if name != "isapc"]))
def test_all_parts_anywhere(data: st.DataObject, name: str) -> None:
    question, layout = _scattered(small_guest(name), data.draw)  # type: ignore[arg-type]
    assert_agree(STRUCTURE, question, layout)
    assert not any(isinstance(part, Controller) and part.is_root for part in layout.places)

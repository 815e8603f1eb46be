"""The text of a verdict is what the json module makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pcisolve
from pcisolve.firmware.guest_view import InGuest
from pcisolve.verdict.text import verdict_text
from pcisolve.verdict.values import Finding, Note, PlacedArgument, PlacedController, PlacedDevice, Verdict

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("**/*.[xy]*ml"))

words = st.text(max_size=20)
numbers = st.integers(0, 1 << 40)
views = st.builds(InGuest, st.none() | words, st.none() | numbers, st.none() | numbers, st.booleans(), words)
controllers = st.builds(
    PlacedController,
    index=st.integers(-1, 1 << 32),
    model=words,
    name=words,
    domain=numbers,
    bus=numbers,
    parent=st.none() | numbers,
    address=st.none() | words,
    added=st.booleans(),
    line=st.none() | numbers,
    guest=views,
)
devices = st.builds(
    PlacedDevice,
    path=st.none() | words,
    line=st.none() | numbers,
    kind=words,
    name=words,
    address=words,
    chosen=st.booleans(),
    implicit=st.booleans(),
    guest=views,
)
findings = st.builds(
    Finding,
    code=words,
    rules=st.lists(words, max_size=2).map(tuple),
    stage=words,
    message=words,
    minimal=st.booleans(),
    facts=st.just(()),
)


def some(of: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(of, max_size=3).map(tuple)


verdicts = st.builds(
    Verdict,
    status=words,
    proven=st.booleans(),
    scheme=words,
    policy=words,
    controllers=some(controllers),
    devices=some(devices),
    findings=some(findings),
    stats=st.dictionaries(words, numbers | words | st.booleans(), max_size=3),
    notes=some(st.builds(Note, words, words, st.none() | numbers)),
    arguments=some(st.builds(PlacedArgument, words, words, words, words, numbers, numbers, st.none() | words, numbers)),
)


@given(verdicts)
def test_any_verdict(verdict: Verdict) -> None:
    assert verdict_text(verdict) == json.dumps(verdict.to_json(), separators=(",", ":"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.name))
def test_examples(path: Path) -> None:
    verdict = pcisolve.load(path).solve().verdict
    assert verdict_text(verdict) == json.dumps(verdict.to_json(), separators=(",", ":"))

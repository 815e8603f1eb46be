"""A guest as an editor sees it: every repair that check shows is a set of edits that mends the finding."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import pcisolve
from pcisolve.core.address import parse_address
from pcisolve.verdict.survey import Survey, TextEdit
from tests.support import address, balloon, controller, domain, rng

GALLERY = sorted((Path(__file__).resolve().parent.parent / "explain" / "gallery").glob("*.xml"))


def edited(text: str, edits: tuple[TextEdit, ...]) -> str:
    for one in reversed(edits):
        text = text[: one.begin] + one.text + text[one.end :]
    return text


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_the_edits_of_a_repair_mend_its_finding(path: Path) -> None:
    text = path.read_text()
    verdict, survey = pcisolve.load(path).survey()
    for fix in survey.fixes:
        code = verdict.findings[fix.finding].code
        assert fix.repair < len(verdict.findings[fix.finding].repairs)
        after = pcisolve.load(edited(text, fix.edits).encode()).check()
        count = [sum(one.code == code for one in findings) for findings in (verdict.findings, after.findings)]
        assert count[1] < count[0]
        assert [one.begin for one in fix.edits] == sorted(one.begin for one in fix.edits)
        assert all(one.end <= other.begin for one, other in zip(fix.edits, fix.edits[1:], strict=False))


def test_a_survey_is_the_same_through_json() -> None:
    _, survey = pcisolve.load(GALLERY[0]).survey()
    assert Survey.from_json(json.loads(json.dumps(survey.to_json()))) == survey


def test_the_findings_are_those_of_check() -> None:
    for path in GALLERY:
        guest = pcisolve.load(path)
        assert guest.survey()[0] == guest.check(layout=False)


def test_a_free_slot_holds_and_a_taken_one_does_not() -> None:
    inside = (
        controller(0, "pcie-root") + controller(1, "pcie-root-port") + controller(2, "pcie-to-pci-bridge", "0:1:0.0")
    )
    inside += rng("0:2:3.0") + balloon()
    _, survey = pcisolve.load(domain("q35", inside)).survey()
    bus = next(one for one in survey.buses if one.index == 2)
    (device,) = (one for one in survey.parts if one.name == "memballoon")
    assert bus.admits(device)
    free = bus.free_slots(device.begin)
    assert free and 3 not in free
    for slot in range(32):
        again = domain("q35", inside.replace(balloon(), balloon(f"0:2:{slot:x}.0")))
        assert (pcisolve.load(again).check().status == "solved") == (slot in free), slot


def test_parts_stand_where_they_are_said_to_stand_in_a_file_of_several() -> None:
    one = domain("q35", "<rng model='virtio'><backend model='random'/>" + address("0:1:0.0") + "</rng>").decode()
    text = f"<!-- \U0001f600 -->\n{one}\n{one}"
    for guest in pcisolve.load_all(text.encode()):
        _, survey = guest.survey()
        assert text[survey.span.begin : survey.span.end].startswith("<domain") and survey.span.end <= len(text)
        (device,) = (part for part in survey.parts if part.name.startswith("rng"))
        assert text[device.begin : device.end].startswith("<rng") and text[: device.end].endswith("</rng>")
        assert device.address == "0000:01:00.0" and parse_address(device.address).bus == device.provider

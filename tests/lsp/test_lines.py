"""Offsets and positions: each is the inverse of the other, whatever the text; and the cursor in broken XML."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("lsprotocol")

from lsprotocol.types import Position

from pcisolve.lsp.cursor import cursor_at
from pcisolve.lsp.lines import Lines, moved, units
from pcisolve.lsp.settings import Wanted, taken_over

TEXTS = st.text(st.sampled_from("ab<é\u2028\x0b\r\n\U0001f600"), max_size=40)


ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


@given(TEXTS, ENCODINGS)
def test_every_offset_comes_back(text: str, encoding: str) -> None:
    lines = Lines(text, encoding)
    pieces = re.split(r"\r\n|\n|\r", text)
    for offset in range(len(text) + 1):
        place = lines.position(offset)
        assert place.line < len(pieces)
        inside = text[offset - 1 : offset + 1] == "\r\n"  # between the two there is no position
        assert inside or lines.offset(place) == offset


@given(TEXTS, ENCODINGS)
def test_a_position_outside_is_at_the_end_of_its_line(text: str, encoding: str) -> None:
    lines, pieces = Lines(text, encoding), re.split(r"\r\n|\n|\r", text)
    for line, piece in enumerate(pieces):
        at = lines.offset(Position(line, 1_000))
        assert lines.position(at) == Position(line, units(piece, encoding))
    assert lines.offset(Position(1_000, 0)) == len(text)


def test_units_are_those_of_the_encoding() -> None:
    assert [units("aé\u2028\U0001f600", one) for one in ("utf-8", "utf-16", "utf-32")] == [10, 5, 4]


@given(TEXTS)
def test_lines_of_messages_end_at_newlines_only(text: str) -> None:
    lines = Lines(text)
    for line, piece in enumerate(text.split("\n"), 1):
        begin = lines.at(line, 1)
        assert text[begin : begin + len(piece)] == piece


EDITS = st.text(st.sampled_from("xy"), max_size=5)  # apart from the text around them: no two ways to see an edit


@given(TEXTS, TEXTS, EDITS, EDITS)
def test_what_an_edit_does_not_touch_is_where_it_was(head: str, tail: str, old: str, new: str) -> None:
    before, after = head + old + tail, head + new + tail
    for offset in range(len(head)):
        assert moved(offset, before, after) == offset
    for offset in range(len(head) + len(old) + 1, len(before) + 1):
        found = moved(offset, before, after)
        assert found is not None and after[found:] == before[offset:]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a><address slot='|", ("address", "slot", "")),
        ("<address bus='0x1' slot='0x|2' function='0x0'/>", ("address", "slot", "0x2")),
        ('<address bus="0x1" slot="|', ("address", "slot", "")),
        ("<controller type='pci' |index='1'>", ("controller", "", "")),
        ("<add|", ("add", "", "")),
        ("<!-- <address slot='|", None),
        ("</address|>", None),
        ("<a b='1'>text|", None),
        ("|", None),
        ("<rng model='a>b' bus='|'", ("rng", "bus", "")),
    ],
)
def test_the_cursor_in_a_tag(text: str, expected: tuple[str, str, str] | None) -> None:
    at = text.index("|")
    whole = text.replace("|", "")
    found = cursor_at(whole, at)
    shown = None if found is None else (found.tag, found.attribute, whole[found.begin : found.end])
    assert shown == expected


@given(st.text(st.sampled_from("<>='\"/!-? abc\n"), max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    for at in range(len(text) + 1):
        found = cursor_at(text, at)
        assert found is None or 0 <= found.tag_begin <= found.begin <= at <= found.end <= len(text)


def test_attributes_on_both_sides_of_the_cursor_count() -> None:
    found = cursor_at("<address type='pci' slot='' bus=\"0x3\"/>", 26)
    assert found is not None and found.attributes == {"type": "pci", "bus": "0x3"}


@pytest.mark.parametrize("wanted", [None, [], {"stage": "moon"}, {"timeLimit": -1, "debounce": "x"}, {"libvirt": 9}])
def test_settings_that_are_not_understood_change_nothing(wanted: object) -> None:
    before = Wanted({"stage": "guest", "time_limit": 5.0})
    assert taken_over(before, wanted) == before


def test_settings_of_an_editor() -> None:
    found = taken_over(Wanted({"stage": "guest"}), {"stage": "libvirt", "timeLimit": 2, "debounce": 0, "qemu": "10.0"})
    assert found == Wanted({"stage": "libvirt", "time_limit": 2.0, "qemu": "10.0"}, 0.0)

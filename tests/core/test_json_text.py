"""JSON of others: bounds of our own come first, whatever a Python's parser can take."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcisolve.core.json_text import MAX_DEPTH, JsonError, read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='[]{}"\\,: ab', max_size=20),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='[]{}"\\', max_size=5), inner),
    max_leaves=60,
)


@given(VALUES, st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-32")))
def test_json_is_read_as_it_is(value: object, encoding: str) -> None:
    assert read_json(json.dumps(value, ensure_ascii=False).encode(encoding)) == value


@given(VALUES)
def test_brackets_in_strings_are_not_depth(value: object) -> None:
    many = [value, "[{" * MAX_DEPTH, '\\"[' * MAX_DEPTH]
    assert read_json(json.dumps(many).encode()) == many


def test_the_border() -> None:
    assert read_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert read_json(b"[" + b"[]," * 10_000 + b"[]]")


@pytest.mark.parametrize(
    ("data", "message", "line", "column"),
    [
        (b"\n" + b"[" * 101, "nested more than 100 deep", 2, 101),
        (b"[" * 1_000_000, "nested more than 100 deep", 1, 101),
        (b'{"a":\n' * 1_000_000, "nested more than 100 deep", 101, 1),
        (b'["' + b"[" * 1_000_000, "Unterminated string starting at", 1, 2),
        (b'["' + b"\\" * 1_000_000, "Unterminated string starting at", 1, 2),
        (b'"' * 1_000_001, "Extra data", 1, 3),
        (b"\xff\xff", "not text", 1, 1),
        (b"", "Expecting value", 1, 1),
    ],
)
def test_what_is_refused(data: bytes, message: str, line: int, column: int) -> None:
    with pytest.raises(JsonError) as refused:
        read_json(data)
    assert (refused.value.message, refused.value.line, refused.value.column) == (message, line, column)


def test_a_number_of_very_many_digits() -> None:
    with pytest.raises(JsonError):
        read_json(b"1" * 1_000_000)

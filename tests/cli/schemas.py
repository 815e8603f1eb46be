"""What `pcisolve` prints, against the JSON Schemas that it publishes; keys that those do not name are refused here."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pcisolve.render.schemas import schema_of

LARGEST = 1_000_000  # bytes of an output that is looked at: validation is slow
SARIF = os.environ.get("SARIF_SCHEMA", "")  # a copy of OASIS's sarif-schema-2.1.0.json


def assert_valid(words: Sequence[str], out: bytes) -> None:
    """Fails where the output of a command is JSON and not as its schema says."""
    if len(out) > LARGEST or "--help" in words or not out.strip():
        return
    style = words[words.index("--format") + 1] if "--format" in words[:-1] else ""
    if words[0] == "batch":
        names = [("batch", line) for line in out.splitlines()] if not {"-o", "--output"} & set(words) else []
    elif style == "json":
        names = [(name_of(words), out)]
    elif style == "jsonl":
        names = [(name_of(words), b"[%s]" % line) for line in out.splitlines()]
    else:
        names = []
    for name, text in names:
        assert_is(name, json.loads(text))


def name_of(words: Sequence[str]) -> str:
    """The schema of a command that prints JSON."""
    if words[0] == "check":
        mends = {"--fix", "--diff"} & set(words)
        return "check-fix" if mends else "check-statistics" if "--statistics" in words else "check"
    return "moves" if words[0] == "diff" and words.count("--libvirt") == 2 else words[0]


def assert_is(name: str, value: Any) -> None:
    """Fails where a value is not as the schema of this name says, or has keys that it does not name."""
    problems = [
        f"{'/'.join(map(str, one.absolute_path))}: {one.message[:300]}" for one in _strict(name).iter_errors(value)
    ]
    assert not problems, f"not as `pcisolve schema {name}`: {problems[:5]}"


@cache
def _strict(name: str) -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    schema = schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(_closed(schema))


def _closed(schema: Any) -> Any:
    """The schema with every object closed that names its keys."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(one) for key, one in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed["additionalProperties"] = False
    return closed


def assert_sarif(log: Any) -> None:
    """Fails where a log is not valid SARIF 2.1.0, if the standard's schema is at hand."""
    if SARIF:
        jsonschema = pytest.importorskip("jsonschema")
        found = jsonschema.Draft4Validator(json.loads(Path(SARIF).read_text()))
        assert [one.message[:300] for one in found.iter_errors(log)][:5] == []

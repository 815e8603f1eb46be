"""The JSON Schema says what the reader reads."""

from __future__ import annotations

from typing import Any

from pcisolve.planning.file.fields import TABLES
from pcisolve.planning.file.schema import schema


def definitions() -> dict[str, Any]:
    whole = schema()
    return {"plan": whole, **whole["$defs"]}


def test_every_key_has_a_type_and_a_meaning() -> None:
    for table, fields in TABLES.items():
        properties = definitions()[table]["properties"]
        assert list(properties) == list(fields)
        for name, one in properties.items():
            assert one["description"], name
            assert {"type", "$ref", "oneOf"} & set(one), name


def test_references_lead_somewhere() -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"]} if "$ref" in value else set()
            return own.union(*(references(one) for one in value.values()))
        return set().union(*(references(one) for one in value)) if isinstance(value, list) else set()

    assert references(schema()) == {f"#/$defs/{name}" for name in TABLES if name != "plan"}

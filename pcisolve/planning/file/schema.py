"""The JSON Schema of plan files, for editors: made from the same table that reads them."""

from __future__ import annotations

from typing import Any, Final

from pcisolve.planning.file.entry import LISTS
from pcisolve.planning.file.fields import TABLES, Field

_NAME: Final = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_.-]{0,63}$"}
_MEMBER: Final = {"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9_.-]{0,63}(\[[0-9]{1,6}(-[0-9]{1,6})?\])?$"}
_TEXT: Final = {"type": "string", "minLength": 1}
_ADDRESS: Final = {
    "type": "string",
    "pattern": "^[0-9a-fA-F]{1,8}:[0-9a-fA-F]{1,8}:[01]?[0-9a-fA-F]\\.[0-7]$",
}


def schema() -> dict[str, Any]:
    """A JSON Schema (2020-12) of the whole plan file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pcisolve plan",
        "description": "What is wanted of a guest's PCI topology; pcisolve solve lays it out.",
        **_object("plan"),
        "$defs": {name: _object(name) for name in TABLES if name != "plan"},
    }


def _object(table: str) -> dict[str, Any]:
    fields = TABLES[table]
    found: dict[str, Any] = {
        "type": "object",
        "properties": {name: {"description": field.about, **_of(field)} for name, field in fields.items()},
        "additionalProperties": False,
    }
    required = [name for name, field in fields.items() if field.required]
    if required:
        found["required"] = required
    if table == "relation":
        found["oneOf"] = [{"required": ["together"]}, {"required": ["apart"]}]
    if table == "plan":
        found["required"] = ["devices"]
    return found


def _of(field: Field) -> dict[str, Any]:
    if field.sort == "entry":
        return {"$ref": f"#/$defs/{field.of}"}
    if field.sort == "entries":
        repeated = {"type": "object", "required": ["for-each"]}  # names with {n} in them
        return {"type": "array", "items": {"anyOf": [{"$ref": f"#/$defs/{field.of}"}, repeated]}}
    if field.sort in LISTS:
        one = _scalar(field)
        return {"oneOf": [one, {"type": "array", "items": one, "minItems": 1}]}
    return _scalar(field)


def _scalar(field: Field) -> dict[str, Any]:
    if field.words:
        return {"type": "string", "enum": list(field.words)}
    if field.sort in ("number", "numbers"):
        return {"type": "integer", "minimum": field.minimum, "maximum": field.maximum}
    if field.sort in ("address", "addresses"):
        return _ADDRESS
    if field.sort == "flag":
        return {"type": "boolean"}
    if field.sort == "members":
        return _MEMBER
    return _NAME if field.sort in ("name", "names") else _TEXT

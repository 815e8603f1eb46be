"""What the JSON Schemas of outputs are made of."""

from __future__ import annotations

from typing import Any, Final

from pcisolve.core.version import JSON_VERSION

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
NUMBER: Final[Schema] = {"type": "integer"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
LINE: Final[Schema] = {"type": "integer", "minimum": 1}
FLAG: Final[Schema] = {"type": "boolean"}
VERSION: Final[Schema] = {"const": JSON_VERSION, "description": "of the shape; more keys are no new version"}
ADDRESS: Final[Schema] = {
    "type": "string",
    "pattern": "^[0-9a-f]{4,8}:[0-9a-f]{2,8}:[01][0-9a-f]\\.[0-7]$",
    "description": "a PCI address, dddd:bb:ss.f",
}
SEVERITY: Final[Schema] = {"enum": ["error", "warning", "note"]}
STATUS: Final = ("solved", "infeasible", "unknown", "invalid")
SCHEME: Final[Schema] = {"enum": ["auto", "flat", "multi-domain"]}


def or_null(schema: Schema) -> Schema:
    """What may be null too."""
    return {"oneOf": [schema, {"type": "null"}]}


def list_of(items: Schema, **more: Any) -> Schema:
    """An array."""
    return {"type": "array", "items": items, **more}


def ref(name: str) -> Schema:
    """One of DEFS."""
    return {"$ref": f"#/$defs/{name}"}


def object_of(required: Schema, optional: Schema | None = None) -> Schema:
    """An object with these keys."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


_CHANGE: Final[Schema] = {"from": or_null(TEXT), "to": or_null(TEXT)}
DEFS: Final[dict[str, Schema]] = {
    "fact": object_of({"text": TEXT, "file": TEXT, "line": LINE, "column": LINE, "role": TEXT}),
    "change": object_of({"path": TEXT, "line": or_null(LINE), **_CHANGE}),
    "move": object_of({"name": TEXT, "from": TEXT, "to": TEXT}),
    "shortage": object_of({"resource": TEXT, "needed": NUMBER, "available": NUMBER}),
    "repair": object_of(
        {
            "changes": list_of(ref("change")),
            "effect": TEXT,
            "cost": NUMBER,
            "safety": {"enum": ["safe", "moves", "unsafe"]},
            "moves": list_of(ref("move")),
            "removes": list_of(TEXT),
        }
    ),
    "finding": object_of(
        {
            "code": TEXT,
            "rules": list_of(TEXT),
            "severity": SEVERITY,
            "stage": {"enum": ["libvirt", "qemu", "guest"]},
            "message": TEXT,
            "minimal": FLAG,
            "facts": list_of(ref("fact")),
            "context": list_of(ref("fact")),
            "alike": list_of(ref("fact")),
            "notes": list_of(TEXT),
            "shortages": list_of(ref("shortage")),
            "repairs": list_of(ref("repair")),
        }
    ),
    "note": object_of({"code": TEXT, "message": TEXT, "line": or_null(LINE)}),
    "in-guest": object_of(
        {
            "address": or_null(ADDRESS),
            "secondary": or_null(NUMBER),
            "subordinate": or_null(NUMBER),
            "visible": FLAG,
            "reason": TEXT,
        }
    ),
    "zpci": object_of({"uid": or_null(NUMBER), "fid": or_null(NUMBER)}),
    "controller": object_of(
        {
            "index": COUNT,
            "model": TEXT,
            "name": TEXT,
            "domain": COUNT,
            "bus": NUMBER,
            "parent": or_null(COUNT),
            "address": or_null(ADDRESS),
            "added": FLAG,
            "line": or_null(LINE),
            "guest": ref("in-guest"),
        },
        {
            "targets": {"type": "object", "additionalProperties": {"type": ["integer", "string"]}},
            "multifunction": FLAG,
            "zpci": ref("zpci"),
        },
    ),
    "device": object_of(
        {
            "path": or_null(TEXT),
            "line": or_null(LINE),
            "kind": TEXT,
            "name": TEXT,
            "address": ADDRESS,
            "chosen": FLAG,
            "implicit": FLAG,
            "guest": ref("in-guest"),
        },
        {"make": TEXT, "identity": {"type": "object"}, "multifunction": FLAG, "zpci": ref("zpci")},
    ),
    "argument": object_of(
        {
            "text": TEXT,
            "driver": TEXT,
            "id": TEXT,
            "bus": TEXT,
            "slot": COUNT,
            "function": COUNT,
            "address": or_null(ADDRESS),
            "line": LINE,
        }
    ),
    "stats": object_of(
        {},
        {
            "controllers": COUNT,
            "devices": COUNT,
            "added": COUNT,
            "kept": COUNT,
            "moved": COUNT,
            "decided_by": {"enum": ["first-fit", "cp-sat"]},
            "objective": list_of(object_of({"name": TEXT, "value": NUMBER, "bound": or_null({"type": "number"})})),
            "proof": object_of({"by": {"enum": ["arithmetic", "lrat", "none"]}, "constraints": COUNT, "assumed": FLAG}),
        },
    ),
    "side": object_of(
        {"name": TEXT, "line": or_null(LINE), "address": or_null(ADDRESS), "guest": or_null(ref("in-guest"))}
    ),
    "entry": object_of(
        {
            "change": {"enum": ["added", "removed", "moved", "changed", "renumbered"]},
            "kind": TEXT,
            "before": or_null(ref("side")),
            "after": or_null(ref("side")),
            "options": {
                "type": "object",
                "additionalProperties": list_of({"type": ["string", "null"]}, minItems=2, maxItems=2),
            },
            "notices": TEXT,
        }
    ),
    "root": object_of(
        {
            "domain": COUNT,
            "root": COUNT,
            "name": TEXT,
            "node": or_null(COUNT),
            "buses": COUNT,
            "first_bus": or_null(COUNT),
            "last_bus": or_null(COUNT),
            "controllers": COUNT,
            "devices": COUNT,
            "functions": COUNT,
            "free_slots": COUNT,
            "spare": COUNT,
        }
    ),
    "plan": object_of(
        {
            "preferences": list_of(object_of({"name": TEXT, "value": NUMBER, "proven": FLAG})),
            "roots": list_of(ref("root")),
        }
    ),
}

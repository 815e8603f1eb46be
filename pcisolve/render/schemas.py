"""JSON Schemas (2020-12) of every JSON output, and of configuration files. More keys may come; see JSON_VERSION."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pcisolve.core.version import JSON_VERSION

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_NUMBER: Final[Schema] = {"type": "integer"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_LINE: Final[Schema] = {"type": "integer", "minimum": 1}
_FLAG: Final[Schema] = {"type": "boolean"}
_VERSION: Final[Schema] = {"const": JSON_VERSION, "description": "of the shape; more keys are no new version"}
_ADDRESS: Final[Schema] = {
    "type": "string",
    "pattern": "^[0-9a-f]{4,8}:[0-9a-f]{2,8}:[01][0-9a-f]\\.[0-7]$",
    "description": "a PCI address, dddd:bb:ss.f",
}
_SEVERITY: Final[Schema] = {"enum": ["error", "warning", "note"]}
_STATUS: Final = ("solved", "infeasible", "unknown", "invalid")
_SCHEME: Final[Schema] = {"enum": ["auto", "flat", "multi-domain"]}


def _or_null(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _object(required: Schema, optional: Schema | None = None) -> Schema:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


_CHANGE: Final[Schema] = {"from": _or_null(_TEXT), "to": _or_null(_TEXT)}
_DEFS: Final[dict[str, Schema]] = {
    "fact": _object({"text": _TEXT, "file": _TEXT, "line": _LINE, "column": _LINE, "role": _TEXT}),
    "change": _object({"path": _TEXT, "line": _or_null(_LINE), **_CHANGE}),
    "move": _object({"name": _TEXT, "from": _TEXT, "to": _TEXT}),
    "shortage": _object({"resource": _TEXT, "needed": _NUMBER, "available": _NUMBER}),
    "repair": _object(
        {
            "changes": _list(_ref("change")),
            "effect": _TEXT,
            "cost": _NUMBER,
            "safety": {"enum": ["safe", "moves", "unsafe"]},
            "moves": _list(_ref("move")),
            "removes": _list(_TEXT),
        }
    ),
    "finding": _object(
        {
            "code": _TEXT,
            "rules": _list(_TEXT),
            "severity": _SEVERITY,
            "stage": {"enum": ["libvirt", "qemu", "guest"]},
            "message": _TEXT,
            "minimal": _FLAG,
            "facts": _list(_ref("fact")),
            "context": _list(_ref("fact")),
            "alike": _list(_ref("fact")),
            "notes": _list(_TEXT),
            "shortages": _list(_ref("shortage")),
            "repairs": _list(_ref("repair")),
        }
    ),
    "note": _object({"code": _TEXT, "message": _TEXT, "line": _or_null(_LINE)}),
    "in-guest": _object(
        {
            "address": _or_null(_ADDRESS),
            "secondary": _or_null(_NUMBER),
            "subordinate": _or_null(_NUMBER),
            "visible": _FLAG,
            "reason": _TEXT,
        }
    ),
    "zpci": _object({"uid": _or_null(_NUMBER), "fid": _or_null(_NUMBER)}),
    "controller": _object(
        {
            "index": _COUNT,
            "model": _TEXT,
            "name": _TEXT,
            "domain": _COUNT,
            "bus": _NUMBER,
            "parent": _or_null(_COUNT),
            "address": _or_null(_ADDRESS),
            "added": _FLAG,
            "line": _or_null(_LINE),
            "guest": _ref("in-guest"),
        },
        {
            "targets": {"type": "object", "additionalProperties": {"type": ["integer", "string"]}},
            "multifunction": _FLAG,
            "zpci": _ref("zpci"),
        },
    ),
    "device": _object(
        {
            "path": _or_null(_TEXT),
            "line": _or_null(_LINE),
            "kind": _TEXT,
            "name": _TEXT,
            "address": _ADDRESS,
            "chosen": _FLAG,
            "implicit": _FLAG,
            "guest": _ref("in-guest"),
        },
        {"make": _TEXT, "identity": {"type": "object"}, "multifunction": _FLAG, "zpci": _ref("zpci")},
    ),
    "argument": _object(
        {
            "text": _TEXT,
            "driver": _TEXT,
            "id": _TEXT,
            "bus": _TEXT,
            "slot": _COUNT,
            "function": _COUNT,
            "address": _or_null(_ADDRESS),
            "line": _LINE,
        }
    ),
    "stats": _object(
        {},
        {
            "controllers": _COUNT,
            "devices": _COUNT,
            "added": _COUNT,
            "kept": _COUNT,
            "moved": _COUNT,
            "decided_by": {"enum": ["first-fit", "cp-sat"]},
            "objective": _list(_object({"name": _TEXT, "value": _NUMBER, "bound": _or_null({"type": "number"})})),
            "proof": _object({"by": {"enum": ["arithmetic", "lrat", "none"]}, "constraints": _COUNT, "assumed": _FLAG}),
        },
    ),
    "side": _object(
        {"name": _TEXT, "line": _or_null(_LINE), "address": _or_null(_ADDRESS), "guest": _or_null(_ref("in-guest"))}
    ),
    "entry": _object(
        {
            "change": {"enum": ["added", "removed", "moved", "changed", "renumbered"]},
            "kind": _TEXT,
            "before": _or_null(_ref("side")),
            "after": _or_null(_ref("side")),
            "options": {
                "type": "object",
                "additionalProperties": _list({"type": ["string", "null"]}, minItems=2, maxItems=2),
            },
            "notices": _TEXT,
        }
    ),
    "root": _object(
        {
            "domain": _COUNT,
            "root": _COUNT,
            "name": _TEXT,
            "node": _or_null(_COUNT),
            "buses": _COUNT,
            "first_bus": _or_null(_COUNT),
            "last_bus": _or_null(_COUNT),
            "controllers": _COUNT,
            "devices": _COUNT,
            "functions": _COUNT,
            "free_slots": _COUNT,
            "spare": _COUNT,
        }
    ),
    "plan": _object(
        {
            "preferences": _list(_object({"name": _TEXT, "value": _NUMBER, "proven": _FLAG})),
            "roots": _list(_ref("root")),
        }
    ),
}
_REPAIRED: Final = _object({"moves": _COUNT, "unsafe": _COUNT}, {"safe": _COUNT})
_ANSWER: Final[Schema] = {
    "proven": _FLAG,
    "scheme": _SCHEME,
    "policy": {"enum": ["auto", "libvirt", "minimal", "stable"]},
    "controllers": _list(_ref("controller")),
    "devices": _list(_ref("device")),
    "notes": _list(_ref("note")),
    "findings": _list(_ref("finding")),
    "stats": _ref("stats"),
}
_SOLVED: Final = _object(
    {"version": _VERSION, "status": {"enum": list(_STATUS)}, **_ANSWER},
    {"arguments": _list(_ref("argument")), "plan": _ref("plan")},
)
_COMPARED: Final[Schema] = {
    "same": _FLAG,
    "schemes": _list(_SCHEME, minItems=2, maxItems=2),
    "counts": _object(dict.fromkeys(("added", "removed", "moved", "changed", "renumbered"), _COUNT)),
    "entries": _list(_ref("entry")),
}
_DIFFERENCE: Final[Schema] = {"version": _VERSION, "before": _TEXT, "after": _TEXT, **_COMPARED}
_CAUSES: Final[Schema] = {"causes": _list(_object({"since": _TEXT, "what": _TEXT}))}


def _check() -> Schema:
    finding = _DEFS["finding"]
    return _list(_object({"version": _VERSION, **finding["properties"]}))


def _check_fix() -> Schema:
    row = {"version": _VERSION, "input": _TEXT, "status": {"enum": list(_STATUS)}, "repaired": _REPAIRED}
    row |= {"left": _COUNT, "held": _REPAIRED, "moves": _list(_ref("move")), "removes": _list(_TEXT)}
    return _list(_object({**row, "findings": _list(_ref("finding"))}, {"diff": _TEXT, "domain": _TEXT}))


def _statistics() -> Schema:
    return _list(_object({"version": _VERSION, "code": _TEXT, "severity": _SEVERITY, "count": _LINE}))


def _solve() -> Schema:
    return {"oneOf": [_SOLVED, _list(_SOLVED)], "description": "a list where the file holds several domains"}


def _batch() -> Schema:
    basis = {"input": _TEXT, "version": _VERSION, "status": {"enum": [*_STATUS, "error", "moves"]}}
    basis["findings"] = _list(_ref("finding"))
    optional = {name: one for name, one in _ANSWER.items() if name not in basis}
    optional |= {"arguments": _list(_ref("argument")), "libvirt": _list(_TEXT, minItems=2, maxItems=2)}
    return {**_object(basis, {**optional, **_COMPARED, **_CAUSES}), "description": "one line"}


def _diff() -> Schema:
    return _object(_DIFFERENCE)


def _moves() -> Schema:
    return _list(_object({**_DIFFERENCE, **_CAUSES}))


def _verify() -> Schema:
    difference = _object({"line": _or_null(_LINE), "part": _TEXT, "predicted": _TEXT, "found": _TEXT})
    states = {"enum": ["agrees", "differs", "undecided", "skipped"]}
    step = _object(
        {"who": _TEXT, "version": _TEXT, "state": states, "message": _TEXT, "differences": _list(difference)}
    )
    return _object({"version": _VERSION, "file": _TEXT, "state": states, "steps": _list(step)})


def _config() -> Schema:
    patterns = _list({**_TEXT, "description": "an id of a rule, or a pattern such as start-*"})
    shared: Schema = {
        "libvirt": {**_TEXT, "description": "version to agree with: 9.0.0, oldest or newest"},
        "qemu": {**_TEXT, "description": "version to agree with: 7.2, oldest or newest"},
        "stage": {"enum": ["libvirt", "qemu", "guest"], "description": "which layer must accept it"},
        "scheme": {**_SCHEME, "description": "how indexes relate to domains and buses"},
        "policy": {"enum": ["auto", "libvirt", "minimal"], "description": "which layout solve chooses"},
        "platform": {**_TEXT, "description": "a platform whose limits count too"},
        "select": {**patterns, "description": "the only rules that count"},
        "ignore": {**patterns, "description": "rules that do not count"},
        "severity": {"type": "object", "additionalProperties": _SEVERITY, "description": "of rules, by id"},
    }
    override = _object({"paths": _list({**_TEXT, "description": "a pattern of paths below this file"})}, shared)
    override["additionalProperties"] = False
    whole = {
        **shared,
        "models": {**_TEXT, "description": "a folder of models, relative to this file"},
        "rules": {**_list(_TEXT), "description": "folders of rules in Python, only where --config names this file"},
        "overrides": {**_list(override), "description": "other values for some paths; the last that matches counts"},
    }
    return {**_object({}, whole), "additionalProperties": False}


SCHEMAS: Final[dict[str, tuple[str, Callable[[], Schema]]]] = {
    "check": ("check --format json; a line of jsonl is an item", _check),
    "check-fix": ("check --fix or --diff, --format json; a line of jsonl is an item", _check_fix),
    "check-statistics": ("check --statistics --format json; a line of jsonl is an item", _statistics),
    "solve": ("solve --format json", _solve),
    "diff": ("diff --format json", _diff),
    "moves": ("diff --format json with two versions of libvirt", _moves),
    "verify": ("verify --format json", _verify),
    "batch": ("a line of batch", _batch),
    "config": ("pcisolve.toml, and [tool.pcisolve] of pyproject.toml", _config),
}


def schema_of(name: str) -> Schema:
    """The JSON Schema of one of SCHEMAS, whole."""
    about, made = SCHEMAS[name]
    body = made()
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"pcisolve: {about}", **body}
    used = _used(body)
    return {**whole, "$defs": {one: _DEFS[one] for one in _DEFS if one in used}} if used else whole


def _used(schema: Schema) -> set[str]:
    """Which of _DEFS a schema needs."""
    found: set[str] = set()
    waiting: list[Any] = [schema]
    while waiting:
        here = waiting.pop()
        if isinstance(here, list):
            waiting += here
        elif isinstance(here, dict):
            name = str(here.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                waiting.append(_DEFS[name])
            waiting += here.values()
    return found

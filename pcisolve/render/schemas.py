"""JSON Schemas (2020-12) of every JSON output, and of configuration files. More keys may come; see JSON_VERSION."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pcisolve.render.schema_parts import (
    ADDRESS,
    COUNT,
    DEFS,
    FLAG,
    LINE,
    SCHEME,
    SEVERITY,
    STATUS,
    TEXT,
    VERSION,
    Schema,
    list_of,
    object_of,
    or_null,
    ref,
)
from pcisolve.verdict.room import SLOT_KINDS

_REPAIRED: Final = object_of({"moves": COUNT, "unsafe": COUNT}, {"safe": COUNT})
_ANSWER: Final[Schema] = {
    "proven": FLAG,
    "scheme": SCHEME,
    "policy": {"enum": ["auto", "libvirt", "minimal", "stable"]},
    "controllers": list_of(ref("controller")),
    "devices": list_of(ref("device")),
    "notes": list_of(ref("note")),
    "findings": list_of(ref("finding")),
    "stats": ref("stats"),
}
_SOLVED: Final = object_of(
    {"version": VERSION, "status": {"enum": list(STATUS)}, **_ANSWER},
    {"arguments": list_of(ref("argument")), "plan": ref("plan")},
)
_COMPARED: Final[Schema] = {
    "same": FLAG,
    "schemes": list_of(SCHEME, minItems=2, maxItems=2),
    "counts": object_of(dict.fromkeys(("added", "removed", "moved", "changed", "renumbered"), COUNT)),
    "entries": list_of(ref("entry")),
}
_DIFFERENCE: Final[Schema] = {"version": VERSION, "before": TEXT, "after": TEXT, **_COMPARED}
_CAUSES: Final[Schema] = {"causes": list_of(object_of({"since": TEXT, "what": TEXT}))}


def _check() -> Schema:
    finding = DEFS["finding"]
    return list_of(object_of({"version": VERSION, **finding["properties"]}))


def _check_fix() -> Schema:
    row = {"version": VERSION, "input": TEXT, "status": {"enum": list(STATUS)}, "repaired": _REPAIRED}
    row |= {"left": COUNT, "held": _REPAIRED, "moves": list_of(ref("move")), "removes": list_of(TEXT)}
    return list_of(object_of({**row, "findings": list_of(ref("finding"))}, {"diff": TEXT, "domain": TEXT}))


def _statistics() -> Schema:
    return list_of(object_of({"version": VERSION, "code": TEXT, "severity": SEVERITY, "count": LINE}))


def _solve() -> Schema:
    return {"oneOf": [_SOLVED, list_of(_SOLVED)], "description": "a list where the file holds several domains"}


def _batch() -> Schema:
    basis = {"input": TEXT, "version": VERSION, "status": {"enum": [*STATUS, "error", "moves"]}}
    basis["findings"] = list_of(ref("finding"))
    optional = {name: one for name, one in _ANSWER.items() if name not in basis}
    optional |= {"arguments": list_of(ref("argument")), "libvirt": list_of(TEXT, minItems=2, maxItems=2)}
    return {**object_of(basis, {**optional, **_COMPARED, **_CAUSES}), "description": "one line"}


def _diff() -> Schema:
    return object_of(_DIFFERENCE)


def _moves() -> Schema:
    return list_of(object_of({**_DIFFERENCE, **_CAUSES}))


def _verify() -> Schema:
    difference = object_of({"line": or_null(LINE), "part": TEXT, "predicted": TEXT, "found": TEXT})
    states = {"enum": ["agrees", "differs", "undecided", "skipped"]}
    step = object_of(
        {"who": TEXT, "version": TEXT, "state": states, "message": TEXT, "differences": list_of(difference)}
    )
    return object_of({"version": VERSION, "file": TEXT, "state": states, "steps": list_of(step)})


def _fit() -> Schema:
    kinds = {"enum": list(SLOT_KINDS)}
    slots = list_of(object_of({"node": or_null(COUNT), "kind": kinds, "free": COUNT, "hotplug": COUNT}))
    placed = object_of({"kind": TEXT, "address": ADDRESS, "bus": COUNT, "port": TEXT, "guest": or_null(ADDRESS)})
    added = object_of({"index": COUNT, "model": TEXT, "address": or_null(ADDRESS)})
    bounds = {"at_least": COUNT, "at_most": or_null(COUNT), "most": or_null(COUNT)}
    most = object_of({"kind": TEXT, "asked": LINE, **bounds, "beside": FLAG})
    reasons = list_of(object_of({"code": TEXT, "message": TEXT}))
    answer = {"version": VERSION, "status": {"enum": list(STATUS)}, "guest_holds": FLAG, "placed": list_of(placed)}
    answer |= {"added": list_of(added), "most": list_of(most), "free": slots, "left": slots, "reasons": reasons}
    return object_of(answer)


def _config() -> Schema:
    patterns = list_of({**TEXT, "description": "an id of a rule, or a pattern such as start-*"})
    shared: Schema = {
        "libvirt": {**TEXT, "description": "version to agree with: 9.0.0, oldest or newest"},
        "qemu": {**TEXT, "description": "version to agree with: 7.2, oldest or newest"},
        "stage": {"enum": ["libvirt", "qemu", "guest"], "description": "which layer must accept it"},
        "scheme": {**SCHEME, "description": "how indexes relate to domains and buses"},
        "policy": {"enum": ["auto", "libvirt", "minimal"], "description": "which layout solve chooses"},
        "platform": {**TEXT, "description": "a platform whose limits count too"},
        "select": {**patterns, "description": "the only rules that count"},
        "ignore": {**patterns, "description": "rules that do not count"},
        "severity": {"type": "object", "additionalProperties": SEVERITY, "description": "of rules, by id"},
    }
    override = object_of({"paths": list_of({**TEXT, "description": "a pattern of paths below this file"})}, shared)
    override["additionalProperties"] = False
    whole = {
        **shared,
        "models": {**TEXT, "description": "a folder of models, relative to this file"},
        "rules": {**list_of(TEXT), "description": "folders of rules in Python, only where --config names this file"},
        "overrides": {**list_of(override), "description": "other values for some paths; the last that matches counts"},
    }
    return {**object_of({}, whole), "additionalProperties": False}


SCHEMAS: Final[dict[str, tuple[str, Callable[[], Schema]]]] = {
    "check": ("check --format json; a line of jsonl is an item", _check),
    "check-fix": ("check --fix or --diff, --format json; a line of jsonl is an item", _check_fix),
    "check-statistics": ("check --statistics --format json; a line of jsonl is an item", _statistics),
    "solve": ("solve --format json", _solve),
    "fit": ("fit --format json", _fit),
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
    return {**whole, "$defs": {one: DEFS[one] for one in DEFS if one in used}} if used else whole


def _used(schema: Schema) -> set[str]:
    """Which of DEFS a schema needs."""
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
                waiting.append(DEFS[name])
            waiting += here.values()
    return found

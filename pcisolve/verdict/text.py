"""A verdict as JSON text, as its to_json() says it, without the dicts in between: a batch has one for every guest.

Compiled (setup.py), and tested to give the same bytes as the json module.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii as _quoted

from pcisolve.core.version import JSON_VERSION
from pcisolve.firmware.guest_view import InGuest
from pcisolve.verdict.values import PlacedController, PlacedDevice, Verdict

_ENCODED = json.JSONEncoder(separators=(",", ":")).encode


def verdict_text(verdict: Verdict) -> str:
    """The same as json.dumps(verdict.to_json(), separators=(",", ":"))."""
    controllers = ",".join([_controller(one) for one in verdict.controllers])
    devices = ",".join([_device(one) for one in verdict.devices])
    made = f'"arguments":{_ENCODED([one.to_json() for one in verdict.arguments])},' if verdict.arguments else ""
    notes = _ENCODED([one.to_json() for one in verdict.notes]) if verdict.notes else "[]"
    findings = _ENCODED([one.to_json() for one in verdict.findings]) if verdict.findings else "[]"
    return (
        f'{{"version":{JSON_VERSION},"status":{_quoted(verdict.status)},"proven":{_truth(verdict.proven)},'
        f'"scheme":{_quoted(verdict.scheme)},"policy":{_quoted(verdict.policy)},"controllers":[{controllers}],"devices":[{devices}],{made}'
        f'"notes":{notes},"findings":{findings},"stats":{_ENCODED(verdict.stats)}}}'
    )


def _controller(one: PlacedController) -> str:
    return (
        f'{{"index":{_number(one.index)},"model":{_quoted(one.model)},"name":{_quoted(one.name)},'
        f'"domain":{_number(one.domain)},"bus":{_number(one.bus)},"parent":{_number(one.parent)},'
        f'"address":{_word(one.address)},"added":{_truth(one.added)},"line":{_number(one.line)},'
        f'"guest":{_in_guest(one.guest)}}}'
    )


def _device(one: PlacedDevice) -> str:
    return (
        f'{{"path":{_word(one.path)},"line":{_number(one.line)},"kind":{_quoted(one.kind)},"name":{_quoted(one.name)},'
        f'"address":{_quoted(one.address)},"chosen":{_truth(one.chosen)},"implicit":{_truth(one.implicit)},'
        f'"guest":{_in_guest(one.guest)}}}'
    )


def _in_guest(one: InGuest) -> str:
    return (
        f'{{"address":{_word(one.address)},"secondary":{_number(one.secondary)},'
        f'"subordinate":{_number(one.subordinate)},"visible":{_truth(one.visible)},"reason":{_quoted(one.reason)}}}'
    )


def _word(word: str | None) -> str:
    return "null" if word is None else _quoted(word)


def _number(number: int | None) -> str:
    return "null" if number is None else str(number)


def _truth(holds: bool) -> str:
    return "true" if holds else "false"

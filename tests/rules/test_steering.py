"""Each rule that steers the search matters: with its `post` emptied, some guest comes out otherwise, or undecided."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

import pcisolve
from pcisolve.api.options import make_options
from pcisolve.rules.registry import ALL, BY_ID
from pcisolve.rules.rule import Rule
from pcisolve.solver import nearest
from tests.placing.test_twin import as_xml, random_guest, tiny_models
from tests.scheme.guests import controller, device, guest
from tests.support import QUIET, domain, rng, sound

STEERING = [rule for rule in ALL if type(rule).post is not Rule.post and rule.severity == "error"]
HOTPLUG = {"policy": "minimal", "keep": "hotplug"}


class Asked(NamedTuple):
    """A guest in which a rule decides, and how it is solved; `tiny` is the seed of a guest on a tiny board."""

    data: bytes = b""
    words: Mapping[str, Any] = MappingProxyType({})
    tiny: int | None = None


PORTS = "".join(
    f"<controller type='pci' index='{index}' model='pcie-root-port'>"
    f"<address type='pci' bus='1' slot='{index - 2}'/></controller>"
    for index in range(2, 8)
)
EXPANDER = "<controller type='pci' index='1' model='pcie-expander-bus'><target busNr='250'/></controller>"
DECIDES = {
    "addr-duplicate": Asked(tiny=0),
    "buses-256": Asked(tiny=6),
    "index-max-255": Asked(domain("q35", QUIET + rng() * 225 + sound() * 1000), {**HOTPLUG, "stage": "libvirt"}),
    "io-limit": Asked(domain("pc", QUIET + sound() * 600)),
    "rfc-256": Asked(
        guest(controller("pcie-root", 0), controller("pcie-root", 5), *[device()] * 700),
        {**HOTPLUG, "scheme": "multi-domain", "stage": "libvirt"},
    ),
    "rfc-parent-lower": Asked(tiny=126),
    "roots-per-machine": Asked(domain("pseries", QUIET + sound() * 980), HOTPLUG),
    "start-parent-order": Asked(tiny=21),
    "window-fit": Asked(domain("q35", QUIET + EXPANDER + PORTS + rng() * 245)),
}


def outcome(asked: Asked, folder: Path) -> tuple[str, Any]:
    data, models, words = asked.data, None, asked.words
    if asked.tiny is not None:
        board, given, endpoints = random_guest(asked.tiny)
        data, models = as_xml(board, given, endpoints), tiny_models(folder, board)
        words = {"scheme": "flat" if board.flat else "multi-domain", "policy": "minimal"}
    verdict = pcisolve.load(data, models=models).solve(make_options(**words)).verdict
    return verdict.status, verdict.stats.get("objective")


def test_each_has_a_guest() -> None:
    assert {rule.id for rule in STEERING} == set(DECIDES)


@pytest.mark.slow
@pytest.mark.parametrize("name", DECIDES)
def test_it_decides(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_it = outcome(DECIDES[name], tmp_path)
    model = nearest.Search._model
    rules = nearest.registry.rules_for

    def without(*args: Any, **words: Any) -> Any:
        with monkeypatch.context() as patched:
            patched.setattr(
                nearest.registry, "rules_for", lambda options: [one for one in rules(options) if one is not BY_ID[name]]
            )
            return model(*args, **words)

    monkeypatch.setattr(nearest.Search, "_model", without)
    assert outcome(DECIDES[name], tmp_path) != with_it

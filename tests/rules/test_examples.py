"""Each rule's own examples: what it allows passes, what it forbids is found under its id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import pcisolve
from pcisolve.problem.problem import Options
from pcisolve.rules.docstrings import docstring_of
from pcisolve.rules.registry import ALL, BY_ID
from pcisolve.rules.rule import Rule
from tests.support import domain, example

ALLOWED = [pytest.param(rule, text, id=rule.id) for rule in ALL for text in rule.allows]
FORBIDDEN = [pytest.param(rule, text, id=rule.id) for rule in ALL for text in rule.forbids]
PLATFORM = "needs --platform, which no example names"
NUMA = "needs <cpu><numa>, which an example of <devices> does not have"
LIBVIRT = Options(policy="libvirt")
OWN_CHOICE = "only a choice of pcisolve's own could break it, never an input"

WITHOUT_ALLOWS = {"node-exists": NUMA, "node-not-on-index0": NUMA}
WITHOUT_FORBIDS = {
    "address-as-asked": OWN_CHOICE,
    "rfc-child": "an address in the wrong domain is refused by rfc-address-lookup first",
    "other-hypervisor": "every example is a guest of QEMU",
    "bus-number-spare": "needs a machine with fewer buses than indexes, which no example names",
    "buses-256": "needs a machine with fewer buses than indexes, which no example names",
    "platform-bridges": PLATFORM,
    "platform-domains": PLATFORM,
    "platform-multifunction": PLATFORM,
    "known-machine": "needs a machine that no example can name",
    "known-word-elsewhere": "no place of a panic device depends on its model before libvirt 9.1",
    "rfc-bus-bits": "needs --bus-bits 8",
    "rfc-256": "needs more than 256 controllers",
    "roots-per-machine": "needs more than 31 controllers",
}


@pytest.mark.parametrize(("rule", "text"), ALLOWED)
@pytest.mark.parametrize("ask", ["check", "solve"])
def test_allowed(rule: Rule[Any], text: str, ask: str) -> None:
    guest, options = pcisolve.load(example(text)), Options(stage=rule.stage, policy="libvirt")
    verdict = guest.check(options) if ask == "check" else guest.solve(options).verdict
    assert [(one.code, one.message) for one in verdict.findings] == []
    assert verdict.status == "solved"


@pytest.mark.parametrize(("rule", "text"), FORBIDDEN)
@pytest.mark.parametrize("ask", ["check", "solve"])
def test_forbidden(rule: Rule[Any], text: str, ask: str) -> None:
    guest = pcisolve.load(example(text))
    verdict = guest.check() if ask == "check" else guest.solve(LIBVIRT).verdict
    refused = verdict.status in ("infeasible", "invalid")
    assert refused or (verdict.status == "solved" and rule.severity != "error")
    found = next(one for one in verdict.findings if rule.id in one.rules)
    assert found.message
    assert found.stage == rule.stage or found.code != rule.id
    # Everything an example says stands on one line, that of the <devices> of the helper's domain, but for the machine.
    assert all(fact.line in (1, 4, 6) for fact in found.facts)
    assert found.facts


def test_every_rule_has_examples() -> None:
    assert {rule.id for rule in ALL if not rule.allows} == set(WITHOUT_ALLOWS)
    assert {rule.id for rule in ALL if not rule.forbids} == set(WITHOUT_FORBIDS)


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.id)
def test_every_rule_says_what_it_is(rule: Rule[Any]) -> None:
    assert rule.stage in ("libvirt", "qemu", "guest")
    assert rule.severity in ("error", "warning", "note")
    assert rule.source
    assert rule.title.endswith(".")
    assert docstring_of(type(rule))
    assert set(rule.follows_from) <= set(BY_ID)


def test_ids_are_unique_and_words() -> None:
    ids = [rule.id for rule in ALL]
    assert len(set(ids)) == len(ids)
    assert all(one == one.lower() and " " not in one for one in ids)


def _nodes(cells: int) -> bytes:
    return domain(
        "q35",
        "<controller type='pci' index='1' model='pcie-expander-bus'><target><node>1</node></target></controller>",
        numa_cells=cells,
    )


def test_numa_node_exists() -> None:
    assert pcisolve.load(_nodes(2)).check().findings == ()
    assert [one.code for one in pcisolve.load(_nodes(1)).check().findings] == ["node-exists"]


def _phbs(index: int) -> bytes:
    inside = "<target><node>0</node></target>"
    return domain(
        "pseries", f"<controller type='pci' index='{index}' model='pci-root'>{inside}</controller>", numa_cells=1
    )


def test_numa_node_not_on_index_0() -> None:
    assert pcisolve.load(_phbs(1)).check().findings == ()
    assert [one.code for one in pcisolve.load(_phbs(0)).check().findings] == ["node-not-on-index0"]


def _roots(count: int) -> bytes:
    roots = "".join(f"<controller type='pci' index='{index}' model='pci-root'/>" for index in range(count))
    at = "<address type='pci' domain='1' bus='0' slot='5'/>"
    return domain("pseries", f"{roots}<memballoon model='virtio'>{at}</memballoon>")


def _children(count: int) -> bytes:
    """A second root whose domain has `count` buses: itself, an expander and ports in its slots."""
    ports = []
    for position in range(count - 1):
        slot, function = divmod(position, 8)
        at = f"<address type='pci' domain='5' bus='0' slot='{slot + 1}' function='{function}'/>"
        if slot >= 30:
            at = f"<address type='pci' domain='5' bus='6' slot='{slot - 30}' function='{function}'/>"
        model = "pcie-expander-bus" if position == 0 else "pcie-root-port"
        ports.append(f"<controller type='pci' index='{6 + position}' model='{model}'>{at}</controller>")
    return domain("q35", "<controller type='pci' index='5' model='pcie-root'/>" + "".join(ports))


@pytest.mark.parametrize(
    ("guest", "most", "code"), [(_roots, 31, "roots-per-machine"), (_children, 256, "rfc-256")], ids=["roots", "buses"]
)
def test_counted_limits(guest: Callable[[int], bytes], most: int, code: str) -> None:
    options = Options(stage=BY_ID[code].stage)
    assert pcisolve.load(guest(most)).check(options).findings == ()
    assert code in [one.code for one in pcisolve.load(guest(most + 1)).check(options).findings]

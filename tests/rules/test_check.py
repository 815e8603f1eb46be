"""The check is a witness of its own: it needs no solver and sees every wrong layout."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pcisolve
from pcisolve.problem.choice import Place
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import COMMON, Options
from pcisolve.rules.check import breaches
from pcisolve.rules.registry import ALL, advice_for, rules_for
from tests.rules.small_guests import moved, small_guest
from tests.support import Steps, balloon, controller, domain, rng, sound, steps


def _part(guest: Steps, kind: str, index: int | None = None) -> Part:
    for part in guest.layout.controllers if index is not None else guest.problem.parts:
        if part.kind == kind and (not isinstance(part, Controller) or part.index == index):
            return part
    raise AssertionError(kind)


@pytest.mark.parametrize(
    ("name", "kind", "index", "place", "expected"),
    [
        ("q35 ports", "rng", None, Place(1, 0, 0), {"addr-duplicate"}),
        ("q35 ports", "rng", None, Place(1, 3, 0), {"addr-slot-max"}),
        ("q35 ports", "rng", None, Place(0, 0, 0), {"addr-slot-min"}),
        ("q35 ports", "memballoon", None, Place(9, 0, 0), {"addr-bus-exists"}),
        ("q35 ports", "controller", 1, Place(2, 0, 0), {"addr-kind-match", "addr-duplicate"}),
        ("q35 iommu", "iommu", None, Place(1, 0, 0), {"integrated-bus0", "addr-duplicate"}),
        ("pc bridges", "controller", 1, Place(2, 5, 0), {"index-above-bus-bridge-only"}),
        ("domains", "controller", 6, Place(7, 0, 0), {"rfc-parent-lower", "addr-kind-match", "rfc-address-lookup"}),
        ("domains", "controller", 6, Place(0, 2, 0), {"rfc-address-lookup"}),
        ("domains", "controller", 7, Place(7, 0, 0), {"rfc-own-address", "rfc-parent-lower"}),
    ],
)
def test_one_part_in_a_wrong_place(name: str, kind: str, index: int | None, place: Place, expected: set[str]) -> None:
    guest = small_guest(name)
    assert breaches(guest.question, guest.layout, ALL) == []
    question, layout = moved(guest.problem, guest.question.choice, _part(guest, kind, index), place)
    assert expected <= {one.rule.id for one in breaches(question, layout, ALL)}


def test_an_address_of_the_input_that_is_not_kept() -> None:
    guest = steps(domain("q35", "<rng model='virtio'><address type='pci' slot='3'/></rng>"))
    question, layout = moved(guest.problem, guest.question.choice, _part(guest, "rng"), Place(0, 9, 0))
    assert [one.rule.id for one in breaches(question, layout, ALL)] == ["address-as-asked"]


def test_everything_that_is_wrong_at_once() -> None:
    devices = (
        controller(1, "pcie-root-port")
        + controller(1, "pcie-root-port", "0:0:1f.0")
        + balloon("0:1:4.0")
        + rng("0:0:1f.3")
        + sound("7:0:3.0")
        + "<controller type='pci' index='0x9' model='pcie-root-port'/>"
    )
    found = {one.code for one in pcisolve.load(domain("q35", devices)).check().findings}
    assert {"index-unique", "addr-duplicate", "addr-slot-max", "addr-domain-zero", "index-parse"} <= found


def test_findings_come_in_the_order_of_lines() -> None:
    devices = "\n".join([rng("0:0:3.9"), rng("0:0:1f.0"), rng("0:0:0.1"), balloon("0:0:28.0"), sound("1:0:4.0")])
    lines = [one.facts[0].line for one in pcisolve.load(domain("q35", devices)).check().findings]
    assert len(lines) >= 4
    assert lines == sorted(lines)


def test_stages_are_cumulative() -> None:
    libvirt, qemu, guest = (rules_for(Options(stage=stage)) for stage in ("libvirt", "qemu", "guest"))
    assert libvirt
    assert set(libvirt) <= set(qemu) <= set(guest)
    assert {*guest, *advice_for(Options())} == set(ALL)
    assert {rule.stage for rule in libvirt} == {"libvirt"}


def test_what_hypervisors_share_is_libvirts() -> None:
    shared = (*rules_for(Options(stage=COMMON)), *advice_for(Options(stage=COMMON)))
    assert shared and {rule.stage for rule in shared} == {"libvirt"}
    assert set(rules_for(Options(stage=COMMON))) < set(rules_for(Options(stage="libvirt")))


def test_no_solver_is_loaded() -> None:
    script = (
        "import sys, pcisolve; "
        f"pcisolve.load({domain('q35', controller(1, 'pcie-root-port') + rng('0:1:1.0'))!r}).check(); "
        "print([name for name in ('ortools', 'numpy', 'pandas', 'constraint') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=600)
    assert ran.stdout == "[]\n"

"""The same layout in the other scheme, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

import pcisolve
from pcisolve.core.errors import InputError
from tests.scheme.guests import controller, device, guest


def test_four_phbs_there_and_back_byte_identical(examples: Path) -> None:
    """Today's multi-PHB pseries form is read as flat: every address in domain 0, bus == controller index."""
    today = (examples / "pseries-four-phb.xml").read_bytes()
    flat = pcisolve.load(today)
    assert flat.check().scheme == "flat"
    multi = flat.convert("multi-domain")
    assert multi.verdict.status == "solved"
    assert multi.xml is not None
    assert multi.xml != today
    there = pcisolve.load(multi.xml)
    assert there.check().scheme == "multi-domain"
    assert {one.domain for one in there.check().controllers} == {0, 1, 2, 3}
    assert there.convert("flat").xml == today


def test_only_domain_and_bus_change(examples: Path) -> None:
    today = (examples / "pseries-four-phb.xml").read_bytes().decode()
    multi = pcisolve.load(today.encode()).convert("multi-domain").xml
    assert multi is not None
    for before, after in zip(today.splitlines(), multi.decode().splitlines(), strict=True):
        if before != after:
            assert "<address type='pci'" in before
            assert before.split("slot=")[1] == after.split("slot=")[1]


def test_the_same_scheme_is_left_alone(examples: Path) -> None:
    today = (examples / "pseries-four-phb.xml").read_bytes()
    assert pcisolve.load(today).convert("flat").xml == today


def test_what_has_no_form_in_the_other_scheme_is_refused() -> None:
    """A q35 guest has one root today; bus 70000 does not fit either."""
    roots = [controller("pcie-root", 0), controller("pcie-root", 5)]
    data = guest(*roots, controller("pcie-root-port", 70000, (5, 0, 1)), device((5, 70000, 0)))
    result = pcisolve.load(data).convert("flat")
    assert result.xml is None
    assert {one.code for one in result.verdict.findings} >= {"index-max-255", "pci-root-extra-machine"}


def test_an_open_place_above_a_bus_is_said() -> None:
    bridge = "<controller type='pci' index='2' model='pci-bridge'/>"
    data = guest(
        "<controller type='pci' index='0' model='pci-root'/>",
        "<controller type='pci' index='1' model='pci-root'/>",
        bridge,
        device((0, 2, 1)),
        machine="pseries",
        arch="ppc64",
    )
    with pytest.raises(InputError, match="the place of controller 2 is open"):
        pcisolve.load(data).convert("multi-domain")

"""From index to (domain, bus) and back, in both schemes, and the four ways to miss (rule rfc-address-lookup)."""

from __future__ import annotations

import pytest

from pcisolve.problem.table import (
    BusTable,
    Found,
    InOtherDomain,
    IsRootBus,
    NoSuchController,
    NoSuchDomain,
)
from tests.support import QUIET, balloon, controller, domain, steps

PORT = "pcie-root-port"
INTERLEAVED = (
    QUIET.removesuffix("<memballoon model='none'/>")
    + controller(5, "pcie-root")
    + controller(15, "pcie-root")
    + controller(27, PORT, "f:0:1.0")
    + controller(7, PORT, "0:0:1.0")
    + controller(70000, PORT, "5:0:1.0")
    + controller(30, "pcie-switch-upstream-port", "f:1b:0.0")
    + controller(40, PORT)
    + balloon("f:0:2.0")
)


@pytest.fixture(scope="module")
def table() -> BusTable:
    """Roots 0, 5 and 15 with children interleaved; controller 40 has no address."""
    return steps(domain("q35", INTERLEAVED)).problem.table


@pytest.mark.parametrize(
    ("index", "number", "bus"),
    [(0, 0, 0), (5, 5, 0), (15, 15, 0), (27, 15, 27), (30, 15, 30), (7, 0, 7), (70000, 5, 70000)],
)
def test_domain_and_bus(table: BusTable, index: int, number: int, bus: int) -> None:
    one = table.by_index[index]
    assert (table.domain_of(one), table.bus_of(one)) == (number, bus)
    assert table.lookup(number, bus) == Found(one)


def test_domain_of_an_open_place(table: BusTable) -> None:
    assert table.domain_of(table.by_index[40]) is None
    assert table.lookup(5, 40) == Found(table.by_index[40])


@pytest.mark.parametrize(
    ("number", "bus", "kind"),
    [
        (3, 0, NoSuchDomain),
        (27, 0, NoSuchDomain),
        (7, 7, NoSuchDomain),
        (5, 15, IsRootBus),
        (0, 5, IsRootBus),
        (15, 15, IsRootBus),
        (0, 27, InOtherDomain),
        (5, 30, InOtherDomain),
        (15, 28, NoSuchController),
        (0, 0xFFFFFFFF, NoSuchController),
    ],
)
def test_the_four_errors(table: BusTable, number: int, bus: int, kind: type) -> None:
    assert isinstance(table.lookup(number, bus), kind)


def test_what_the_errors_know(table: BusTable) -> None:
    assert table.lookup(3, 1) == NoSuchDomain(3)
    assert table.lookup(0, 15) == IsRootBus(table.by_index[15])
    assert table.lookup(0, 30) == InOtherDomain(table.by_index[30], 15)
    assert table.lookup(5, 99) == NoSuchController(99)


def test_flat_is_todays_libvirt() -> None:
    flat = steps(domain("pseries", controller(1, "pci-root") + controller(2, "pci-bridge", "0:1:3.0"))).problem.table
    assert flat.flat
    for index in (0, 1, 2):
        one = flat.by_index[index]
        assert (flat.domain_of(one), flat.bus_of(one)) == (0, index)
        assert flat.lookup(0, index) == Found(one)
    assert flat.lookup(0, 3) == NoSuchController(3)


def test_a_circle_has_no_domain() -> None:
    devices = controller(5, "pcie-root") + controller(7, PORT, "5:8:0.0") + controller(8, PORT, "5:7:0.0")
    circle = steps(domain("q35", devices)).problem.table
    assert [circle.domain_of(circle.by_index[index]) for index in (7, 8)] == [None, None]

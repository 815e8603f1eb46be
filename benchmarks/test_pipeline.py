"""One guest, in process: each step alone, and XML to XML.

Run with `make bench`. Goals on one core: 15 devices XML to XML in 3 ms, 200 devices in 20 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pcisolve.api.guests import load
from pcisolve.catalog.catalog import NEWEST, load_catalog
from pcisolve.libvirt.container import read
from pcisolve.ops.solve import check, solve
from pcisolve.ops.write import solved_bytes
from pcisolve.problem.problem import Options

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

    GuestMaker = Callable[..., bytes]

SIZES = (5, 15, 50, 200)
pytestmark = pytest.mark.parametrize("devices", SIZES)
CATALOG = load_catalog(None, NEWEST)


def test_parse(benchmark: BenchmarkFixture, guest: GuestMaker, devices: int) -> None:
    data = guest(devices)
    document = benchmark(read, data)
    assert document.data == data


def test_check(benchmark: BenchmarkFixture, guest: GuestMaker, devices: int) -> None:
    document = read(guest(devices))
    verdict = benchmark(check, document.root, document, CATALOG, Options(), layout=False)
    assert verdict.status == "solved"


def test_solve(benchmark: BenchmarkFixture, guest: GuestMaker, devices: int) -> None:
    document = read(guest(devices))
    answer = benchmark(solve, document.root, document, CATALOG, Options())
    assert answer.verdict.status == "solved"


def test_write(benchmark: BenchmarkFixture, guest: GuestMaker, devices: int) -> None:
    document = read(guest(devices))
    layout = solve(document.root, document, CATALOG, Options()).layout
    assert layout is not None
    data = benchmark(solved_bytes, document, layout)
    assert data.count(b"<address type='pci'") > devices


def test_xml_to_xml(benchmark: BenchmarkFixture, guest: GuestMaker, devices: int) -> None:
    data = guest(devices)
    result = benchmark(lambda: load(data).solve())
    assert result.xml is not None


def test_xml_to_xml_minimal(benchmark: BenchmarkFixture, guest: GuestMaker, devices: int) -> None:
    data = guest(devices)
    result = benchmark(lambda: load(data).solve(Options(policy="minimal")))
    assert result.xml is not None

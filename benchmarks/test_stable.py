"""A guest that changes, solved against its earlier layout, in process.

Run with `make bench`. Goal on one core: 1,000 devices of which 50 are others now, in 1 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.planted import controller
from pcisolve.api.guests import load
from pcisolve.core.address import Address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_benchmark.fixture import BenchmarkFixture

DEVICES, CHANGED, ROOTS = 1000, 25, 31
ADDRESS = "<address type='pci' domain='{:#06x}' bus='{:#04x}' slot='{:#04x}' function='{:#x}'/>"


def guest(nics: Iterable[tuple[int, Address | None]]) -> bytes:
    """A pseries guest of 31 PCI domains, each with a bridge; its interfaces by MAC address, some with their place."""
    lines = [controller(index, "pci-root") for index in range(ROOTS)]
    lines += [controller(ROOTS + one, "pci-bridge", Address(one, 0, 1, 0)) for one in range(ROOTS)]
    for number, place in nics:
        mac = f"52:54:00:00:{number >> 8:02x}:{number & 255:02x}"
        where = ADDRESS.format(*place) if place is not None else ""
        lines.append(f"    <interface type='user'><mac address='{mac}'/><model type='virtio'/>{where}</interface>\n")
    return (
        "<domain type='kvm'>\n  <name>changing</name>\n  <memory>1048576</memory>\n"
        "  <os><type arch='ppc64' machine='pseries'>hvm</type></os>\n  <devices>\n" + "".join(lines) + "  </devices>\n"
        "</domain>\n"
    ).encode()


@pytest.mark.parametrize("forced", [False, True], ids=["room", "forced"])
def test_1000_devices_50_changes(benchmark: BenchmarkFixture, forced: bool) -> None:
    old = load(guest((number, None) for number in range(DEVICES))).solve()
    assert old.xml is not None
    staying = [number for number in range(DEVICES) if number % (DEVICES // CHANGED)]
    places = [Address(one, 0, 5, 0) if forced else None for one in range(CHANGED)]
    new = guest([*((DEVICES + one, place) for one, place in enumerate(places)), *((one, None) for one in staying)])
    result = benchmark(lambda: load(new).solve(against=old.xml))
    assert result.verdict.status == "solved"
    assert len(staying) == DEVICES - CHANGED
    assert result.verdict.stats["moved"] == (CHANGED if forced else 0)

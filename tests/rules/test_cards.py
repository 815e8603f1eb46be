"""The functions of one card of the host, together or apart."""

from __future__ import annotations

import pcisolve
from tests.support import QUIET, address, controller, domain


def function(number: int, at: str = "", bus: int = 0x41, slot: int = 0, kind: str = "hostdev") -> str:
    source = f"<source><address type='pci' domain='0' bus='{bus:#x}' slot='{slot:#x}' function='{number}'/></source>"
    typed = "mode='subsystem' type='pci'" if kind == "hostdev" else "type='hostdev'"
    return f"<{kind} {typed}>{source}{address(at) if at else ''}</{kind}>"


def codes(devices: str, machine: str = "q35") -> list[tuple[str, str]]:
    verdict = pcisolve.load(domain(machine, QUIET + devices)).solve().verdict
    assert verdict.status == "solved"
    return [(one.code, one.severity) for one in verdict.findings]


def test_a_card_whose_functions_are_split_is_warned_of() -> None:
    assert codes(function(0) + function(1)) == [("card-together", "warning")]
    assert codes(function(0, "0:0:5.0") + function(1, "0:0:6.0")) == [("card-together", "warning")]


def test_one_slot_is_right_whatever_the_functions_are_there() -> None:
    port = controller(1, "pcie-root-port")
    assert codes(port + function(0, "0:1:0.0") + function(1, "0:1:0.1")) == []
    assert codes(port + function(0, "0:1:0.0") + function(1, "0:1:0.3")) == []


def test_what_is_no_card_for_sure_is_left_alone() -> None:
    assert codes(function(0, slot=0x10) + function(1, slot=0x10)) == []  # virtual functions may be numbered so
    assert codes(function(1) + function(2)) == []  # without function 0
    assert codes(function(0, bus=0, slot=2) + function(1, bus=0, slot=2)) == []  # the chipset's
    assert codes(function(0, kind="interface") + function(1, kind="interface")) == []
    assert codes(function(0, bus=5) + function(0, bus=6)) == []


def test_the_repair_puts_them_where_function_0_is() -> None:
    data = domain("q35", QUIET + function(0) + function(1) + function(2))
    mended = pcisolve.load(data).repair(warnings=True)
    places = [one.address for one in pcisolve.load(mended.data).check().devices if one.kind == "hostdev"]
    assert [place[-2:] for place in places] == [".0", ".1", ".2"]
    assert len({place[:-2] for place in places}) == 1
    assert pcisolve.load(mended.data).check().findings == ()

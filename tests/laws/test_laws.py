"""What holds for every guest, whatever it looks like."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings

import pcisolve
from pcisolve.api.options import make_options
from pcisolve.libvirt.container import read
from pcisolve.libvirt.writer import Writer
from pcisolve.problem.problem import Options
from pcisolve.rules.registry import ALL
from tests.laws.guests import flat_guests, guests, multi_domain_guests
from tests.rules.small_guests import GUESTS
from tests.support import QUIET, balloon, controller, domain, example

MINIMAL = make_options(policy="minimal")
ROOT_MODELS = ("pci-root", "pcie-root")

QUICK = Options(repairs=False)  # repairs have laws of their own


@settings(max_examples=120)
@given(guests())
def test_what_solve_returns_check_accepts(data: bytes) -> None:
    result = pcisolve.load(data).solve(QUICK)
    if result.xml is not None:
        assert [one for one in result.verdict.controllers if one.address is None and one.model not in ROOT_MODELS] == []
        verdict = pcisolve.load(result.xml).check(QUICK)
        assert verdict.findings == ()
        assert verdict.status == "solved"


@settings(max_examples=80)
@given(guests())
def test_solving_a_solved_guest_changes_no_byte(data: bytes) -> None:
    solved = pcisolve.load(data).solve(QUICK).xml
    if solved is not None:
        assert pcisolve.load(solved).solve(QUICK).xml == solved


@settings(max_examples=80)
@given(guests())
def test_solve_and_check_say_the_same(data: bytes) -> None:
    guest = pcisolve.load(data)
    checked, solved = guest.check(QUICK), guest.solve(QUICK).verdict
    assert checked.status == solved.status
    assert bool(checked.findings) == bool(solved.findings) == (checked.status != "solved")
    assert [(one.index, one.address) for one in checked.controllers] == [
        (one.index, one.address) for one in solved.controllers
    ]


@given(guests())
def test_same_input_same_bytes(data: bytes) -> None:
    first, second = pcisolve.load(data).solve(QUICK), pcisolve.load(data).solve(QUICK)
    assert first.xml == second.xml
    assert first.verdict.to_json() == second.verdict.to_json()


@given(guests())
def test_reading_and_writing_changes_no_byte(data: bytes) -> None:
    assert Writer(read(data)).data() == data


@settings(max_examples=80)
@given(guests())
def test_minimal_adds_no_more_than_libvirt(data: bytes) -> None:
    guest = pcisolve.load(data)
    ours, theirs = guest.solve(MINIMAL), guest.solve(QUICK)
    if theirs.xml is not None:
        assert ours.verdict.status == "solved"
        assert ours.verdict.stats["added"] <= theirs.verdict.stats["added"]
    if ours.xml is not None:
        assert [one for one in ours.verdict.controllers if one.address is None and one.model not in ROOT_MODELS] == []
        assert pcisolve.load(ours.xml).check(QUICK).findings == ()
        assert pcisolve.load(ours.xml).solve(MINIMAL).xml == ours.xml


def _asked(data: bytes, tag: str) -> list[tuple[int, ...] | None]:
    """The addresses of the elements of a tag, None where there is none."""
    devices = read(data).root.first("devices")
    assert devices is not None
    found: list[tuple[int, ...] | None] = []
    for node in devices.all(tag):
        address = node.first("address")
        names = ("domain", "bus", "slot", "function")
        found.append(None if address is None else tuple(int(address.get(name) or "0", 0) for name in names))
    return found


@settings(max_examples=50)
@given(flat_guests())
def test_asked_addresses_are_kept(data: bytes) -> None:
    result = pcisolve.load(data).solve(QUICK)
    if result.xml is None:
        return
    added = {one.index for one in result.verdict.controllers if one.added}
    for tag in ("rng", "sound", "interface", "watchdog", "filesystem"):
        for before, after in zip(_asked(data, tag), _asked(result.xml, tag), strict=True):
            if before is None or before[1:3] == (0, 0):
                continue  # rule addr-all-zero-is-unset
            moved = (before[0], before[1] + 1, *before[2:])
            assert after == before or (after == moved and before[1] in added)  # explicit-bus-bumped


@settings(max_examples=50)
@given(multi_domain_guests())
def test_a_bus_is_its_controllers_index_in_its_parents_domain(data: bytes) -> None:
    verdict = pcisolve.load(data).solve(QUICK).verdict
    by_index = {one.index: one for one in verdict.controllers}
    assert len(by_index) == len(verdict.controllers)
    for one in verdict.controllers:
        if one.parent is None:
            assert (one.domain, one.bus) == (one.index, 0)
        else:
            assert one.parent < one.index
            assert (one.domain, one.bus) == (by_index[one.parent].domain, one.index)


@pytest.mark.parametrize("policy", ["libvirt", "minimal"])
def test_a_child_goes_to_the_domain_it_is_named_in(policy: str) -> None:
    child = controller(5, "pcie-root") + controller(6, "pcie-root-port")
    data = domain("q35", QUIET.removesuffix("<memballoon model='none'/>") + child + balloon("5:6:0.0"))
    assert pcisolve.load(data).solve(make_options(policy=policy)).verdict.status == "solved"


SCRIPT = """
import json, sys
import pcisolve
from pcisolve.api.options import make_options
for text in json.load(sys.stdin):
    for policy in ("libvirt", "minimal"):
        result = pcisolve.load(text.encode()).solve(make_options(policy=policy))
        print(json.dumps([result.verdict.to_json(), result.xml and result.xml.decode()]))
"""


def _answers(guests_as_text: str, seed: int) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    command = [sys.executable, "-c", SCRIPT]
    return subprocess.run(
        command, input=guests_as_text.encode(), env=environment, capture_output=True, check=True, timeout=600
    ).stdout


def test_same_bytes_in_another_process() -> None:
    """Not even the order of Python's sets shows in an answer."""
    texts = [example(text) for rule in ALL for text in rule.forbids]
    texts += [domain(machine, devices) for machine, devices in GUESTS.values()]
    everything = json.dumps([data.decode() for data in texts])
    first, second = _answers(everything, 1), _answers(everything, 2)
    assert first.count(b"\n") == 2 * len(texts)
    assert first == second

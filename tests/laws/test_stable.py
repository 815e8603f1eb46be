"""Laws of --against, over random guests that change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

import pcisolve
from tests.laws.guests import DEVICES, flat_guests, multi_domain_guests
from tests.support import QUIET, address, controller, domain

GUESTS = flat_guests() | multi_domain_guests()
CHANGED = st.sampled_from([start + end for start, end in DEVICES])
# A slot that has lost its function 0; a USB controller whose model libvirt chooses now that the named one is gone.
FORCED = ("guest-function0-missing", "chipset-place")


def solved(data: bytes, against: bytes | None = None) -> pcisolve.Result | None:
    """None when the guest has no layout."""
    result = pcisolve.load(data).solve(against=against)
    return result if result.verdict.status == "solved" else None


def kept_as_asked(data: bytes, old: pcisolve.Result) -> bool:
    """Whether no address of the input was changed by growth (rule explicit-bus-bumped)."""
    return all(one in (old.xml or b"") for one in re.findall(rb"bus='\w+' slot='\w+' function='\w+'", data))


def moved(result: pcisolve.Result) -> int:
    return int(result.verdict.stats["moved"])


def lines_of(data: bytes) -> tuple[bytes, list[bytes], bytes]:
    """A generated guest: what comes before its devices, one line each, and what comes after."""
    head, rest = data.split(b"<devices>\n")
    devices, tail = rest.split(b"\n  </devices>")
    return head + b"<devices>\n", devices.split(b"\n"), b"\n  </devices>" + tail


@given(GUESTS)
@settings(max_examples=60)
def test_against_its_own_answer_nothing_moves(data: bytes) -> None:
    old = solved(data)
    if old is None or old.xml is None or not kept_as_asked(data, old):
        return
    again, anew = solved(old.xml, old.xml), solved(data, old.xml)
    assert again is not None
    assert anew is not None
    assert again.xml == old.xml
    assert moved(again) == moved(anew) == 0
    assert pcisolve.diff(old.xml, anew.xml or b"").is_empty
    assert anew.xml == (solved(data, old.xml) or anew).xml


@given(GUESTS, st.data())
@settings(max_examples=60)
def test_what_goes_moves_nobody_but_the_functions_it_leads(data: bytes, choose: st.DataObject) -> None:
    head, devices, tail = lines_of(data)
    old = solved(data)
    if old is None or not kept_as_asked(data, old):
        return
    kept = [line for line in devices if not choose.draw(st.booleans())]
    rest = head + b"\n".join(kept) + tail
    new = solved(rest, old.xml)
    if new is None:  # such as an input that says function 1, and function 0 is gone
        scheme = pcisolve.make_options(scheme=old.verdict.scheme)
        assert pcisolve.load(rest).solve(scheme).verdict.status != "solved"
        return
    assert moved(new) == sum(1 for note in new.verdict.notes if note.code in FORCED)


@given(GUESTS, st.lists(CHANGED, min_size=1, max_size=3))
@settings(max_examples=60)
def test_what_comes_finds_room_beside_the_others(data: bytes, more: list[str]) -> None:
    head, devices, tail = lines_of(data)
    old = solved(data)
    if old is None or not kept_as_asked(data, old):
        return
    new = solved(head + b"\n".join([*devices, *(one.encode() for one in more)]) + tail, old.xml)
    if new is not None:
        assert moved(new) == 0
        assert pcisolve.load(new.xml or b"").check().status == "solved"


class Machine(NamedTuple):
    """A machine, its controllers, and slots on their buses."""

    name: str
    controllers: str
    slots: tuple[str, ...]


MACHINES = (
    Machine("pc", controller(1, "pci-bridge", "0:0:a.0"), ("0:0:3", "0:0:4", "0:1:3", "0:1:4")),
    Machine(
        "pseries",
        "".join(controller(index, "pci-root") for index in (0, 5)) + controller(6, "pci-bridge", "5:0:a.0"),
        ("0:0:3", "5:0:3", "5:6:3", "5:6:4"),
    ),
    Machine(
        "q35",
        controller(0, "pcie-root")
        + "".join(controller(one, "pcie-root-port", f"0:0:2.{one}") for one in (1, 2))
        + controller(3, "pcie-root-port", "0:0:2.0"),
        ("0:1:0", "0:2:0", "0:3:0", "0:0:5"),
    ),
)


@st.composite
def moves(draw: st.DrawFn) -> tuple[Machine, list[str], list[str | None]]:
    """A guest with the places of its devices; and where the next version of it wants those that it says."""
    machine = draw(st.sampled_from(MACHINES))
    before = [f"{slot}.{function}" for slot in machine.slots for function in range(draw(st.integers(0, 2)))]
    wishes = st.builds("{}.{}".format, st.sampled_from(machine.slots), st.sampled_from((0, 0, 1)))
    count = len(before) + draw(st.integers(0, 1))
    return machine, before, draw(st.lists(st.none() | st.none() | wishes, min_size=count, max_size=count))


def named_guest(machine: Machine, places: Sequence[str | None]) -> bytes:
    """A guest whose devices have names of their own, each with its place or none."""
    devices = [
        f"<rng model='virtio'><backend model='random'>/dev/random</backend><alias name='ua-{number}'/>"
        f"{address(place) if place else ''}</rng>"
        for number, place in enumerate(places)
    ]
    return domain(machine.name, QUIET + machine.controllers + "".join(devices))


@given(moves())
@settings(max_examples=40, deadline=None)
def test_no_fewer_moves_are_possible(changes: tuple[Machine, list[str], list[str | None]]) -> None:
    """Against every choice of addresses that stay, written into the guest as if the user had asked for them."""
    machine, before, wanted = changes
    old = solved(named_guest(machine, before))
    new = solved(named_guest(machine, wanted), named_guest(machine, before))
    if old is None or new is None:
        return
    open_ones = [number for number in range(len(before)) if wanted[number] is None]
    options = pcisolve.make_options(scheme=old.verdict.scheme)

    def possible(stay: tuple[int, ...]) -> bool:
        places = [before[one] if one in stay else place for one, place in enumerate(wanted)]
        return pcisolve.load(named_guest(machine, places)).solve(options).verdict.status == "solved"

    sizes = range(len(open_ones), -1, -1)
    kept = next(size for size in sizes for some in combinations(open_ones, size) if possible(some))
    assert moved(new) == len(open_ones) - kept

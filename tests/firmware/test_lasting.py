"""Values chosen so that they hold, where those of libvirt would not; libvirt's are kept wherever they do."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pcisolve
from pcisolve.api.guest import Result
from pcisolve.api.options import make_options
from pcisolve.firmware.bus_numbers import Wanted, place_runs
from tests.support import QUIET, controller, domain

PORT = "pcie-root-port"


def solve(machine: str, devices: str, stage: str = "guest") -> Result:
    return pcisolve.load(domain(machine, QUIET + devices)).solve(make_options(stage=stage))


def expander(index: int, number: int | None = None, slot: int = 5) -> str:
    inside = "" if number is None else f"<target busNr='{number}'/>"
    return controller(index, "pcie-expander-bus", f"0:0:{slot}.0", inside)


def ports(parent: int, first: int, count: int) -> str:
    return "".join(controller(first + number, PORT, f"0:{parent}:{number}.0") for number in range(count))


def values(result: Result, option: str) -> dict[int, int]:
    """Index -> the option's value in the solved XML."""
    again = pcisolve.load(result.xml or b"")
    found = {}
    for node in again.document.root.find("devices").all("controller"):  # type: ignore[union-attr]
        text = node.get(f"target/{option}")
        if text is not None:
            found[int(node.get("index") or 0)] = int(text, 0)
    return found


def test_libvirts_bus_number_is_kept_while_there_is_room() -> None:
    result = solve("q35", expander(1) + ports(1, 2, 1))
    assert values(result, "busNr") == {1: 254}
    assert result.verdict.notes == ()


@pytest.mark.parametrize("stage", ["libvirt", "qemu"])
def test_libvirts_bus_number_is_kept_above_the_guest(stage: str) -> None:
    assert values(solve("q35", expander(1) + ports(1, 2, 3), stage), "busNr") == {1: 254}


def test_expanders_get_room_and_a_note_says_so() -> None:
    result = solve("q35", expander(1) + expander(2, slot=6) + ports(1, 3, 3) + ports(2, 6, 2))
    assert values(result, "busNr") == {1: 252, 2: 249}
    assert [one.code for one in result.verdict.notes] == ["window-fit", "window-fit"]
    assert result.verdict.notes[0].message == (
        "PCI controller 1 (pcie-expander-bus) gets busNr 252; "
        "with libvirt's own choice, 254, the buses below it would run out of numbers"
    )
    assert pcisolve.load(result.xml or b"").check().findings == ()


def test_a_number_given_by_hand_stays() -> None:
    result = solve("q35", expander(1, 254) + ports(1, 2, 3))
    assert [one.code for one in result.verdict.findings] == ["window-fit"]


def test_chassis_numbers() -> None:
    devices = controller(1, PORT, inside="<target chassis='2'/>") + controller(2, PORT) + controller(3, PORT)
    result = solve("q35", devices)
    assert values(result, "chassis") == {1: 2, 2: 255, 3: 3}
    assert [one.code for one in result.verdict.notes] == ["chassis-unique"]
    assert values(solve("q35", devices, "libvirt"), "chassis") == {1: 2, 2: 2, 3: 3}


def test_chassis_numbers_are_counted_per_domain() -> None:
    """More ports than there are numbers, in two domains; libvirt's way of filling in repeats some."""
    ports = "".join(
        controller(10 + 200 * root + number, PORT, f"{root}:0:{1 + number // 8:x}.{number % 8}")
        for root in (0, 5)
        for number in range(200)
    )
    result = solve("q35", controller(5, "pcie-root") + ports)
    assert result.verdict.status == "solved"
    chassis = values(result, "chassis")
    assert len({chassis[10 + number] for number in range(200)}) == 200
    assert len({chassis[1010 + number] for number in range(200)}) == 200


def test_chassis_of_bridges_only_where_qemu_minds() -> None:
    devices = controller(1, "pci-bridge", inside="<target chassisNr='2'/>") + controller(2, "pci-bridge")
    assert values(solve("pc", devices), "chassisNr") == {1: 2, 2: 2}
    assert values(solve("pseries", devices), "chassisNr") == {1: 2, 2: 255}


def test_host_bridges_of_pseries() -> None:
    """libvirt gives the first the index that the second asks for (phb-target-default-bug)."""
    devices = controller(1, "pci-root") + controller(2, "pci-root", inside="<target index='1'/>")
    assert values(solve("pseries", devices, "libvirt"), "index") == {0: 0, 1: 1, 2: 1}
    assert values(solve("pseries", devices), "index") == {0: 0, 1: 2, 2: 1}


def test_an_ehci_controller_alone_is_put_where_the_guest_sees_it() -> None:
    """libvirt puts it at function 7 of an empty slot."""
    data = domain("q35", "<controller type='usb' model='ich9-ehci1'/><memballoon model='none'/>")
    before = pcisolve.load(data).solve(make_options(stage="qemu")).verdict
    assert next(one for one in before.devices if "usb" in one.name).address.endswith(".7")
    after = pcisolve.load(data).solve().verdict
    usb = next(one for one in after.devices if "usb" in one.name)
    assert usb.address.endswith(".0")
    assert usb.guest.visible
    assert [one.code for one in after.notes] == ["guest-function0-missing"]


RUNS = st.lists(st.integers(1, 9), max_size=8)


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 6)), max_size=5), RUNS, st.integers(1, 8))
def test_runs_never_overlap_and_are_found_if_there_are_any(
    raw: list[tuple[int, int]], sizes: list[int], root: int
) -> None:
    taken, here = [(0, root)], root
    for gap, count in raw:
        taken.append((here + gap % 9, count))
        here += gap % 9 + count
    limit = here + 12
    wanted = [Wanted(limit - 2 * number, size) for number, size in enumerate(sizes, 1)]
    found = place_runs(taken, wanted, limit)
    gaps = [after - before - count for (before, count), (after, _) in zip(taken, [*taken[1:], (limit, 0)], strict=True)]
    assert (found is not None) == _packs(sorted(sizes, reverse=True), gaps)
    if found is not None:
        runs = sorted([*taken, *zip(found, sizes, strict=True)])
        assert all(first + count <= following for (first, count), (following, _) in pairwise(runs))
        assert all(first + count <= limit for first, count in runs)


def _packs(sizes: list[int], gaps: list[int]) -> bool:
    """The plain search: every size into every gap."""
    if not sizes:
        return True
    tried = set()
    for position, gap in enumerate(gaps):
        if gap >= sizes[0] and gap not in tried:
            tried.add(gap)
            if _packs(sizes[1:], [*gaps[:position], gap - sizes[0], *gaps[position + 1 :]]):
                return True
    return False

"""Guests that libvirt's own search gives up on, or places so that they break: placed anew, or proved impossible."""

from __future__ import annotations

from collections import Counter

import pytest

import pcisolve
from pcisolve.api.guest import Result
from pcisolve.api.options import make_options

ROOT_PORT = "<controller type='pci' index='{}' model='pcie-root-port'/>"


def guest(machine: str, disks: int, more: str = "") -> pcisolve.Guest:
    """A guest with so many virtio disks; `machine` is "arch machine"."""
    arch, type_ = machine.split()
    names = [f"vd{number:05}" for number in range(disks)]
    lines = [f"<disk type='file'><source file='/d/{one}'/><target dev='{one}' bus='virtio'/></disk>" for one in names]
    text = (
        f"<domain type='qemu'><name>g</name><memory>524288</memory><os><type arch='{arch}' machine='{type_}'>hvm</type>"
        f"</os><devices>{more}{''.join(lines)}</devices></domain>"
    )
    return pcisolve.load(text.encode())


def levels(result: Result) -> dict[str, int]:
    """The value of each level; all of them proved."""
    assert result.verdict.stats["decided_by"] == "cp-sat"
    objective = result.verdict.stats["objective"]
    assert all(one["bound"] <= one["value"] for one in objective)
    return {one["name"]: one["value"] for one in objective}


@pytest.mark.parametrize(
    ("machine", "disks", "moved", "shared", "conventional"),
    [
        # 240 ports on the 30 free slots of the root; of 302 parts 231 are alone, and the rest share as few slots as can
        ("x86_64 q35", 300, 0, 71, 0),
        ("x86_64 q35", 1000, 0, 871, 0),
        ("x86_64 q35", 2000, 1, 1518, 435),
        ("x86_64 pc", 600, 341, 379, 0),
        ("aarch64 virt", 300, 0, 60, 0),
        ("ppc64 pseries", 2000, 0, 1190, 0),
    ],
)
def test_more_disks_than_libvirt_places(machine: str, disks: int, moved: int, shared: int, conventional: int) -> None:
    one = guest(machine, disks)
    assert one.solve(make_options(policy="libvirt")).verdict.status == "infeasible"
    result = one.solve()
    assert result.verdict.status == "solved"
    found = levels(result)
    assert (found["moved"], found["not hot-pluggable"], found["conventional slots"]) == (moved, shared, conventional)
    assert "libvirt's own layout does not hold" in result.verdict.notes[-1].message
    assert result.xml is not None
    again = pcisolve.load(result.xml)
    assert again.check().findings == ()
    written = again.solve(make_options(policy="libvirt"))
    assert written.xml == result.xml  # libvirt has nothing left to choose
    assert one.solve().xml == result.xml


def test_what_libvirt_places_is_left_to_libvirt() -> None:
    one = guest("x86_64 q35", 200)
    result = one.solve()
    assert result.verdict.stats["decided_by"] == "first-fit"
    assert result.xml == one.solve(make_options(policy="libvirt")).xml


def test_disks_share_slots_eight_at_a_time() -> None:
    result = guest("x86_64 q35", 300).solve()
    slots = Counter((one.address or "").rpartition(".")[0] for one in result.verdict.devices)
    shared = [count for count in slots.values() if count > 1]
    assert max(shared) == 8 and sum(shared) == levels(result)["not hot-pluggable"]


def test_a_lone_downstream_port_gets_a_switch() -> None:
    port = "<controller type='pci' index='3' model='pcie-switch-downstream-port'/>"
    result = guest("x86_64 q35", 0, port).solve()
    assert result.verdict.status == "solved"
    models = Counter(one.model for one in result.verdict.controllers)
    assert models["pcie-switch-upstream-port"] == models["pcie-switch-downstream-port"] == 1


def test_a_port_that_may_have_nothing_above_it_is_impossible() -> None:
    """QEMU is given controllers by index, and no index is left below 1 for the upstream port."""
    port = "<controller type='pci' index='1' model='pcie-switch-downstream-port'/>"
    one = guest("x86_64 q35", 0, port)
    verdict = one.solve().verdict
    assert (verdict.status, verdict.proven) == ("infeasible", True)
    assert "no layout exists" in verdict.notes[0].message
    assert one.solve(make_options(stage="libvirt")).verdict.status == "solved"


def test_past_the_machine_the_nearest_number_is_told() -> None:
    verdict = guest("x86_64 pc", 2400).solve().verdict
    assert (verdict.status, verdict.proven) == ("infeasible", True)
    assert "2,401 parts wait for a place, and at most 2,224 have one" in verdict.notes[0].message
    assert guest("x86_64 pc", 2200).solve().verdict.status == "solved"


def test_nine_empty_bridges_leave_a_window_to_each() -> None:
    """Each bridge takes one of SeaBIOS's eight windows, unless another one is below it."""
    bridges = "".join(f"<controller type='pci' index='{n}' model='pci-bridge'/>" for n in range(1, 10))
    result = guest("x86_64 pc", 0, bridges).solve()
    assert result.verdict.status == "solved" and levels(result)["moved"] == 1


def test_an_error_of_the_input_stays_libvirts() -> None:
    taken = "<rng model='virtio'><backend model='random'>/dev/random</backend>{}</rng>" * 2
    address = "<address type='pci' domain='0' bus='0' slot='5' function='0'/>"
    verdict = guest("x86_64 pc", 1, taken.format(address, address)).solve().verdict
    assert verdict.status == "infeasible" and not verdict.notes


def test_a_limit_that_comes_first_is_never_infeasible() -> None:
    verdict = guest("x86_64 q35", 2000).solve(make_options(time_limit=0.001)).verdict
    assert verdict.status in ("unknown", "solved")
    assert not (verdict.status == "unknown" and verdict.proven)


@pytest.mark.parametrize("keep", ["", "hotplug"])
def test_fewest_controllers(keep: str) -> None:
    one = guest("x86_64 q35", 40)
    result = one.solve(make_options(policy="minimal", keep=keep))
    found = levels(result)
    # 40 disks and two parts more: on the 30 slots of the root in eights, or a port for each beside it
    assert found["controllers"] == len(result.verdict.controllers) == (1 if not keep else 43)
    assert found["not hot-pluggable"] == (0 if keep else 42)


def test_nothing_is_asked_where_there_is_no_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A root without a model cannot be used, so that there is nothing to search in."""
    from pcisolve.solver import levels

    monkeypatch.setattr(levels, "run", lambda *_, **__: pytest.fail("CP-SAT was asked about nothing"))
    verdict = guest("x86_64 q35", 3, "<controller type='pci' index='0'/>").solve(make_options(policy="minimal")).verdict
    assert verdict.status == "infeasible"


def test_where_the_fewest_are_not_known_libvirts_own_layout_is_told_as_such() -> None:
    """A port of index 124 needs 123 controllers below it, more than firmware surely has I/O windows for."""
    root = "<controller type='pci' index='4' model='pcie-expander-bus'><target busNr='180'/></controller>"
    port = "<controller type='pci' index='124' model='pcie-root-port'/>"
    result = guest("x86_64 pc-q35-7.2", 0, root + port).solve(make_options(policy="minimal"))
    verdict = result.verdict
    assert (verdict.status, verdict.proven, verdict.stats["decided_by"]) == ("solved", False, "first-fit")
    assert verdict.stats["objective"][0]["bound"] == 0
    assert verdict.notes[-1].message.startswith("this is libvirt's own layout; whether fewer controllers would do: not")

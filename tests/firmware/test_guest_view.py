"""Bus numbers and addresses as firmware gives them: by hand where they can be counted, and as recorded from boots."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pcisolve.firmware.guest_view import InGuest, guest_view
from pcisolve.problem.parts import Controller
from tests.support import QUIET, balloon, controller, domain, rng, steps

PORT = "pcie-root-port"
UP, DOWN = "pcie-switch-upstream-port", "pcie-switch-downstream-port"


def seen(machine: str, devices: str, **options: str) -> dict[str, InGuest]:
    """The guest's view by short names: controllers by index, devices by element."""
    layout = steps(domain(machine, QUIET.replace("<memballoon model='none'/>", "") + devices), **options).layout
    view = guest_view(layout)
    return {str(part.index) if isinstance(part, Controller) else part.kind: one for part, one in view.items()}


def buses(view: dict[str, InGuest]) -> dict[str, tuple[int | None, int | None]]:
    return {name: (one.secondary, one.subordinate) for name, one in view.items() if name.isdigit()}


def test_depth_first_by_slot_and_function() -> None:
    """Indexes run the other way, so that nothing but slot and function can be what counts."""
    view = seen(
        "q35",
        controller(1, PORT, "0:0:5.0")
        + controller(2, UP, "0:1:0.0")
        + controller(3, DOWN, "0:2:1.0")
        + controller(4, DOWN, "0:2:0.0")
        + controller(5, PORT, "0:0:4.0")
        + balloon("0:3:0.0"),
    )
    assert buses(view) == {"0": (0, 5), "5": (1, 1), "1": (2, 5), "2": (3, 5), "4": (4, 4), "3": (5, 5)}
    assert view["memballoon"] == ("0000:05:00.0", None, None, True, "")
    assert view["3"].address == "0000:03:01.0"


def test_expander_buses_start_at_their_number() -> None:
    view = seen(
        "q35",
        controller(1, "pcie-expander-bus", inside="<target busNr='100'/>")
        + controller(2, PORT, "0:1:0.0")
        + controller(3, PORT)
        + balloon("0:2:0.0"),
    )
    assert buses(view) == {"0": (0, 1), "1": (100, 101), "2": (101, 101), "3": (1, 1)}
    assert view["memballoon"].address == "0000:65:00.0"


def test_a_conventional_expander_hides_a_bridge() -> None:
    view = seen("pc", controller(1, "pci-expander-bus", inside="<target busNr='100'/>") + balloon("0:1:2.0"))
    assert view["1"][1:3] == (100, 101)
    assert view["memballoon"].address == "0000:65:02.0"


@pytest.mark.parametrize("flat", [True, False])
def test_each_host_bridge_of_pseries_is_a_domain(flat: bool) -> None:
    """The target index names the domain, whatever index the XML uses."""
    root = controller(3, "pci-root", inside="<target index='7'/>")
    place = "0:3:1.0" if flat else "3:0:1.0"
    view = seen("pseries", root + controller(4, "pci-bridge", place) + balloon("0:4:2.0" if flat else "3:4:2.0"))
    assert view["4"] == ("0007:00:01.0", 1, 1, True, "")
    assert view["memballoon"].address == "0007:01:02.0"


def test_s390_functions_are_domains_and_bridges_do_not_show() -> None:
    inside = "<rng model='virtio'><address type='pci' bus='1' slot='3'><zpci uid='0x29' fid='1'/></address></rng>"
    view = seen("s390", controller(1, "pci-bridge", "0:0:1.0") + inside + "<memballoon model='none'/>")
    assert view["rng"].address == "0029:00:00.0"
    assert not view["1"].visible
    assert "no bridges" in view["1"].reason


def test_function_0_is_missing() -> None:
    """The port takes no bus number, and what is behind it is lost with it."""
    view = seen("q35", controller(1, PORT, "0:0:3.1") + controller(2, PORT, "0:0:4.0") + balloon("0:1:0.0") + rng())
    assert buses(view)["2"] == (1, 1)
    assert view["1"].reason == "slot 03 of its bus has nothing at function 0"
    assert view["memballoon"].reason == "the bus it is on is not found by the guest"


def test_the_chipset_has_function_0() -> None:
    view = seen("pc", balloon("0:0:1.4"))
    assert view["memballoon"].visible


def test_numbers_run_out() -> None:
    ports = "".join(controller(index, PORT, f"0:1:{index}.0") for index in (2, 3, 4))
    view = seen(
        "q35",
        controller(1, "pcie-expander-bus", inside="<target busNr='254'/>")
        + ports
        + rng("0:2:0.0")
        + balloon("0:3:0.0"),
    )
    assert view["rng"].address == "0000:ff:00.0"
    assert view["3"].secondary is None
    assert view["memballoon"].reason == "no bus number is left for controller 3"


def test_two_windows_overlap() -> None:
    ports = "".join(controller(index, PORT, f"0:1:{index}.0") for index in (3, 4))
    view = seen(
        "q35",
        controller(1, "pcie-expander-bus", inside="<target busNr='100'/>")
        + controller(2, "pcie-expander-bus", inside="<target busNr='102'/>")
        + ports
        + rng("0:3:0.0")
        + balloon("0:4:0.0"),
    )
    assert view["rng"].visible
    assert view["memballoon"].reason == "bus number 66 is used twice"


def test_a_circle_is_not_found() -> None:
    view = seen("q35", controller(1, PORT, "0:2:0.0") + controller(2, PORT, "0:1:0.0") + balloon("0:1:0.0"))
    assert not view["memballoon"].visible


@pytest.mark.corpus
def test_every_booted_guest(shared: Path) -> None:
    """What SeaBIOS, SLOF and edk2 have programmed into each bridge, and where QEMU then shows each device."""
    count = 0
    with gzip.open(shared / "corpus/boot/stages.jsonl.gz", "rt") as lines:
        rows = [row for row in map(json.loads, lines) if row.get("boot", {}).get("numbered")]
    for row in rows:
        layout = steps(row["xml"].encode(), libvirt=(9, 0, 0)).layout
        view = guest_view(layout)
        for name, numbers in row["boot"]["buses"].items():
            index, _, hidden = name.removeprefix("pci.").partition("/")
            one = view[layout.by_index[int(index)]]
            if one.visible:
                assert one.secondary is not None
                assert [one.secondary + bool(hidden), one.subordinate] == numbers, (row["id"], name)
                count += 1
    assert count > 3_000

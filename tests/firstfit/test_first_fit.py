"""First fit on guests whose outcome libvirt itself has been seen to give (9.0.0)."""

from __future__ import annotations

import pytest

from pcisolve.problem.parts import Controller
from tests.support import QUIET, Steps, controller, domain, rng, sound, steps

LIBVIRT_9 = (9, 0, 0)


def place(machine: str, devices: str = "") -> Steps:
    """First fit as libvirt 9.0.0 does it."""
    return steps(domain(machine, devices), libvirt=LIBVIRT_9)


def controllers(guest: Steps) -> list[str]:
    """ "1 pcie-root-port 0000:00:01.0" for every PCI controller, in list order."""
    lines = []
    for one in guest.layout.controllers:
        address = guest.layout.addresses.get(one)
        lines.append(f"{one.index} {one.model_name}" + (f" {address}" if address else ""))
    return lines


def addresses(guest: Steps, kind: str) -> list[str]:
    """The addresses of the parts of a kind, PCI controllers aside; "-" without one."""
    parts = [part for part in guest.problem.by_kind(kind) if not isinstance(part, Controller)]
    return [str(guest.layout.addresses.get(part, "-")) for part in parts]


def test_q35_with_nothing_in_it() -> None:
    """usb and balloon are express: a root port each and one spare, which share slot 1."""
    guest = place("q35")
    assert controllers(guest) == [
        "0 pcie-root",
        "1 pcie-root-port 0000:00:01.0",
        "2 pcie-root-port 0000:00:01.1",
        "3 pcie-root-port 0000:00:01.2",
    ]
    assert addresses(guest, "controller") == ["0000:01:00.0", "0000:00:1f.2"]
    assert addresses(guest, "memballoon") == ["0000:02:00.0"]
    assert {str(guest.layout.addresses[part]) for part in guest.layout.multifunction} == {"0000:00:01.0"}


@pytest.mark.parametrize(
    ("devices", "bridges", "last"), [(28, 0, "0000:00:1d.0"), (29, 0, "0000:00:1e.0"), (30, 1, "0000:01:01.0")]
)
def test_pc_keeps_a_slot_spare(devices: int, bridges: int, last: str) -> None:
    """29 devices fit; for the 30th a bridge is added although slot 0x1f is still free for it (alg-extra-slot)."""
    guest = place("pc", QUIET + sound() * devices)
    assert len(guest.question.choice.added) == bridges
    found = addresses(guest, "sound")
    assert len(set(found)) == devices
    assert found[0] == ("0000:00:03.0" if bridges else "0000:00:02.0")
    assert found[-1] == last


def test_an_explicit_bus_is_bumped() -> None:
    """Asked 01:03.0 on a q35 with only bus 0: the bridge's port comes first, so it becomes 02:03.0."""
    guest = place("q35", QUIET + sound("0:1:3.0"))
    assert addresses(guest, "sound") == ["0000:02:03.0"]
    assert [line.split(" ")[:2] for line in controllers(guest)][1:3] == [
        ["1", "pcie-root-port"],
        ["2", "pcie-to-pci-bridge"],
    ]
    assert list(guest.question.choice.moved.values()) == [(2, 3, 0)]


def test_an_explicit_bus_further_up_is_not() -> None:
    guest = place("q35", QUIET + sound("0:5:3.0"))
    assert addresses(guest, "sound") == ["0000:05:03.0"]
    assert [one.model_name for one in guest.layout.controllers[1:6]] == [
        "pcie-root-port",
        "pcie-to-pci-bridge",
        *["pci-bridge"] * 3,
    ]
    assert guest.question.choice.moved == {}


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        (("", "", ""), [254, 252, 250]),
        (("", "50", ""), [48, 50, 46]),
        (("3", "", None), [3, 1]),
        (("2", "", None), [2, None]),
    ],
)
def test_bus_numbers_of_expanders(given: tuple[str | None, ...], numbers: list[int | None]) -> None:
    """Two below the lowest so far, 254 first; none is left below 3 (alg-busnr)."""
    devices = ""
    for index, number in enumerate((one for one in given if one is not None), start=1):
        devices += controller(index, "pcie-expander-bus", inside=f"<target busNr='{number}'/>" if number else "")
    guest = place("q35", QUIET + devices)
    assert [guest.layout.target(one, "busNr") for one in guest.problem.controllers if not one.is_root] == numbers
    assert [one.rule for one in guest.question.choice.failures] == ["alg-busnr"] * numbers.count(None)


def test_host_bridges_named_later_are_not_seen() -> None:
    """An unnamed later host bridge with target index 1 is invisible to an earlier search (phb-target-default-bug)."""
    later = controller(2, "pci-root", inside="<target index='1'/>")
    named = controller(2, "pci-root", inside="<model name='spapr-pci-host-bridge'/><target index='1'/>")
    targets = []
    for second in (later, named):
        guest = place("pseries", QUIET + controller(1, "pci-root") + second)
        targets.append([guest.layout.target(one, "index") for one in guest.problem.controllers])
    assert targets == [[1, 1, 0], [2, 1, 0]]  # the root with index 0 is implicit, so it comes last


def _zpci(element: str, ids: str) -> str:
    return f"<{element} model='virtio'><address type='pci'><zpci {ids}/></address></{element}>"


def test_zpci_ids_are_the_lowest_unused() -> None:
    guest = place("s390", QUIET + "<rng model='virtio'><address type='pci'/></rng>" * 2 + _zpci("rng", "uid='1'"))
    ids = [guest.layout.zpci[part] for part in guest.problem.by_kind("rng")]
    assert ids == [(2, 1), (3, 2), (1, 0)]


def test_a_partly_given_zpci_id_is_completed_at_once() -> None:
    """The rng met first takes fid 0, which the second one states (zpci-partial-steals)."""
    guest = place("s390", QUIET + _zpci("rng", "uid='2'") + _zpci("rng", "fid='0'"))
    first, second = (guest.layout.zpci[part] for part in guest.problem.by_kind("rng"))
    assert (first, second) == ((2, 0), (1, 0))


def test_an_all_zero_address_is_none_at_all() -> None:
    """Domain, bus and slot 0 mean "please choose", whatever the function says (pci-wanted)."""
    guest = place("pc", QUIET + rng("0:0:0.1"))
    assert addresses(guest, "rng") == ["0000:00:02.0"]


def test_usb2_companions_share_a_slot() -> None:
    models = ("ich9-ehci1", "ich9-uhci1", "ich9-uhci2", "ich9-uhci3")
    usb = "".join(f"<controller type='usb' index='0' model='{model}'/>" for model in models)
    quiet = "<memballoon model='none'/>"
    assert addresses(place("q35", quiet + usb), "controller")[:4] == [f"0000:00:1d.{function}" for function in "7012"]
    assert addresses(place("pc", quiet + usb), "controller")[:4] == [f"0000:00:02.{function}" for function in "7012"]


@pytest.mark.parametrize(
    ("machine", "devices", "kind", "expected"),
    [
        ("pc", "<video><model type='vga'/></video>", "video", ["0000:00:02.0"]),
        ("pc", rng("0:0:2.0") + "<video><model type='vga'/></video>", "video", ["0000:00:03.0"]),
        ("q35", "<video><model type='vga'/></video>", "video", ["0000:00:01.0"]),
        ("q35", "<sound model='ich9'/>" * 2, "sound", ["0000:00:1b.0", "0000:02:01.0"]),
        ("pc", "<controller type='ide' index='0'/>", "controller", ["0000:00:01.1"]),
    ],
)
def test_chipset_places(machine: str, devices: str, kind: str, expected: list[str]) -> None:
    found = addresses(place(machine, "<memballoon model='none'/>" + devices), kind)
    assert [one for one in found if one in expected] == expected


def test_list_order_is_not_index_order() -> None:
    """root(0), port, port, port(1): the ports without an index get 2 and 3 and are placed first (alg-lists)."""
    ports = controller(0, "pcie-root") + controller(None, "pcie-root-port") * 2 + controller(1, "pcie-root-port")
    assert controllers(place("q35", QUIET + ports)) == [
        "0 pcie-root",
        "2 pcie-root-port 0000:00:01.0",
        "3 pcie-root-port 0000:00:01.1",
        "1 pcie-root-port 0000:00:01.2",
    ]


def test_pseries_grows_by_host_bridges() -> None:
    """Not by pci-bridges (phb-growth)."""
    guest = place("pseries", QUIET + sound() * 31)
    assert controllers(guest) == ["0 pci-root", "1 pci-root"]
    assert addresses(guest, "sound")[-1] == "0000:00:1f.0"
    assert addresses(place("pseries", QUIET + sound() * 32), "sound")[-1] == "0000:01:01.0"

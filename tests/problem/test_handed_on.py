"""qemu:commandline and qemu:override read, and QEMU's start followed; what is expected here was seen in QEMU 7.2."""

from __future__ import annotations

import json

import pytest

from pcisolve.problem.qemu.arguments import Unreadable, arguments, devfn_of, json_values, key_values
from pcisolve.problem.qemu.devices import BOARD, JSON, KEYS
from pcisolve.problem.start.collisions import MOST_WRONG
from pcisolve.problem.start.startup import startup
from tests.support import QUIET, balloon, controller, domain, rng, steps, with_qemu


def spots(machine: str, devices: str, *words: str) -> dict[str, str]:
    """Where each argument's device is, by driver."""
    start = startup(steps(with_qemu(domain(machine, devices), *words)).question.layout)
    assert start is not None
    return {one.driver: f"{at.bus} {at.slot:x}.{at.function}" for one, at in start.spots.items()}


@pytest.mark.parametrize(
    ("value", "devfn"),
    [
        ("0x5", 40),
        ("5", 40),
        ("1f.2", 250),
        ("0x1c.0x1", 225),
        ("+3", 24),
        ("10", 128),
        (16, 16),
        (-1, None),
        ("01c", 224),
    ],
)
def test_addr_is_hexadecimal_and_a_number_is_slot_and_function(value: str | int, devfn: int | None) -> None:
    assert devfn_of(value) == devfn


@pytest.mark.parametrize(
    "value", ["20", "0x20", "3.8", "zz", "-1", "", "on", "3.", 256, -2, True, None, 5.0, "f" * 10**6]
)
def test_an_addr_that_qemu_refuses(value: object) -> None:
    with pytest.raises(Unreadable):
        devfn_of(value)


def test_keys_and_values() -> None:
    assert key_values("e1000e,addr=5,addr=6,multifunction", "driver") == {
        "driver": "e1000e",
        "addr": "6",
        "multifunction": "on",
    }
    assert key_values("e1000e,serial=a,,addr=5", "driver") == {"driver": "e1000e", "serial": "a,addr=5"}
    assert key_values("driver=VGA,id=v", "driver") == {"driver": "VGA", "id": "v"}


def test_json_takes_single_quotes_as_well() -> None:
    assert json_values("{'driver':'e1000e',\"addr\":'0x5'}") == {"driver": "e1000e", "addr": "0x5"}
    assert json_values("""{"a":"it's", 'b':'say "x"'}""") == {"a": "it's", "b": 'say "x"'}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{'" + "\\'" * 300_000,
        "{" + "'a" * 300_000,
        '{"a":1,}',
        '{"a":1,"a":2}',
        '{"a":1} x',
        '{"a":NaN}',
        '{"a":' + "[" * 100_000,
    ],
)
def test_broken_json(text: str) -> None:
    with pytest.raises(Unreadable):
        json_values(text)


def test_an_option_takes_the_next_argument_whatever_it_is() -> None:
    root = steps(with_qemu(domain("q35"), "-device", "-vga", "-S", "-device", "VGA", "--vga", "std")).document.root
    nodes = root.all("qemu:commandline")[0].all("qemu:arg")
    found = [(one.option, one.value, len(one.nodes)) for one in arguments(nodes, {"S"})]
    assert found == [("device", "-vga", 2), ("S", None, 1), ("device", "VGA", 2), ("vga", "std", 2)]


def test_the_order_in_which_qemu_makes_devices() -> None:
    data = with_qemu(
        domain("q35"),
        *("-device", '{"driver":"pci-testdev"}', "-drive", "if=virtio,driver=null-co", "-device", "e1000e"),
        *("-net", "nic,model=rtl8139", "-audio", "none,model=hda", "-vga", "std", "-device", "usb-tablet"),
    )
    line = steps(data).problem.command_line
    assert line is not None
    assert [(one.driver, one.form) for one in line.devices] == [
        ("VGA", BOARD),
        ("rtl8139", BOARD),
        ("intel-hda", BOARD),
        ("e1000e", KEYS),
        ("virtio-blk-pci", KEYS),
        ("pci-testdev", JSON),
    ]


def test_keys_come_before_libvirts_devices_and_json_after_them() -> None:
    assert spots("q35", rng(), "-device", "VGA", "-device", '{"driver":"e1000e"}') == {
        "VGA": "pcie.0 1.0",
        "e1000e": "pcie.0 2.0",
    }
    assert spots("pc", rng() + QUIET, "-device", '{"driver":"e1000e"}') == {"e1000e": "pci.0 3.0"}
    assert spots("pseries", QUIET, "-device", "VGA", "-usb") == {"nec-usb-xhci": "pci.0 0.0", "VGA": "pci.0 1.0"}
    assert spots("virt", QUIET, "-net", "nic", "-vga", "std") == {"virtio-net-pci": "pcie.0 1.0"}


def test_older_libvirt_writes_its_devices_as_keys_too() -> None:
    data = with_qemu(domain("q35", rng()), "-device", "VGA")
    start = startup(steps(data, libvirt=(7, 0, 0)).question.layout)
    assert start is not None
    assert [(at.slot, at.function) for at in start.spots.values()] == [(2, 0)]
    assert start.clashes == []


def test_buses_of_arguments() -> None:
    words = ("-device", "pcie-root-port,id=mine,chassis=99", "-device", "e1000e,bus=mine", "-device", "VGA,addr=3.1")
    assert spots("q35", QUIET, *words)["e1000e"] == "mine 0.0"
    expander = controller(1, "pcie-expander-bus")
    port = '{"driver":"pcie-root-port","id":"mine","chassis":99}'
    assert spots("q35", expander + QUIET, "-device", port) == {"pcie-root-port": "pci.1 0.0"}


def test_set_changes_a_device_before_it_and_global_all_of_a_kind() -> None:
    words = ("-device", "e1000e,id=x,addr=3", "-set", "device.x.addr=5")
    assert spots("q35", QUIET, *words) == {"e1000e": "pcie.0 5.0"}
    words = ("-global", "e1000e.multifunction=on", "-device", "e1000e,addr=3", "-device", "VGA,addr=3.1")
    assert spots("q35", QUIET, *words) == {"e1000e": "pcie.0 3.0", "VGA": "pcie.0 3.1"}


def test_an_override_moves_a_part_for_qemu_alone() -> None:
    guest = steps(with_qemu(domain("q35", balloon("0:0:5.0")), "override", "balloon0", "addr=0x9", "bus=pcie.0"))
    start = startup(guest.question.layout)
    assert start is not None
    assert [tuple(at) for at in start.moved.values()] == [("pcie.0", 9, 0)]
    (part,) = start.moved
    assert str(guest.layout.addresses[part]) == "0000:00:05.0"


@pytest.mark.parametrize(
    "words",
    [
        ("-device", "e1000e"),
        ("-device", "e1000e,addr=0x5"),
        ("-device", '{"driver":"e1000e"}'),
        ("-device", "{"),
        ("-device", "e1000e,bus=nowhere"),
        ("-device", "pci-bridge,chassis_nr=1,id=x,bus=x"),
        ("-name", "x"),
        ("word",),
    ],
)
def test_ten_thousand_arguments_are_bounded(words: tuple[str, ...]) -> None:
    guest = steps(with_qemu(domain("q35", rng()), *(words * (10_000 // len(words)))))
    start, line = startup(guest.question.layout), guest.problem.command_line
    assert start is not None and line is not None
    wrong = [start.clashes, start.no_bus, start.names, line.refused]
    assert all(len(one) <= 2 * MOST_WRONG for one in wrong)  # and the slots of libvirt that are in the way


@pytest.mark.parametrize("words", [("<x/>",), ("override", "nobody", "addr=0x5"), ("-no-such-option",)])
def test_nothing_to_say(words: tuple[str, ...]) -> None:
    guest = steps(with_qemu(domain("q35", rng()), *words))
    start, line = startup(guest.question.layout), guest.problem.command_line
    assert start is not None and line is not None
    assert (start.clashes, start.no_bus, line.refused, line.malformed) == ([], [], [], [])


def test_a_guest_without_them_is_not_followed() -> None:
    guest = steps(domain("q35", rng()))
    assert guest.problem.command_line is None
    assert startup(guest.question.layout) is None


def test_json_of_ids_that_are_no_text() -> None:
    assert spots("q35", QUIET, "-device", json.dumps({"driver": "e1000e", "id": 7, "bus": 3})) == {
        "e1000e": "pcie.0 1.0"
    }

"""Rules of QEMU and of the guest at their exact limits, as they were tried with QEMU 7.2 and its firmware."""

from __future__ import annotations

import pytest

import pcisolve
from pcisolve.api.options import make_options
from tests.support import QUIET, balloon, controller, domain, rng

PORT, UP, DOWN = "pcie-root-port", "pcie-switch-upstream-port", "pcie-switch-downstream-port"


def codes(machine: str, devices: str, name: str = "", **words: str) -> list[str]:
    """The ids of the findings of a guest, with those that go away with them; `name` replaces the machine's name."""
    quiet = QUIET if "memballoon" not in devices else QUIET.replace("<memballoon model='none'/>", "")
    data = domain(machine, quiet + devices)
    if name:
        data = data.replace(f"machine='{machine}'".encode(), f"machine='{name}'".encode())
    findings = pcisolve.load(data).check(make_options(**words)).findings
    return [code for one in findings for code in (*[one.code] * (1 + len(one.alike)), *one.rules[1:])]


def expander(index: int, number: int, model: str = "pcie-expander-bus") -> str:
    return controller(index, model, inside=f"<target busNr='{number}'/>")


def ports(parent: int, first: int, count: int) -> str:
    return "".join(controller(first + number, PORT, f"0:{parent}:{number}.0") for number in range(count))


@pytest.mark.parametrize(
    ("devices", "fits"),
    [
        (expander(1, 252) + ports(1, 2, 3), True),
        (expander(1, 253) + ports(1, 2, 3), False),
        (expander(1, 251) + ports(1, 2, 1) + controller(3, UP, "0:2:0.0"), True),
        (expander(1, 100) + expander(2, 104) + ports(1, 3, 3), True),
        (expander(1, 100) + expander(2, 103) + ports(1, 3, 3), False),
        (expander(1, 4) + ports(0, 2, 0) + "".join(controller(2 + n, PORT) for n in range(3)), True),
        (expander(1, 3) + "".join(controller(2 + n, PORT) for n in range(3)), False),
    ],
)
def test_windows_to_the_number(devices: str, fits: bool) -> None:
    assert codes("q35", devices) == ([] if fits else ["window-fit"])


def test_a_conventional_expander_needs_two() -> None:
    assert codes("pc", expander(1, 100, "pci-expander-bus") + expander(2, 102, "pci-expander-bus")) == []
    assert codes("pc", expander(1, 100, "pci-expander-bus") + expander(2, 101, "pci-expander-bus")) == ["window-fit"]


@pytest.mark.parametrize(("name", "few"), [("virt-2.12", True), ("virt-7.2", False)])
@pytest.mark.parametrize(("count", "fits"), [(15, True), (16, False)])
def test_old_arm_boards_have_16_buses(name: str, few: bool, count: int, fits: bool) -> None:
    devices = "".join(controller(1 + number, PORT) for number in range(count))
    assert codes("virt", devices, name) == ([] if fits or not few else ["bus-number-spare"])
    last = rng(f"0:{count:x}:0.0")
    assert codes("virt", devices + last, name) == ([] if fits or not few else ["buses-256"])


def test_a_spare_port_without_a_bus_number_refuses_nothing() -> None:
    data = domain("virt", QUIET + "".join(controller(1 + number, PORT) for number in range(16)))
    verdict = pcisolve.load(data.replace(b"machine='virt'", b"machine='virt-2.12'")).solve().verdict
    assert (verdict.status, verdict.exit_code) == ("solved", 0)
    assert [(one.code, one.severity) for one in verdict.findings] == [("bus-number-spare", "warning")]


@pytest.mark.parametrize("firmware", [True, False])
def test_32_bit_arm_has_16_buses_with_firmware(firmware: bool) -> None:
    data = domain("virt", QUIET + "".join(controller(1 + number, PORT) for number in range(16)))
    data = data.replace(b"arch='aarch64'", b"arch='armv7l'")
    if firmware:
        data = data.replace(b"</os>", b"<loader readonly='yes' type='pflash'>/aavmf32.fd</loader></os>")
    found = [one.code for one in pcisolve.load(data).check().findings]
    assert found == (["bus-number-spare"] if firmware else [])


@pytest.mark.parametrize(("count", "boots"), [(14, True), (15, False)])
def test_io_windows_of_q35(count: int, boots: bool) -> None:
    """Ports with an e1000e behind them; as many empty ports more cost nothing."""
    nics = "".join(
        controller(index, PORT)
        + f"<interface type='user'><model type='e1000e'/><address type='pci' bus='{index}' slot='0'/></interface>"
        for index in range(1, count + 1)
    )
    empty = "".join(controller(index, PORT) for index in range(count + 1, count + 20))
    assert codes("q35", nics + empty) == ([] if boots else ["io-limit"])


@pytest.mark.parametrize(("count", "boots"), [(14, True), (15, False)])
def test_io_windows_of_bridges_below_bridges(count: int, boots: bool) -> None:
    """What is above a bridge with a window shares it."""
    tree = controller(1, PORT) + controller(2, "pcie-to-pci-bridge", "0:1:0.0")
    tree += "".join(controller(3 + number, "pci-bridge", f"0:2:{number + 1:x}.0") for number in range(count))
    assert codes("q35", tree) == ([] if boots else ["io-limit"])


def test_expanders_cost_no_io_window() -> None:
    tree = "".join(expander(index, 20 * index, "pci-expander-bus") for index in range(1, 10))
    assert codes("pc", tree) == []


def test_acpi_indexes_behind_ports_are_compared_since_qemu_10() -> None:
    twice = "<rng model='virtio'><acpi index='7'/><address type='pci' bus='{}' slot='{}'/></rng>"
    behind_ports = controller(1, PORT) + controller(2, PORT) + twice.format(1, 0) + twice.format(2, 0)
    assert codes("q35", behind_ports, qemu="7.2") == []
    assert codes("q35", behind_ports) == ["start-acpi-index"]
    assert codes("q35", twice.format(0, 3) + twice.format(0, 4)) == ["start-acpi-index"]
    behind = controller(1, "pci-bridge") + twice.format(1, 3) + twice.format(1, 4)
    assert codes("pc", behind) == ["start-acpi-index"]


@pytest.mark.parametrize("stage", ["libvirt", "qemu", "guest"])
def test_each_stage_includes_those_above(stage: str) -> None:
    devices = (
        controller(1, PORT, "0:0:4.0", "<target chassis='9'/>")
        + controller(2, PORT, "0:0:5.0", "<target chassis='9'/>")
        + rng("0:0:3.1")
        + balloon("0:1:1.0")
    )
    want = ["addr-slot-max"]
    want += ["chassis-unique"] if stage != "libvirt" else []
    want += ["guest-function0-missing"] if stage == "guest" else []
    assert sorted(codes("q35", devices, stage=stage)) == want


DOMAINS = controller(0, "pcie-root") + controller(5, "pcie-root") + controller(6, PORT, "5:0:1.0") + rng("5:6:0.0")


@pytest.mark.parametrize(
    ("platform", "want"),
    [
        ("", []),
        ("any", []),
        ("acpi", []),
        ("qemu-x86", ["platform-domains"]),
        ("cloud-hypervisor", ["platform-bridges", "platform-multifunction"]),
    ],
)
def test_a_platform_that_is_asked_for(platform: str, want: list[str]) -> None:
    found = set(codes("q35", DOMAINS, platform=platform))
    assert found - {"buses-256"} == set(want)  # too many buses may be told as a consequence of having bridges


def test_platform_without_functions() -> None:
    devices = balloon("0:0:3.0") + rng("0:0:3.1")
    assert "platform-multifunction" in codes("q35", devices, platform="cloud-hypervisor")


def test_unknown_platform() -> None:
    with pytest.raises(pcisolve.InputError, match='did you mean "qemu-x86"'):
        codes("q35", "", platform="qemu-x8")


def test_a_note_names_the_platforms_that_can() -> None:
    result = pcisolve.load(domain("q35", QUIET + DOMAINS)).solve()
    assert [one.code for one in result.verdict.notes] == ["platform-domains"]
    assert "qemu-pseries" in result.verdict.notes[0].message
    one = pcisolve.load(domain("pseries", controller(1, "pci-root") + rng("1:0:1.0"))).solve()
    assert one.verdict.notes == ()

"""What a plan says of single devices, and of the machine beside PCI."""

from __future__ import annotations

import pytest

from pcisolve.planning.file.read import read_plan
from pcisolve.planning.file.text import read_text
from tests.planning.plans import solve

MACHINE = "guest: g\nmachine: {arch: x86_64, type: q35}\n"


def _errors(text: str) -> list[str]:
    return [f"{one.code}: {one.message}" for one in solve(text).verdict.findings]


def _xml(text: str) -> str:
    answer = solve(text)
    assert answer.xml is not None, answer.verdict.findings
    return answer.xml.decode()


def test_each_device_has_what_the_plan_says_of_it() -> None:
    xml = _xml(
        MACHINE
        + """devices:
  - {name: nic, kind: virtio-net, count: 2, acpi-index: [7, 9], boot: [2, 3],
     mac: ["52:54:00:00:00:01", "52:54:00:00:00:02"]}
  - {name: disk, kind: virtio-disk, count: 2, source: "/dev/vg/d{n}", alias: "ua-disk{n}"}
  - {name: root, kind: virtio-disk, source: /srv/root.raw, boot: 1}
"""
    )
    assert xml.index("52:54:00:00:00:01") < xml.index("<acpi index='7'/>") < xml.index("00:02")
    assert xml.count("<source dev='/dev/vg/d") == 2
    assert "<alias name='ua-disk1'/>" in xml
    assert "<source file='/srv/root.raw'/>" in xml
    assert xml.count("<boot order=") == 3


def test_devices_are_called_by_the_plan() -> None:
    answer = solve(
        MACHINE
        + """devices:
  - {name: gpu, kind: hostdev-pcie, count: 2, host: ["0000:41:00.0", "0000:42:00.0"]}
  - {name: vf, kind: hostdev-pcie, count: 2}
  - {name: nic, kind: virtio-net, mac: "52:54:00:00:00:01"}
  - {name: disk, kind: virtio-disk}
"""
    )
    names = [one.name for one in answer.verdict.devices]
    assert {"gpu[0] 0000:41:00.0", "gpu[1] 0000:42:00.0", "vf[0]", "vf[1]", "nic 52:54:00:00:00:01"} <= set(names)
    assert "disk vda" in names


def test_the_machine_beside_pci() -> None:
    xml = _xml(
        "machine: {arch: x86_64, type: q35, accelerator: kvm, cpu: host-passthrough, firmware: efi, hugepages: 1G}\n"
        "devices: [{name: disk, kind: virtio-disk}]\n"
    )
    assert xml.startswith("<domain type='kvm'>")
    assert "<os firmware='efi'>" in xml.replace('"', "'")
    assert "<page size='1048576' unit='KiB'/>" in xml
    assert "<cpu mode='host-passthrough'/>" in xml.replace('"', "'")


def test_devices_at_several_nodes_and_at_single_roots() -> None:
    answer = solve(
        MACHINE
        + """roots: [{name: s, count: 3, numa: [0, 1, 2]}]
devices:
  - {name: gpu, kind: hostdev-pcie, count: 4, numa: [0, 2]}
  - {name: nic, kind: virtio-net, count: 2, root: s-2}
"""
    )
    below = {one.name: one.devices for one in answer.rows}
    assert below["s-2"] == 2
    assert below["s-1"] + below["s-3"] == 4


@pytest.mark.parametrize(
    ("device", "error"),
    [
        (
            "{name: d, kind: virtio-disk, count: 2, alias: ua-d}",
            'plan-count: "alias" has 1 values for 2 of "d"; one each is needed',
        ),
        (
            "{name: d, kind: virtio-disk, alias: d1}",
            'plan-type: "alias" is "d1"; expected "ua-" and letters, digits, _ or -, as libvirt wants it of users',
        ),
        (
            '{name: d, kind: virtio-net, mac: "01:00:5e:00:00:01"}',
            'plan-type: "mac" is "01:00:5e:00:00:01"; expected a unicast MAC address such as "52:54:00:12:34:56"',
        ),
        (
            '{name: d, kind: virtio-net, count: 2, mac: ["52:54:00:00:00:01", "52:54:00:00:00:01"]}',
            'plan-name: "mac" 52:54:00:00:00:01 is there twice; first in line 3',
        ),
        ('{name: d, kind: virtio-disk, mac: "52:54:00:00:00:01"}', 'plan-key: "mac" belongs to network interfaces'),
        ("{name: d, kind: virtio-net, source: /a}", 'plan-key: "source" belongs to disks'),
        ("{name: d, kind: virtio-disk, source: a.img}", 'plan-type: "source" is "a.img"; expected an absolute path'),
        ("{name: d, kind: virtio-disk, boot: 0}", 'plan-range: "boot" is 0; expected 1 to 65,535'),
    ],
)
def test_what_is_refused(device: str, error: str) -> None:
    assert error in _errors(MACHINE + f"devices: [{device}]\n")


def test_a_page_has_a_size() -> None:
    errors = _errors("machine: {arch: x86_64, hugepages: 3M}\ndevices: [{name: d, kind: virtio-disk}]\n")
    assert errors == ['plan-type: "hugepages" is "3M"; expected the size of a page, a power of two such as 2M or 1G']


def test_one_value_for_each_of_several_entries() -> None:
    entry = '{for-each: {n: [a, b]}, name: "{n}", kind: virtio-net, mac: "52:54:00:00:00:01"}'
    assert _errors(MACHINE + f"devices: [{entry}]\n") == [
        'plan-name: "mac" 52:54:00:00:00:01 is there twice; first in line 3'
    ]


def test_very_many_names_are_read_in_no_time() -> None:
    text = MACHINE + 'devices: [{name: d, kind: virtio-disk, count: 150000, alias: "ua-d{n}"}]\n'
    plan, problems = read_plan(read_text(text.encode(), "plan.yaml"))
    assert not problems
    assert plan.devices[0].own["alias"][-1] == "ua-d149999"

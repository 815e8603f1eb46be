"""Each experiment with a bare QEMU 7.2 that a domain XML can express, and the rule that says the same before the start.

Where QEMU tolerates what libvirt or a guest does not, the rule is theirs.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import pcisolve
from tests.support import QUIET, address, controller, domain, rng

PORT, UP, DOWN = "pcie-root-port", "pcie-switch-upstream-port", "pcie-switch-downstream-port"
NIC = "<interface type='user'><model type='{}'/>{}</interface>"


def expander(index: int, number: int, model: str = "pcie-expander-bus", node: str = "") -> str:
    return controller(index, model, inside=f"<target busNr='{number}'>{node}</target>")


def ports(parent: int, first: int, count: int) -> str:
    return "".join(controller(first + number, PORT, f"0:{parent}:{number}.0") for number in range(count))


def function(number: int, bit: str = "") -> str:
    bit = f" multifunction='{bit}'" if bit else ""
    return f"<rng model='virtio'><address type='pci' slot='5' function='{number}'{bit}/></rng>"


def hosts(*indexes: int) -> str:
    return "".join(
        controller(number, "pci-root", inside=f"<target index='{index}'/>") for number, index in enumerate(indexes, 1)
    )


def in_slots(first: int, last: int) -> str:
    places = [(slot, function) for slot in range(first, last + 1) for function in range(8)]
    return "".join(controller(index, PORT, f"0:0:{slot:x}.{f}") for index, (slot, f) in enumerate(places, 1))


def zpci(uid: int, fid: int) -> str:
    return f"<rng model='virtio'><address type='pci'><zpci uid='{uid}' fid='{fid}'/></address></rng>"


ACPI = "<rng model='virtio'><acpi index='7'/>{}</rng>"
ONE_PORT = controller(1, PORT, "0:0:1.0")
EXPERIMENTS: dict[str, tuple[str, str, str]] = {
    "pxb-pcie x2, same bus_nr": ("q35", expander(1, 100) + expander(2, 100), "start-busnr-dup"),
    "pxb-pcie x2, overlapping windows: 100 with 3 root ports, next root bus is 102": (
        "q35",
        expander(1, 100) + expander(2, 102) + ports(1, 3, 3),
        "window-fit",
    ),
    "pxb (pc) x2, bus_nr 100 and 101: pxb 100's internal bridge needs 101": (
        "pc",
        expander(1, 100, "pci-expander-bus") + expander(2, 101, "pci-expander-bus"),
        "window-fit",
    ),
    "pxb-pcie bus_nr=0": ("q35", expander(1, 0), "target-range"),
    "pxb-pcie bus_nr=255 with a root port": ("q35", expander(1, 255) + ports(1, 2, 1), "target-range"),
    "pxb-pcie bus_nr=256": ("q35", expander(1, 256), "target-range"),
    "pxb-pcie numa_node that does not exist": (
        "q35",
        expander(1, 100, node="<node>5</node>"),
        "node-exists",
    ),
    "pxb-pcie on pc": ("pc", expander(1, 100), "controller-machine"),
    "pxb on q35": ("q35", expander(1, 100, "pci-expander-bus"), "controller-machine"),
    "endpoint on a pxb-pcie bus": ("q35", expander(1, 100) + rng("0:1:0.0"), "addr-kind-match"),
    "function 1, nothing at function 0": ("q35", function(1), "guest-function0-missing"),
    "function 1 and function 0 without multifunction": (
        "q35",
        function(1) + function(0, "off"),
        "guest-multifunction-bit",
    ),
    "function 0 without multifunction, then function 1": (
        "q35",
        function(0, "off") + function(1),
        "guest-multifunction-bit",
    ),
    "function 0 with multifunction, then function 1": ("q35", function(0, "on") + function(1), ""),
    "same slot twice": ("q35", function(0) + function(0), "addr-duplicate"),
    "slot 32": ("q35", "<rng model='virtio'><address type='pci' slot='32'/></rng>", "addr-slot-5bit"),
    "slot 1 on a root port": ("q35", ONE_PORT + rng("0:1:1.0"), "addr-slot-max"),
    "slot 1 on a root port, function 0 taken too": (
        "q35",
        ONE_PORT + rng("0:1:0.0") + rng("0:1:1.0"),
        "addr-slot-max",
    ),
    "slot 0 on pci-bridge (shpc off: as libvirt)": (
        "pc",
        controller(1, "pci-bridge") + rng("0:1:0.0"),
        "addr-slot-min",
    ),
    "bus used before it is defined": (
        "q35",
        controller(1, PORT, "0:2:0.0") + expander(2, 100),
        "start-parent-order",
    ),
    "two root ports, same chassis and port (slot)": (
        "q35",
        controller(1, PORT, inside="<target chassis='1' port='1'/>")
        + controller(2, PORT, inside="<target chassis='1' port='2'/>"),
        "chassis-unique",
    ),
    "two root ports, same port=, different chassis": (
        "q35",
        controller(1, PORT, inside="<target chassis='1' port='1'/>")
        + controller(2, PORT, inside="<target chassis='2' port='1'/>"),
        "",
    ),
    "two pci-bridges, same chassis_nr": (
        "pc",
        "".join(controller(index, "pci-bridge", inside="<target chassisNr='3'/>") for index in (1, 2)),
        "",
    ),
    "pci-bridge chassis_nr=0": ("pc", controller(1, "pci-bridge", inside="<target chassisNr='0'/>"), "target-range"),
    "root port behind a root port": ("q35", ONE_PORT + controller(2, PORT, "0:1:0.0"), "addr-kind-match"),
    "upstream port on pcie.0": ("q35", controller(1, UP, "0:0:3.0"), "addr-kind-match"),
    "downstream port on a root port": ("q35", ONE_PORT + controller(2, DOWN, "0:1:0.0"), "addr-kind-match"),
    "endpoint on an upstream port": (
        "q35",
        ONE_PORT + controller(2, UP, "0:1:0.0") + rng("0:2:0.0"),
        "addr-kind-match",
    ),
    "pci-bridge in a root port": ("q35", ONE_PORT + controller(2, "pci-bridge", "0:1:0.0"), ""),
    "conventional-only device (rtl8139) in a root port": (
        "q35",
        ONE_PORT + NIC.format("rtl8139", address("0:1:0.0")),
        "",
    ),
    "pcie device (nvme-like: e1000e) on conventional PCI": ("pc", NIC.format("e1000e", address("0:0:5.0")), ""),
    "device at 00:1f.1 of q35": ("q35", rng("0:0:1f.1"), ""),
    "device at 00:1f.2 of q35 (built-in SATA)": ("q35", rng("0:0:1f.2"), "addr-duplicate"),
    "device at 00:01.4 of pc (PIIX3 is multifunction)": ("pc", rng("0:0:1.4"), ""),
    "240 root ports in slots 1-0x1e, 8 each": ("q35", in_slots(1, 0x1E), ""),
    "241 root ports: the 241st would sit in slot 0x1f": ("q35", in_slots(1, 0x1F), "addr-duplicate"),
    "33 downstream ports on one upstream port: slot 32": (
        "q35",
        ONE_PORT + controller(2, UP, "0:1:0.0") + "".join(controller(3 + number, DOWN) for number in range(33)),
        "alg-find",
    ),
    "pseries: 31 further PHBs (index 1..31)": ("pseries", hosts(*range(1, 32)), "target-range"),
    "pseries: index=31": ("pseries", hosts(31), "target-range"),
    "pseries: index=30": ("pseries", hosts(30), ""),
    "pseries: 33 PHBs (default + index 1..32)": ("pseries", hosts(*range(1, 33)), "target-range"),
    "pseries: PHB index twice": ("pseries", hosts(5, 5), "start-phb-dup"),
    "pseries: PHB index=0 (the default one)": ("pseries", hosts(0), "target-index"),
    "pseries: 3 PHBs, one device on each (how query-pci shows domains)": (
        "pseries",
        hosts(1, 2) + rng("0:0:1.0") + rng("0:1:1.0") + rng("0:2:1.0"),
        "",
    ),
    "s390x: zpci uid twice": ("s390", zpci(5, 1) + zpci(5, 2), "zpci-unique"),
    "s390x: zpci uid=0": ("s390", zpci(0, 1), "zpci-uid-range"),
    "acpi-index twice": (
        "q35",
        ACPI.format(address("0:0:5.0")) + ACPI.format(address("0:0:6.0")),
        "start-acpi-index",
    ),
}
NOT_IN_XML = {
    "two root ports, same chassis, different slot=": "a port's slot= has no XML",
    "unknown bus": "libvirt adds a bus that an address names",
    "slot 0 on pci-bridge with shpc=on": "shpc= has no XML",
    "device at 00:00.1": "domain, bus and slot all zero mean that libvirt chooses",
    "214 root ports (slots 1-0x1b, 8 each, less built-ins)": "the same as 240 root ports",
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_rule_says_what_qemu_did(name: str) -> None:
    machine, devices, rule = EXPERIMENTS[name]
    codes = {one.code for one in pcisolve.load(domain(machine, QUIET + devices)).check().findings}
    assert rule in codes if rule else not codes


@pytest.mark.corpus
def test_no_experiment_is_left_out(shared: Path) -> None:
    known = json.loads((shared / "corpus/boot/qemu_failures.json").read_text())
    assert {one["name"] for one in known} == set(EXPERIMENTS) | set(NOT_IN_XML)

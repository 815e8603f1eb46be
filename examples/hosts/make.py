"""Write the snapshots of this folder: small hosts built like well-known machines, as their makers document them.

    python examples/hosts/make.py

dgx-2: 16 GPUs; a switch pair of each socket's root bus has two GPUs below each of its switches, four a tree.
dgx-h100: 8 GPUs, 8 NICs and 8 NVMe drives behind four switches, two of each a switch.
grace: a GPU alone below each of four root buses, one for each NUMA node.
dual-socket-snc: two sockets of two NUMA nodes each, with a GPU and a NIC below one switch at every node.
Addresses are made up; vendor and device IDs are of the PCI ID repository.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

GPU, NIC, NVME = ("0302", "10de:2330"), ("0207", "15b3:1021"), ("0108", "144d:a80a")
BRIDGE = ("0604", "8086:352a")


class Machine:
    """Functions in order; each bus has a number of its own."""

    def __init__(self, distances: list[list[int]]) -> None:
        self.nodes = [{"node": node, "distances": row} for node, row in enumerate(distances)]
        self.roots: list[dict[str, Any]] = []
        self.functions: list[dict[str, Any]] = []
        self.below: dict[str, str] = {}
        self.domain = self.bus = -1

    def root(self, *, new_domain: bool = False) -> str:
        """A root bus."""
        self.bus, self.domain = (0, self.domain + 1) if new_domain or self.domain < 0 else (self.bus + 1, self.domain)
        self.roots.append({"bus": f"{self.domain:04x}:{self.bus:02x}"})
        return str(self.roots[-1]["bus"])

    def add(self, what: tuple[str, str], parent: str, node: int, slot: int = 0) -> str:
        """A function on the bus below its parent."""
        bus = self.below.get(parent, parent)
        address = f"{bus}:{slot:02x}.0"
        vendor, device = what[1].split(":")
        self.functions.append(
            {
                "address": address,
                "parent": parent,
                "class": what[0],
                "vendor": vendor,
                "device": device,
                "numa_node": node,
            }
        )
        return address

    def bridge(self, parent: str, node: int, slot: int = 0) -> str:
        """A port, with a bus of its own below it."""
        address = self.add(BRIDGE, parent, node, slot)
        self.bus += 1
        self.below[address] = f"{self.domain:04x}:{self.bus:02x}"
        return address

    def switch(self, parent: str, node: int, devices: list[tuple[str, str]], slot: int = 0) -> str:
        """A switch with a device behind each downstream port; its upstream port."""
        upstream = self.bridge(parent, node, slot)
        for number, device in enumerate(devices):
            self.add(device, self.bridge(upstream, node, number), node)
        return upstream

    def text(self) -> str:
        """The snapshot."""
        rows = {"numa_nodes": self.nodes, "roots": self.roots, "functions": sorted(self.functions, key=_address)}
        lists = [
            f'  "{name}": [\n' + ",\n".join(f"    {json.dumps(row)}" for row in several) + "\n  ]"
            for name, several in rows.items()
        ]
        head = '{\n  "format": "pcisolve-host",\n  "version": 1,\n  "source": "sysfs",\n'
        return head + ",\n".join(lists) + "\n}\n"


def _address(row: dict[str, Any]) -> str:
    return str(row["address"])


def dgx_2() -> Machine:
    """Four root buses; below each, two switches below a switch."""
    machine = Machine([[10, 21], [21, 10]])
    for node in (0, 0, 1, 1):
        top = machine.bridge(machine.bridge(machine.root(), node), node)
        for slot in range(2):
            machine.switch(machine.bridge(top, node, slot), node, [GPU, GPU])
        machine.switch(machine.bridge(top, node, 2), node, [NIC, NIC])
    return machine


def dgx_h100() -> Machine:
    """Four switches, each below a root bus of its own."""
    machine = Machine([[10, 21], [21, 10]])
    for node in (0, 0, 1, 1):
        machine.switch(machine.bridge(machine.root(), node), node, [GPU, GPU, NIC, NIC, NVME, NVME])
    return machine


def grace() -> Machine:
    """A GPU for each of four processors, each in a PCI domain of its own."""
    machine = Machine([[10 if one == other else 40 for other in range(4)] for one in range(4)])
    for node in range(4):
        for device in (GPU, NIC):
            machine.add(device, machine.bridge(machine.root(new_domain=True), node), node)
    return machine


def dual_socket_snc() -> Machine:
    """Two nodes a socket, two root buses a node: a GPU and a NIC on a switch, and a drive by itself."""
    machine = Machine([[10 if a == b else 12 if a // 2 == b // 2 else 21 for b in range(4)] for a in range(4)])
    for node in range(4):
        machine.switch(machine.bridge(machine.root(), node), node, [GPU, NIC])
        machine.add(NVME, machine.bridge(machine.root(), node), node)
    return machine


if __name__ == "__main__":
    folder = Path(__file__).resolve().parent
    for name, make in (
        ("dgx-2", dgx_2),
        ("dgx-h100", dgx_h100),
        ("grace", grace),
        ("dual-socket-snc", dual_socket_snc),
    ):
        (folder / f"{name}.json").write_text(make().text(), encoding="utf-8")

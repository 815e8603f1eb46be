"""Small hosts, made as trees of sysfs: what Linux has in such files, and the links between them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


class Sysfs:
    """A sysfs below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.sys = root / "sys"
        self.where: dict[str, Path] = {}
        (self.sys / "bus/pci/devices").mkdir(parents=True, exist_ok=True)

    def node(self, number: int, distances: str, cpumap: str = "") -> None:
        folder = self.sys / f"devices/system/node/node{number}"
        write(folder / "distance", distances)
        write(folder / "cpumap", cpumap)

    def root_bus(self, bus: str, below: str = "") -> None:
        self.where[bus] = (self.where[below] if below else self.sys / "devices") / f"pci{bus}"
        self.where[bus].mkdir(parents=True)

    def add(self, address: str, parent: str, code: str, ids: str, **files: Any) -> Path:
        """A function: `ids` is vendor:device, other words are files, but for those that are links."""
        folder = self.where[address] = self.where[parent] / address
        write(folder / "uevent", f"PCI_CLASS={code}\nPCI_ID={ids.upper()}\nPCI_SLOT_NAME={address}")
        write(folder / "class", f"0x{code}")
        driver, group, physical = files.pop("driver", ""), files.pop("group", None), files.pop("physfn", "")
        for name, text in {"numa_node": "-1", **files}.items():
            write(folder / name, str(text))
        if driver:
            with (folder / "uevent").open("a") as uevent:
                uevent.write(f"DRIVER={driver}\n")
        if group is not None:
            link(folder / "iommu_group", self.sys / f"kernel/iommu_groups/{group}")
        if physical:
            link(folder / "physfn", self.where[physical])
        link(self.sys / f"bus/pci/devices/{address}", folder)
        return folder

    def bridge(self, address: str, parent: str, secondary: int, last: int, node: int = -1) -> None:
        buses = {"secondary_bus_number": secondary, "subordinate_bus_number": last}
        self.add(address, parent, "060400", "8086:2030", numa_node=node, driver="pcieport", **buses)

    def name(self, kind: str, name: str, address: str) -> None:
        """A name below class/net, block or class/infiniband."""
        link(self.sys / kind / name, self.where[address] / kind.split("/")[-1] / name)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


def link(path: Path, target: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(os.path.relpath(target, path.parent))


MEMORY = "0x000000e000000000 0x000000e3ffffffff 0x000000000014220c"  # 16 GiB, 64 bits, prefetchable
SMALL = "0x00000000f6000000 0x00000000f6ffffff 0x0000000000040200"  # 16 MiB, 32 bits
PORTS = "0x0000000000007000 0x000000000000707f 0x0000000000040101"  # 128 I/O ports
NONE = "0x0000000000000000 0x0000000000000000 0x0000000000000000"
GEN4 = {
    "current_link_speed": "16.0 GT/s PCIe",
    "current_link_width": 16,
    "max_link_speed": "16.0 GT/s PCIe",
    "max_link_width": 16,
}


def server(root: Path) -> Sysfs:
    """Two NUMA nodes; on each a switch with a GPU and a NIC, and an NVMe drive. examples/host.json is this one."""
    host = Sysfs(root)
    host.node(0, "10 21", "0000ffff")
    host.node(1, "21 10", "ffff0000")
    for node, bus in ((0, 0x16), (1, 0x97)):
        side(host, node, bus)
    return host


def side(host: Sysfs, node: int, bus: int) -> None:
    """One NUMA node's half of the server, on a root bus of its own."""
    top, port, groups = f"0000:{bus:02x}", f"0000:{bus:02x}:01.0", node * 20 + 10
    host.root_bus(top)
    host.add(f"{top}:00.0", top, "088000", "8086:09a2", numa_node=node, group=groups)
    host.bridge(port, top, bus + 1, bus + 4, node)
    host.bridge(f"0000:{bus + 1:02x}:00.0", port, bus + 2, bus + 4, node)
    for slot in (0, 1):
        below = f"0000:{bus + 1:02x}:00.0"
        host.bridge(f"0000:{bus + 2:02x}:{slot:02x}.0", below, bus + 3 + slot, bus + 3 + slot, node)
    gpu, nic, disk = (f"0000:{bus + more:02x}:00.0" for more in (3, 4, 5))
    words = {"numa_node": node, **GEN4}
    bars = f"{SMALL}\n{MEMORY}\n{NONE}\n{NONE}\n{NONE}\n{PORTS}"
    ids = {"subsystem_vendor": "0x10de", "subsystem_device": "0x1463"}
    below = f"0000:{bus + 2:02x}:00.0"
    host.add(gpu, below, "030200", "10de:20b5", group=groups + 1, driver="vfio-pci", resource=bars, **ids, **words)
    below, last = f"0000:{bus + 2:02x}:01.0", f"{top}:03.0"
    host.add(
        nic,
        below,
        "020000",
        "15b3:101d",
        group=groups + 2,
        driver="mlx5_core",
        sriov_totalvfs=8,
        resource=MEMORY,
        **words,
    )
    host.name("class/net", f"ens{node}np0", nic)
    host.name("class/infiniband", f"mlx5_{node}", nic)
    host.bridge(last, top, bus + 5, bus + 5, node)
    words = {"numa_node": node, "current_link_speed": "8.0 GT/s PCIe", "current_link_width": 4}
    words |= {"max_link_speed": "16.0 GT/s PCIe", "max_link_width": 4}
    host.add(disk, last, "010802", "144d:a80a", group=groups + 3, driver="nvme", resource=SMALL, **words)
    host.name("block", f"nvme{node}n1", disk)

"""Random guests with random BARs: QEMU's words, and what pcisolve.firmware.memory is told of them."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from pcisolve.catalog.bars import MEM32, MEM64, Bar
from pcisolve.firmware.memory.tree import GIB, MIB, Bus, Function


class Made(NamedTuple):
    """A random guest: QEMU's words, and what pcisolve is told of it."""

    words: list[str]
    tops: list[Bus]
    ram: int
    machine: str


class Maker:
    """One random guest."""

    def __init__(self, seed: int, machine: str) -> None:
        self.random = random.Random(seed)
        self.machine = machine
        self.words: list[str] = []
        self.count = 0

    def make(self) -> Made:
        ram = self.random.choice([1, 1, 2, 3, 5, 8]) * GIB if self.machine in {"q35", "pc"} else 1 * GIB
        root = Bus()
        if self.machine == "q35":
            ahci, smbus = Function("ahci", (Bar(4096, MEM32, number=5),)), Function("smbus")
            ahci.ports, smbus.ports = (32,), (64,)
            self.fill(root, "pcie.0", range(1, 28), self.random.randint(1, 9), express=True, depth=0)
            root.functions += [ahci, smbus]
        elif self.machine == "pc":
            ide, pm = Function("ide"), Function("pm")
            ide.ports, pm.ports = (16,), (64,)
            self.fill(root, "pci.0", range(2, 30), self.random.randint(1, 7), express=False, depth=0)
            root.functions[:0] = [ide]
        elif self.machine == "virt":
            self.fill(root, "pcie.0", range(1, 28), self.random.randint(1, 9), express=True, depth=0)
        elif self.machine == "pseries":
            self.fill(root, "pci.0", range(1, 28), self.random.randint(2, 16), express=False, depth=0)
        return Made(self.words, [root], ram, self.machine)

    def name(self) -> str:
        self.count += 1
        return f"d{self.count}"

    def device(self, driver: str, bus: str, slot: int, **more: Any) -> str:
        name = self.name()
        options = "".join(
            f",{key.replace('_', '-') if key not in ('vgamem_mb', 'chassis_nr') else key}={value}"
            for key, value in more.items()
        )
        self.words += ["-device", f"{driver},id={name},bus={bus},addr={slot:#x}{options}"]
        return name

    def fill(self, into: Bus, bus: str, slots: range, count: int, *, express: bool, depth: int) -> None:
        for slot in sorted(self.random.sample(list(slots), min(count, len(slots)))):
            if depth < 3 and self.random.random() < (0.65 if depth == 0 else 0.3):
                into.functions.append(self.bridge(bus, slot, express=express, depth=depth))
            else:
                into.functions.append(self.endpoint(bus, slot))

    def bridge(self, bus: str, slot: int, *, express: bool, depth: int) -> Function:
        if not express:
            name = self.device("pci-bridge", bus, slot, chassis_nr=self.count + 1)
            found = Function(name, (Bar(256, MEM64, number=0),))
            found.hotplug = True
            found.bus = Bus()
            self.fill(found.bus, name, range(1, 20), self.random.randint(0, 3), express=False, depth=depth + 1)
            return found
        if depth:
            return self.behind_port(bus, slot, depth)
        reserve = self.random.choice([0, 0, 0, 8, 64, 300]) * MIB
        more = {"mem_reserve": reserve} if reserve else {}
        name = self.device("pcie-root-port", bus, slot, chassis=self.count + 1, **more)
        found = Function(name, (Bar(4096, MEM32, number=0),))
        found.hotplug = found.express = True
        found.reserve = reserve
        found.bus = Bus()
        if self.random.random() < 0.85:
            self.fill(found.bus, name, range(1), 1, express=True, depth=1)
        return found

    def behind_port(self, bus: str, slot: int, depth: int) -> Function:
        if self.random.random() < 0.5:
            name = self.device("pcie-pci-bridge", bus, slot)
            found = Function(name, (Bar(256, MEM64, number=0),))
            found.hotplug = True
            found.bus = Bus()
            self.fill(found.bus, name, range(1, 20), self.random.randint(0, 3), express=False, depth=depth + 1)
            return found
        up = self.device("x3130-upstream", bus, slot)
        found = Function(up)
        found.bus = Bus()
        for number in range(self.random.randint(1, 3)):
            down = self.device("xio3130-downstream", up, number, chassis=self.count + 1)
            port = Function(down)
            port.hotplug = port.express = True
            port.bus = Bus()
            found.bus.functions.append(port)
            if self.random.random() < 0.8:
                self.fill(port.bus, down, range(1), 1, express=True, depth=3)
        return found

    def size(self, largest: int) -> int:
        return 1 << self.random.randint(12, largest)

    def endpoint(self, bus: str, slot: int) -> Function:
        kind = self.random.choice(["testdev", "testdev", "ivshmem", "vga", "qxl", "e1000e", "nvme", "rng", "xhci"])
        if kind == "qxl" and self.machine in {"virt", "pseries"}:
            kind = "vga"  # QEMU has no qxl there
        if kind == "testdev":
            size = self.size(39 if self.machine == "pseries" else 38)
            name = self.device("pci-testdev", bus, slot, membar=size)
            return with_ports(Function(name, (Bar(4096, MEM32), Bar(size, MEM64, True, 2))), 256)
        if kind == "ivshmem":
            size = self.size(32)
            backend = self.name()
            self.words += ["-object", f"memory-backend-ram,id={backend},size={size},share=off"]
            name = self.device("ivshmem-plain", bus, slot, memdev=backend)
            return Function(name, (Bar(256, MEM32), Bar(size, MEM64, True, 2)))
        if kind == "vga":
            size = 1 << self.random.randint(*((5, 9) if self.machine in {"virt", "pseries"} else (0, 8)))
            name = self.device("secondary-vga", bus, slot, vgamem_mb=size)
            return Function(name, (Bar(size * MIB, MEM32, True, 0), Bar(4096, MEM32, number=2)))
        if kind == "qxl":
            ram, vram = 1 << self.random.randint(27, 29), 1 << self.random.randint(24, 28)
            name = self.device("qxl", bus, slot)
            self.words[-1] += f",ram_size={ram},vram_size={vram}"
            bars = (Bar(ram, MEM32), Bar(vram, MEM32, number=1), Bar(8192, MEM32, number=2))
            return with_ports(Function(name, bars), 32)
        if kind == "e1000e":
            bars = (Bar(1 << 17, MEM32), Bar(1 << 17, MEM32, number=1), Bar(1 << 14, MEM32, number=3))
            return with_ports(Function(self.device("e1000e", bus, slot, romfile=""), bars), 32)
        if kind == "nvme":
            return Function(self.device("nvme", bus, slot, serial="x"), (Bar(1 << 14, MEM64),))
        if kind == "xhci":
            found = Function(self.device("qemu-xhci", bus, slot), (Bar(1 << 14, MEM64),))
            found.usb = True
            return found
        name = self.device("virtio-rng-pci-non-transitional", bus, slot)
        return Function(name, (Bar(4096, MEM32, number=1), Bar(1 << 14, MEM64, True, 4)))


def with_ports(function: Function, size: int) -> Function:
    function.ports = (size,)
    return function

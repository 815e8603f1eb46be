"""Random guests with random BARs, booted: what firmware makes of them, and what pcisolve.firmware.memory says.

    python benchmarks/windows.py --guests 100 --firmware seabios [--bios FILE] [--seed 1]

Each guest is a q35 or pc with root ports, switches and bridges, and shared memory, graphics and test devices of any
size behind them. Its firmware runs until BARs have their addresses; QEMU then tells them over QMP. Printed is each
guest in which the verdict (all BARs got an address or not) or an address differs, and a count of both.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from pcisolve.catalog.bars import MEM32, MEM64, Bar
from pcisolve.firmware.memory.edk2 import Edk2, edk2
from pcisolve.firmware.memory.seabios import Platform, seabios
from pcisolve.firmware.memory.tree import GIB, MIB, Bus, Function, Outcome, Range
from pcisolve.verify.qemu import Qemu, Refused
from pcisolve.verify.scratch import Scratch

X86 = "qemu-system-x86_64"
UNMAPPED = (1 << 64) - 1
OVMF_PHYSICAL = 40  # of TCG, which knows no other
PHYSICAL = 42  # bits of addresses; firmware doubts QEMU's default of 40


class Made(NamedTuple):
    """A random guest: QEMU's words, and what pcisolve is told of it."""

    words: list[str]
    tops: list[Bus]
    ram: int
    machine: str
    physical: int


class Maker:
    """One random guest."""

    def __init__(self, seed: int, machine: str) -> None:
        self.random = random.Random(seed)
        self.machine = machine
        self.words: list[str] = []
        self.count = 0

    def make(self) -> Made:
        ram = self.random.choice([1, 1, 2, 3, 5, 8]) * GIB if self.machine != "virt" else 1 * GIB
        root = Bus()
        if self.machine == "q35":
            ahci = Function("ahci", (Bar(4096, MEM32, number=5),))
            self.fill(root, "pcie.0", range(1, 28), self.random.randint(1, 9), express=True, depth=0)
            root.functions.append(ahci)
        elif self.machine == "pc":
            self.fill(root, "pci.0", range(2, 30), self.random.randint(1, 7), express=False, depth=0)
        return Made(self.words, [root], ram, self.machine, PHYSICAL)

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
        if kind == "testdev":
            size = self.size(38)
            name = self.device("pci-testdev", bus, slot, membar=size)
            return Function(name, (Bar(4096, MEM32), Bar(size, MEM64, True, 2)))
        if kind == "ivshmem":
            size = self.size(32)
            backend = self.name()
            self.words += ["-object", f"memory-backend-ram,id={backend},size={size},share=off"]
            name = self.device("ivshmem-plain", bus, slot, memdev=backend)
            return Function(name, (Bar(256, MEM32), Bar(size, MEM64, True, 2)))
        if kind == "vga":
            size = 1 << self.random.randint(0, 8)
            name = self.device("secondary-vga", bus, slot, vgamem_mb=size)
            return Function(name, (Bar(size * MIB, MEM32, True, 0), Bar(4096, MEM32, number=2)))
        if kind == "qxl":
            ram, vram = 1 << self.random.randint(27, 29), 1 << self.random.randint(24, 28)
            name = self.device("qxl", bus, slot)
            self.words[-1] += f",ram_size={ram},vram_size={vram}"
            return Function(name, (Bar(ram, MEM32), Bar(vram, MEM32, number=1), Bar(8192, MEM32, number=2)))
        if kind == "e1000e":
            bars = (Bar(1 << 17, MEM32), Bar(1 << 17, MEM32, number=1), Bar(1 << 14, MEM32, number=3))
            return Function(self.device("e1000e", bus, slot, romfile=""), bars)
        if kind == "nvme":
            return Function(self.device("nvme", bus, slot, serial="x"), (Bar(1 << 14, MEM64),))
        if kind == "xhci":
            found = Function(self.device("qemu-xhci", bus, slot), (Bar(1 << 14, MEM64),))
            found.usb = True
            return found
        name = self.device("virtio-rng-pci-non-transitional", bus, slot)
        return Function(name, (Bar(4096, MEM32, number=1), Bar(1 << 14, MEM64, True, 4)))


def low_ram(machine: str, ram: int) -> int:
    """Bytes of RAM below 4 GiB: QEMU hw/i386/pc_q35.c and pc_piix.c."""
    if machine == "q35":
        return ram if ram < 0xB0000000 else 0x80000000
    return ram if ram < 0xE0000000 else 0xC0000000


def seabios_platform(made: Made, pads: bool) -> Platform:
    low = low_ram(made.machine, made.ram)
    above = made.ram - low
    start = 0xC0000000
    if made.machine == "pc":
        start = 0x80000000 if low <= 0x80000000 else 0xC0000000 if low <= 0xC0000000 else low
    return Platform(Range(start, 0xFEC00000), (1 << 32) + above, above, made.physical, pads)


SEABIOS_DONE = re.compile(r"PCI: init bdf|out of 32bit address space|out of I/O address space")


def boot(
    made: Made, words: list[str], scratch: Scratch, done: re.Pattern[str], log: Path
) -> tuple[str, dict[str, dict[int, int]]]:
    """The addresses that firmware gives, by device and BAR, and what it said."""
    with Qemu(scratch, words, words[0]) as qemu:
        qemu.ask("cont")
        end = time.monotonic() + 100
        while time.monotonic() < end and not done.search(
            said := log.read_text(errors="replace") if log.exists() else ""
        ):
            time.sleep(0.05)
        time.sleep(0.3)
        said = log.read_text(errors="replace")
        found: dict[str, dict[int, int]] = {}
        for bus in qemu.ask("query-pci"):
            collect(bus["devices"], found)
    return said, found


def collect(devices: list[dict[str, Any]], found: dict[str, dict[int, int]]) -> None:
    for one in devices:
        found[one["qdev_id"]] = {
            region["bar"]: region["address"] for region in one["regions"] if region["type"] == "memory"
        }
        if "pci_bridge" in one:
            collect(one["pci_bridge"].get("devices", []), found)


def differences(outcome: Outcome, found: dict[str, dict[int, int]]) -> list[str]:
    wrong = []
    for (function, number), address in outcome.addresses.items():
        if number < 0 or function.name == "ahci":
            continue
        real = found.get(function.name, {}).get(number)
        if real != address:
            wrong.append(f"{function.name} BAR {number}: {address:#x}, not {real if real is None else hex(real)}")
    return wrong


def ovmf_platform(made: Made, ecam: int, pads: bool) -> Edk2:
    """The windows of OVMF: OvmfPkg/Library/PlatformInitLib/Platform.c and MemDetect.c."""
    low = low_ram(made.machine, made.ram)
    base = max(low, 2 * GIB)
    hole = Range(base, 0xFC000000)
    if made.machine == "q35":
        hole = Range(ecam + 256 * MIB, 0xFC000000) if ecam == 0xB0000000 else Range(2 * GIB, ecam)
    size = 1 << (OVMF_PHYSICAL - 3)
    top = 1 << OVMF_PHYSICAL
    return Edk2(hole, Range(top - size, top), size >> 8 if pads else 0, hotplug=True)


def raw_bars(qemu: Qemu, ecam: int) -> dict[str, dict[int, int]]:
    """What is in the BARs, whether decoding is on or not: read from the configuration space in memory."""
    found: dict[str, dict[int, int]] = {}
    waiting = [one for bus in qemu.ask("query-pci") for one in bus["devices"]]
    while waiting:
        one = waiting.pop()
        waiting += one.get("pci_bridge", {}).get("devices", [])
        place = ecam + (one["bus"] << 20) + (one["slot"] << 15) + (one["function"] << 12) + 0x10
        text = qemu.ask("human-monitor-command", **{"command-line": f"xp /6wx {place:#x}"})
        if "Cannot" in text:
            return {}  # OVMF has not made it readable yet
        words = [int(word, 16) for line in text.splitlines() for word in line.split(":", 1)[1].split()]
        bars = {}
        for region in one["regions"]:
            if region["type"] == "memory" and region["bar"] < len(words):
                number = region["bar"]
                wide = region.get("mem_type_64", False)
                value = (words[number] & ~0xF) + (words[number + 1] << 32 if wide else 0)
                asked = (1 << (64 if wide else 32)) - region["size"]  # what reads back once its size was asked for
                bars[number] = 0 if value == asked else value
        found[one["qdev_id"] or f"built-in {one['slot']}.{one['function']}"] = bars
    return found


def boot_ovmf(made: Made, words: list[str], scratch: Scratch, ecam: int) -> dict[str, dict[int, int]]:
    """The BARs of a guest once they do not change any more."""
    with Qemu(scratch, words, words[0]) as qemu:
        qemu.ask("cont")
        end, before, since = time.monotonic() + 60, {}, time.monotonic()
        while time.monotonic() < end:
            time.sleep(0.25)
            now = raw_bars(qemu, ecam)
            if now != before or not any(value for bars in now.values() for value in bars.values()):
                before, since = now, time.monotonic()
            elif time.monotonic() - since > 1.5:
                break
        return before


def one_ovmf(seed: int, arguments: argparse.Namespace) -> tuple[bool, list[str], str]:
    made = Maker(seed, "q35").make()
    words = [X86, "-M", "q35", "-m", f"{made.ram >> 20}M", "-nodefaults", "-no-user-config", "-bios", arguments.bios]
    words += ["-accel", "tcg", "-cpu", f"qemu64,phys-bits={OVMF_PHYSICAL}", *made.words]  # KVM may not run its ROM
    ecam = int(arguments.ecam, 16)
    with Scratch(90) as scratch:
        found = boot_ovmf(made, words, scratch, ecam)
    missing = [f"{name} BAR {at}" for name, bars in found.items() for at, value in bars.items() if not value]
    outcome = edk2(made.tops, ovmf_platform(made, ecam, arguments.pads))
    words = [f"needs {outcome.low:#x} of {outcome.low_room:#x}, {outcome.high:#x} above; without: {missing[:4]}"]
    right = outcome.fits is not bool(missing)
    return right, [] if right else words, "does not" if missing else "fits"


def one_guest(seed: int, arguments: argparse.Namespace) -> tuple[bool, list[str], str]:
    machine = arguments.machine or random.Random(seed).choice(["q35", "q35", "pc"])
    made = Maker(seed, machine).make()
    accel = ["-accel", arguments.accel, "-cpu", f"qemu64,phys-bits={PHYSICAL}"]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "debug.log"
        words = [X86, "-M", machine, "-m", f"{made.ram >> 20}M", "-nodefaults", "-no-user-config", *accel]
        words += [
            "-chardev",
            f"file,id=log,path={log}",
            "-device",
            "isa-debugcon,iobase=0x402,chardev=log",
            *made.words,
        ]
        if arguments.bios:
            words += ["-bios", arguments.bios]
        with Scratch(120) as scratch:
            said, found = boot(made, words, scratch, SEABIOS_DONE, log)
    if "out of I/O" in said:
        return True, [], "I/O"
    outcome = seabios(made.tops, seabios_platform(made, arguments.pads))
    fits = "out of 32bit" not in said
    return (
        fits == outcome.fits,
        differences(outcome, found) if fits and outcome.fits else [],
        "fits" if fits else "does not",
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--guests", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--machine", default="")
    parser.add_argument("--firmware", default="seabios")
    parser.add_argument("--bios", default="", help="of OVMF: variables and code in one file")
    parser.add_argument("--ecam", default="b0000000", help="where OVMF puts the configuration space of q35")
    parser.add_argument("--pads", action="store_true", help="the SeaBIOS is 1.16.3 or newer")
    parser.add_argument("--accel", default="kvm")
    arguments = parser.parse_args()
    counts = {"verdict": 0, "addresses": 0, "guests": 0}
    kinds: dict[str, int] = {}
    for seed in range(arguments.seed, arguments.seed + arguments.guests):
        try:
            run = one_ovmf if arguments.firmware == "ovmf" else one_guest
            right, wrong, kind = run(seed, arguments)
        except Refused as reason:
            print(seed, "QEMU refuses it:", reason, flush=True)
            continue
        counts["guests"] += 1
        counts["verdict"] += right
        counts["addresses"] += right and not wrong
        kinds[kind] = kinds.get(kind, 0) + 1
        if not right or wrong:
            print(seed, "verdict right" if right else "VERDICT WRONG", kind, *wrong[:4], flush=True)
    print(json.dumps(counts | kinds))


if __name__ == "__main__":
    main()

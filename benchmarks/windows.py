"""Random guests with random BARs, booted: what firmware makes of them, and what pcisolve.firmware.memory says.

    python -m benchmarks.windows --guests 100 --firmware seabios [--bios FILE] [--seed 1]

Each guest has ports, switches and bridges, and shared memory, graphics and test devices of any size behind them. Its
firmware runs until BARs have their addresses; QEMU then tells them. Printed is each guest in which the verdict (all
BARs got an address or not) or an address differs, and a count of both.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.windows_boot import Found, boot_quiet, boot_seabios, boot_slof
from benchmarks.windows_guests import Made, Maker
from pcisolve.firmware.memory.edk2 import Edk2, edk2
from pcisolve.firmware.memory.edk2_lists import Needs
from pcisolve.firmware.memory.seabios import Platform, seabios
from pcisolve.firmware.memory.slof import Slof, slof
from pcisolve.firmware.memory.tree import FOUR_GIB, GIB, MIB, Outcome, Range, depth_first
from pcisolve.verify.qemu import Refused
from pcisolve.verify.scratch import Scratch

X86: Final = "qemu-system-x86_64"
BARE: Final = ("-nodefaults", "-no-user-config")
OVMF_PHYSICAL: Final = 40  # of TCG, which knows no other
PHYSICAL: Final = 42  # bits of addresses; firmware doubts QEMU's default of 40
BUILT_IN: Final = frozenset({"ahci", "smbus", "ide", "pm"})


class Result(NamedTuple):
    """How one guest compares: `right` is the verdict, `wrong` what differs, `kind` what the firmware made of it."""

    right: bool
    wrong: list[str]
    kind: str


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
    return Platform(Range(start, 0xFEC00000), (1 << 32) + above, above, PHYSICAL, pads)


def ovmf_platform(made: Made, ecam: int) -> Edk2:
    """The windows of OVMF 2022.11 with 40 bits: OvmfPkg/Library/PlatformInitLib/Platform.c and MemDetect.c."""
    low = low_ram(made.machine, made.ram)
    base = FOUR_GIB - (1 << ((FOUR_GIB - low).bit_length() - 1))
    hole, ports = Range(base, 0xFC000000), Range(0xC000, 0x10000)
    if made.machine == "q35":
        hole, ports = Range(ecam + 256 * MIB, 0xFC000000), Range(0x6000, 0x10000)
    size, top = 1 << (OVMF_PHYSICAL - 3), 1 << OVMF_PHYSICAL
    return Edk2(hole, Range(top - size, top), ports, Needs(size >> 8, 512, hotplug=True))


def virt_platform(made: Made, highmem: bool) -> Edk2:
    """QEMU hw/arm/virt.c: base_memmap and extended_memmap; the PCI window above is the last of the latter."""
    high = Range(512 * GIB, 1024 * GIB) if highmem else None
    low = Range(0x10000000, 0x10000000 + 0x2EFF0000)
    return Edk2(low, high, Range(0, 0x10000), Needs(0, 512, hotplug=True))


def differences(outcome: Outcome, found: Found) -> list[str]:
    wrong = []
    for (function, number), address in outcome.addresses.items():
        if number < 0 or function.name in BUILT_IN:
            continue
        real = found.get(function.name, {}).get(number)
        if real != address:
            wrong.append(f"{function.name} BAR {number}: {address:#x}, not {real if real is None else hex(real)}")
    return wrong


def by_edk2(outcome: Outcome, found: Found) -> Result:
    missing = [f"{name} BAR {at}" for name, bars in found.items() for at, value in bars.items() if not value]
    words = [f"needs {outcome.low:#x} of {outcome.low_room:#x}, {outcome.high:#x} above; without: {missing[:4]}"]
    kind = "fits" if not missing else "does not" if outcome.lacks != "ports" else "I/O"
    if (outcome.lacks != "") is not bool(missing) or not found:
        return Result(False, words, kind)
    return Result(True, differences(outcome, found) if not missing else [], kind)


def one_ovmf(seed: int, arguments: argparse.Namespace) -> Result:
    machine = arguments.machine or random.Random(seed).choice(["q35", "q35", "pc"])
    made = Maker(seed, machine).make()
    words = [X86, "-M", machine, "-m", f"{made.ram >> 20}M", *BARE, "-bios", arguments.bios]
    words += ["-accel", "tcg", "-cpu", f"qemu64,phys-bits={OVMF_PHYSICAL}", *made.words]  # KVM may not run its ROM
    ecam = int(arguments.ecam, 16)
    with Scratch(90) as scratch:
        found = boot_quiet(words, scratch, ecam if machine == "q35" else 0, 1.5, 60)
    return by_edk2(edk2(made.tops, ovmf_platform(made, ecam)), found)


def one_virt(seed: int, arguments: argparse.Namespace) -> Result:
    made = Maker(seed, "virt").make()
    highmem = random.Random(seed).random() < 0.7
    words = ["qemu-system-aarch64", "-M", f"virt,highmem={'on' if highmem else 'off'}", "-cpu", "cortex-a57"]
    words += ["-m", f"{made.ram >> 20}M", *BARE, "-bios", arguments.bios, *made.words]
    with Scratch(120) as scratch:
        found = boot_quiet(words, scratch, 0x4010000000 if highmem else 0x3F000000, 2.5, 100)
    return by_edk2(edk2(made.tops, virt_platform(made, highmem)), found)


def one_slof(seed: int, _: argparse.Namespace) -> Result:
    made = Maker(seed, "pseries").make()
    with tempfile.TemporaryDirectory() as folder:
        console, log = Path(folder) / "console", Path(folder) / "trace"
        words = ["qemu-system-ppc64", "-M", "pseries", "-m", f"{made.ram >> 20}M", *BARE, *made.words]
        words += ["-serial", f"file:{console}", "-d", "trace:pci_cfg_write", "-D", str(log)]
        with Scratch(120) as scratch:
            found = boot_slof(words, scratch, console, log)
    windows = Slof(Range(2 * GIB, FOUR_GIB), Range(0x2100 << 32, 0x2200 << 32))
    outcome = slof(made.tops[0], windows)
    wrong = differences(outcome, found)
    beyond = [name for (name, *_) in _beyond(made, found, windows)]
    kind = "does not" if beyond else "fits"
    return Result(outcome.fits is not bool(beyond), wrong if outcome.fits else [], kind)


def _beyond(made: Made, found: Found, windows: Slof) -> list[tuple[str, int]]:
    """The BARs that are not within their windows."""
    return [
        (one.name, bar.number)
        for bus in depth_first(made.tops)
        for one in bus.functions
        for bar in one.bars
        for window in (windows.high if bar.wide and bar.prefetchable else windows.low,)
        if not window.base <= found[one.name][bar.number] <= window.end - bar.size
    ]


def one_seabios(seed: int, arguments: argparse.Namespace) -> Result:
    machine = arguments.machine or random.Random(seed).choice(["q35", "q35", "pc"])
    made = Maker(seed, machine).make()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "debug.log"
        words = [X86, "-M", machine, "-m", f"{made.ram >> 20}M", *BARE]
        words += ["-accel", arguments.accel, "-cpu", f"qemu64,phys-bits={PHYSICAL}"]
        words += ["-chardev", f"file,id=log,path={log}", "-device", "isa-debugcon,iobase=0x402,chardev=log"]
        words += [*made.words, *(["-bios", arguments.bios] if arguments.bios else [])]
        with Scratch(120) as scratch:
            said, found = boot_seabios(words, scratch, log)
    if "out of I/O" in said:
        return Result(True, [], "I/O")
    outcome = seabios(made.tops, seabios_platform(made, arguments.pads))
    fits = "out of 32bit" not in said
    wrong = differences(outcome, found) if fits and outcome.fits else []
    return Result(fits == outcome.fits, wrong, "fits" if fits else "does not")


RUNS: Final[dict[str, Callable[[int, argparse.Namespace], Result]]] = {
    "seabios": one_seabios,
    "ovmf": one_ovmf,
    "aavmf": one_virt,
    "slof": one_slof,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--guests", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--machine", default="")
    parser.add_argument("--firmware", default="seabios", choices=RUNS)
    parser.add_argument("--bios", default="", help="of OVMF: variables and code in one file")
    parser.add_argument("--ecam", default="b0000000", help="where OVMF puts the configuration space of q35")
    parser.add_argument("--pads", action="store_true", help="the SeaBIOS is 1.16.3 or newer")
    parser.add_argument("--accel", default="kvm")
    arguments = parser.parse_args()
    counts = {"verdict": 0, "addresses": 0, "guests": 0}
    kinds: dict[str, int] = {}
    for seed in range(arguments.seed, arguments.seed + arguments.guests):
        try:
            result = RUNS[arguments.firmware](seed, arguments)
        except Refused as reason:
            print(seed, "QEMU refuses it:", reason, flush=True)
            continue
        counts["guests"] += 1
        counts["verdict"] += result.right
        counts["addresses"] += result.right and not result.wrong
        kinds[result.kind] = kinds.get(result.kind, 0) + 1
        if not result.right or result.wrong:
            told = "verdict right" if result.right else "VERDICT WRONG"
            print(seed, told, result.kind, *result.wrong[:4], flush=True)
    print(json.dumps(counts | kinds))


if __name__ == "__main__":
    main()

"""Guests that run until their firmware has given addresses, and what is in their BARs then."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, Final

from pcisolve.verify.qemu import Qemu
from pcisolve.verify.scratch import Scratch

SEABIOS_DONE: Final = re.compile(r"PCI: init bdf|out of 32bit address space|out of I/O address space")
Found = dict[str, dict[int, int]]  # the addresses by device and BAR


def boot_seabios(words: list[str], scratch: Scratch, log: Path) -> tuple[str, Found]:
    """The addresses that SeaBIOS gives, and what it said."""
    with Qemu(scratch, words, words[0]) as qemu:
        qemu.ask("cont")
        end = time.monotonic() + 100
        while time.monotonic() < end and not SEABIOS_DONE.search(_said(log)):
            time.sleep(0.05)
        time.sleep(0.3)
        found: Found = {}
        for bus in qemu.ask("query-pci"):
            _collect(bus["devices"], found)
    return _said(log), found


def _said(log: Path) -> str:
    return log.read_text(errors="replace") if log.exists() else ""


def _collect(devices: list[dict[str, Any]], found: Found) -> None:
    for one in devices:
        regions = [region for region in one["regions"] if region["type"] == "memory"]
        found[one["qdev_id"]] = {region["bar"]: region["address"] for region in regions}
        if "pci_bridge" in one:
            _collect(one["pci_bridge"].get("devices", []), found)


def boot_quiet(words: list[str], scratch: Scratch, ecam: int, quiet: float, limit: float) -> Found:
    """What is in the BARs once they have not changed for `quiet` seconds, whether decoding is on or not.

    Args:
        ecam: where the configuration space is in memory; 0 to read it by ports (pc).
    """
    with Qemu(scratch, words, words[0]) as qemu:
        qemu.ask("cont")
        end, before, since = time.monotonic() + limit, {}, time.monotonic()
        while time.monotonic() < end:
            time.sleep(0.25)
            now = raw_bars(qemu, ecam)
            if now != before or not any(value for bars in now.values() for value in bars.values()):
                before, since = now, time.monotonic()
            elif time.monotonic() - since > quiet:
                break
        return before


def raw_bars(qemu: Qemu, ecam: int) -> Found:
    """What is in the BARs of every device now."""
    found: Found = {}
    if not ecam:
        qemu.ask("stop")
    latch = 0 if ecam else _said_by(qemu, "i /4 0xcf8")[0]
    waiting = [one for bus in qemu.ask("query-pci") for one in bus["devices"]]
    while waiting:
        one = waiting.pop()
        waiting += one.get("pci_bridge", {}).get("devices", [])
        name = one["qdev_id"] or f"built-in {one['slot']}.{one['function']}"
        words = _registers(qemu, ecam, one)
        if not words:
            return {}  # the firmware has not made it readable yet
        found[name] = _values(words, one["regions"])
    if not ecam:
        _said_by(qemu, f"o /4 0xcf8 {latch:#x}")
        qemu.ask("cont")
    return found


def _registers(qemu: Qemu, ecam: int, one: dict[str, Any]) -> list[int]:
    place = (one["bus"] << 16) + (one["slot"] << 11) + (one["function"] << 8) + 0x10
    if ecam:
        return _said_by(qemu, f"xp /6wx {ecam + ((place & ~0xFF) << 4) + 0x10:#x}")
    words = []
    for at in range(0, 24, 4):
        _said_by(qemu, f"o /4 0xcf8 {0x80000000 + place + at:#x}")
        words += _said_by(qemu, "i /4 0xcfc")
    return words


def _said_by(qemu: Qemu, command: str) -> list[int]:
    """The numbers that the monitor answers with, none where it cannot."""
    text = qemu.ask("human-monitor-command", **{"command-line": command})
    if "Cannot" in text:
        return []
    return [int(word, 16) for line in text.splitlines() for word in re.split("[:=]", line, maxsplit=1)[1].split()]


def _values(words: list[int], regions: list[dict[str, Any]]) -> dict[int, int]:
    bars = {}
    for region in regions:
        number = region["bar"]
        if region["type"] == "memory" and number < len(words):
            wide = region.get("mem_type_64", False)
            value = (words[number] & ~0xF) + (words[number + 1] << 32 if wide else 0)
            asked = (1 << (64 if wide else 32)) - region["size"]  # what reads back once its size was asked for
            bars[number] = 0 if value == asked else value
    return bars


_WRITE: Final = re.compile(r"pci_cfg_write \S+ (\w\w):(\w\w)\.(\w) @0x(\w+) <- 0x(\w+)")


def boot_slof(words: list[str], scratch: Scratch, console: Path, log: Path) -> Found:
    """What SLOF has written into the BARs, by a trace of QEMU's; all else it leaves switched off."""
    with Qemu(scratch, words, words[0]) as qemu:
        qemu.ask("cont")
        end = time.monotonic() + 100
        while time.monotonic() < end and "Trying to load" not in _said(console):
            time.sleep(0.2)
        waiting = [one for bus in qemu.ask("query-pci") for one in bus["devices"]]
    registers: dict[tuple[int, int, int], dict[int, int]] = {}
    for bus, slot, function, at, value in _WRITE.findall(_said(log)):
        place = (int(bus, 16), int(slot, 16), int(function, 16))
        registers.setdefault(place, {})[int(at, 16)] = int(value, 16)
    found: Found = {}
    while waiting:
        one = waiting.pop()
        waiting += one.get("pci_bridge", {}).get("devices", [])
        had = registers.get((one["bus"], one["slot"], one["function"]), {})
        words_now = [had.get(at, 0) for at in range(0x10, 0x28, 4)]
        found[one["qdev_id"]] = _values(words_now, one["regions"])
    return found

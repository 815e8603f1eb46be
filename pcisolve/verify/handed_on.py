"""The placing part of qemu:commandline and qemu:override, handed on to the rehearsed QEMU, and nothing else of them.

What opens a file, a network or any other part of the host stays out: bridges and ports are what they are, any other
device is a stand-in at its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from pcisolve.api.guest import Guest
from pcisolve.catalog.catalog import load_catalog
from pcisolve.core.address import FUNCTIONS_PER_SLOT
from pcisolve.problem.layout import Layout
from pcisolve.problem.naming import clipped, name_of
from pcisolve.problem.parts import Part
from pcisolve.problem.problem import Options
from pcisolve.problem.qemu.arguments import key_values
from pcisolve.problem.qemu.commandline import CommandLine, Property
from pcisolve.problem.qemu.devices import BOARD, JSON, Device
from pcisolve.problem.start.aliases import aliases, bus_name
from pcisolve.problem.start.collisions import Spot
from pcisolve.problem.start.startup import startup
from pcisolve.solver.judge import Unnumbered, judge
from pcisolve.verdict.values import Verdict
from pcisolve.verify.machine import spot_of
from pcisolve.verify.qemu import Qemu
from pcisolve.verify.values import Difference

_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_PLACING = frozenset({"addr", "bus", "multifunction"})


class Expected(NamedTuple):
    """Where QEMU is to have something."""

    spot: Spot
    name: str
    line: int | None


class HandedOn(NamedTuple):
    """A command line with the guest's own arguments.

    Attributes:
        words: all of it.
        expected: by id, what is to be found where no address of the XML says.
        moved: ids of libvirt's devices that an override moves, and their addresses in the XML.
        bridges: whether arguments make buses of their own, which the firmware numbers too.
    """

    words: list[str]
    expected: dict[str, Expected]
    moved: dict[str, str]
    bridges: bool

    def unmoved(self, verdict: Verdict) -> Verdict:
        """A verdict without the parts that an override moves."""
        gone = set(self.moved.values())
        controllers = tuple(one for one in verdict.controllers if one.address not in gone)
        return verdict._replace(
            controllers=controllers, devices=tuple(one for one in verdict.devices if one.address not in gone)
        )


def handed_on(guest: Guest, options: Options, words: list[str]) -> HandedOn:
    """libvirt's words, made startable, with what the guest hands on."""
    layout = layout_of(guest, options)
    line = None if layout is None else layout.problem.command_line
    if layout is None or line is None:
        return HandedOn(words, {}, {}, False)
    words, ids = _overridden(layout, line, words)
    source, start = layout.problem.source, startup(layout)
    expected: dict[str, Expected] = {}
    for number, device in enumerate(line.devices):
        name = device.name if _WORD.fullmatch(device.name) else f"pcisolve-{number}"
        words = [*words, *_words(device, name, words[0])]
        spot = start.spots.get(device) if start is not None else None
        if spot is not None and device.form != BOARD:
            expected[name] = Expected(spot, clipped(device.text), source.location(device.node).line)
    for part, name in ids.items():
        spot = start.moved.get(part) if start is not None else None
        if spot is not None:
            node = part.node
            expected[name] = Expected(spot, name_of(part), None if node is None else source.location(node).line)
    moved = {name: str(layout.addresses[part]) for part, name in ids.items()}
    bridges = any(_is_bridge(device) for device in line.devices)
    return HandedOn([*words, *_machine(line)], expected, moved, bridges)


def layout_of(guest: Guest, options: Options) -> Layout | None:
    """The layout that is rehearsed; None where it has no numbers."""
    document = guest.document
    catalog = load_catalog(guest.models, options.libvirt)
    judged = judge(document.root, document, catalog, options._replace(stage="libvirt", platform=""))
    return None if isinstance(judged, Unnumbered) else judged.layout


def _machine(line: CommandLine) -> list[str]:
    """The other machine, by the name that the argument gives it."""
    if line.machine is None:
        return []
    name = str(key_values(line.machine[0].value or "", "type").get("type"))
    return ["-machine", f"type={name}"] if _WORD.fullmatch(name) else []


def _words(device: Device, name: str, program: str) -> Iterator[str]:
    """A device of an argument, only where it is."""
    if device.form == BOARD:
        yield from _of_board(device)
        return
    place: dict[str, Any] = {"driver": _stand_in(device, program), "id": name}
    if device.bus is not None and _WORD.fullmatch(device.bus):
        place["bus"] = device.bus
    if device.devfn is not None:
        slot, function = divmod(device.devfn, FUNCTIONS_PER_SLOT)
        place["addr"] = f"{slot:#x}.{function}"
    if place["driver"] == device.driver:
        place |= device.numbers
    yield "-device"
    if device.form == JSON:
        yield json.dumps({**place, "multifunction": device.multifunction})
    else:
        driver = place.pop("driver")
        bit = "on" if device.multifunction else "off"
        yield ",".join([driver, *(f"{key}={value}" for key, value in place.items()), f"multifunction={bit}"])


def _stand_in(device: Device, program: str) -> str:
    """Bridges and ports as they are; for anything else a device that wants nothing of the host."""
    if _is_bridge(device):
        return device.driver
    return "virtio-rng-pci" if program.endswith("s390x") else "pci-testdev"


_BRIDGES = frozenset({"pci-bridge", "pcie-pci-bridge", "i82801b11-bridge", "x3130-upstream", "pxb", "pxb-pcie"})


def _is_bridge(device: Device) -> bool:
    return device.slot_number is not None or device.driver in _BRIDGES


def _of_board(device: Device) -> list[str]:
    """An option that the machine itself answers, without what it would connect to."""
    option, value = device.argument.option, device.argument.value or ""
    if option == "vga":
        return ["-vga", value]
    if option in ("net", "nic"):
        addr = "" if device.devfn is None else f",addr={device.devfn // FUNCTIONS_PER_SLOT:#x}"
        return ["-net", f"nic,model={device.driver}{addr}"]
    if option in ("audio", "soundhw"):
        model = {"AC97": "ac97", "ES1370": "es1370"}.get(device.driver, "hda")
        return ["-audio", f"driver=none,model={model}"]
    return ["-machine", "usb=on"]


def _overridden(layout: Layout, line: CommandLine, words: list[str]) -> tuple[list[str], dict[Part, str]]:
    """libvirt's words with the overrides of places made, and the ids of the parts that they are about."""
    parts = aliases(layout)
    wanted = {parts[alias]: changes for alias, changes in line.overrides.items() if alias in parts}
    at: dict[tuple[str, int, int], Part] = {}
    for part in wanted:
        place = layout.places.get(part)
        provider = None if place is None else layout.by_index.get(place.provider)
        if place is not None and provider is not None:
            at[bus_name(layout, provider), place.slot, place.function] = part
    out = list(words)
    ids: dict[Part, str] = {}
    for number, (option, value) in enumerate(pairwise(words)):
        device = json.loads(value) if option == "-device" and value.startswith("{") else {}
        found = at.get(_key(device)) if "addr" in device else None
        if found is not None and "id" in device:
            out[number + 1] = json.dumps(_changed(device, wanted[found]))
            ids[found] = str(device["id"])
    return out, ids


def _key(device: dict[str, Any]) -> tuple[str, int, int]:
    slot, _, function = str(device["addr"]).partition(".")
    return str(device.get("bus")), int(slot, 16), int(function or "0", 16)


def _changed(device: dict[str, Any], changes: list[Property]) -> dict[str, Any]:
    changed = dict(device)
    for one in changes:
        if one.name in _PLACING:
            changed.pop(one.name, None)
            if one.value is not None:
                changed[one.name] = one.value
    return changed


def with_arguments(qemu: Qemu, expected: dict[str, Expected]) -> tuple[Difference, ...]:
    """Where QEMU has something elsewhere."""
    found = []
    for name, one in expected.items():
        spot = spot_of(qemu, name)
        if spot != tuple(one.spot):
            there = "nothing there" if spot is None else _spoken(*spot)
            found.append(Difference(one.line, one.name, _spoken(*one.spot), there))
    return tuple(found)


def _spoken(bus: str, slot: int, function: int) -> str:
    return f"{bus} slot {slot:02x} function {function:x}"

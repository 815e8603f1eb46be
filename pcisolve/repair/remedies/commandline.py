"""Arguments of qemu:commandline and overrides that collide: the one or the other side goes elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from pcisolve.core.address import SLOTS_PER_BUS, Address
from pcisolve.core.change import Change, NewElement, changed
from pcisolve.core.node import Node
from pcisolve.firstfit.run import choose
from pcisolve.problem.assemble import assemble
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.qemu.arguments import Argument, key_values
from pcisolve.problem.qemu.commandline import Malformed, Refused
from pcisolve.problem.qemu.devices import BOARD, JSON, KEYS, Device
from pcisolve.problem.start.aliases import bus_name, root_bus
from pcisolve.problem.start.collisions import Clash, Expander, NoBus, SameChassis, SameName
from pcisolve.problem.start.startup import startup
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedies.carriers import address_element
from pcisolve.repair.remedy import Remedies, Remedy, drop, put
from pcisolve.rules.check import Breach
from pcisolve.rules.registry import BY_ID
from pcisolve.rules.rule import Question, Telling
from pcisolve.solver.room import handed_out, make_room

# Keys whose type in JSON is known: any other could be a number as well as a text.
_TEXTS: Final = frozenset(
    {"driver", "id", "bus", "addr", "netdev", "drive", "chardev", "memdev", "mac", "serial", "host", "romfile"}
    | {"audiodev", "iothread", "sysfsdev"}
)
_NUMBERS: Final = frozenset({"chassis", "slot", "port", "chassis_nr", "bus_nr", "bootindex", "rombar"})
_MOST_ROUNDS: Final = 6
_DECIMAL: Final = re.compile(r"[0-9]{1,2}")
_SWITCHES: Final = frozenset({"multifunction"})


def _place(bench: Bench, case: Clash, telling: Telling) -> Iterator[Remedy]:
    """libvirt's parts go where `solve` puts them, or to a free slot where the input has put them; or the argument."""
    slot = _free_slot(bench, case.spot.bus)
    yield from _parts_elsewhere(bench, case, slot)
    device = next((one.device for one in (*case.later, case.first) if one.device is not None), None)
    if device is not None and slot is not None and device.form != BOARD:
        yield from _rewritten(device, {"addr": f"{slot:#x}"}, "argument to a free slot")
    moved = next((one.moved for one in (*case.later, case.first) if one.moved is not None), None)
    if moved is not None:
        if slot is not None and moved.name == "addr" and isinstance(moved.value, str):
            yield from put(moved.node, "value", f"{slot:#x}", "override to a free slot")
        yield from drop(moved.node, "", "remove override")
    if device is not None:
        yield from _without(device.argument)


def _parts_elsewhere(bench: Bench, case: Clash, slot: int | None) -> Iterator[Remedy]:
    question = bench.question
    pinned = [part for part in case.parts if part.pinned is not None]
    if not pinned:
        start = startup(question.layout)
        if start is not None and start.room is None:
            start.room = _room(bench)  # the same for every clash
        if start is not None and start.room:
            yield Remedy("make room", start.room)
        return
    provider = bench.controller(question.choice.places[pinned[0]].provider)
    if provider is None or slot is None or slot < (provider.model.min_slot if provider.model is not None else 0):
        return
    moves = []
    for one in dict.fromkeys(one for part in pinned for one in bench.together(part)):
        address = bench.address(provider, slot, question.choice.places[one].function)
        if one.address_node is not None and address is not None:
            moves.append(Change(one.address_node, "", address))
    yield Remedy("free slot of the bus", tuple(moves))


def _room(bench: Bench) -> tuple[Change, ...]:
    """Addresses for what libvirt would put where an argument goes, until nothing of it is left; none where that fails.

    What one part leaves libvirt may choose for the next.
    """
    before, changes = bench.problem, tuple[Change, ...]()
    for _ in range(_MOST_ROUNDS):
        root = changed(before.root, changes)
        problem = assemble(root, before.source, before.catalog, before.options._replace(scheme=before.scheme))
        question = Question(problem, choose(problem))
        start = startup(question.layout)
        clashes = (
            [] if start is None else [one for one in start.clashes if any(part.pinned is None for part in one.parts)]
        )
        if not clashes:
            return changes
        choice, moved = make_room(question, [Breach(BY_ID["qemu-arg-slot"], one) for one in clashes])
        devices = problem.root.first("devices")
        written = [_written(devices, one.part, one.after, choice.multifunction) for one in moved]
        new = tuple(one for one in written if one is not None)
        if not new or len(new) < len(moved):
            return ()
        changes += new
    return ()


def _written(devices: Node | None, part: Part, address: Address, multifunction: set[Part]) -> Change | None:
    """The address that libvirt has not been told yet; for a controller that it adds, the controller."""
    element = address_element(address)
    if part in multifunction:
        element.attributes["multifunction"] = "on"
    if part.node is None:
        if not isinstance(part, Controller) or devices is None:
            return None
        attributes = {"type": "pci", "index": str(part.index), "model": part.model_name}
        return Change(devices, "", NewElement("controller", attributes, (element,)))
    if part.address_node is not None:
        return Change(part.address_node, "", address)
    return Change(part.node, "", element)


def _free_slot(bench: Bench, bus: str) -> int | None:
    """The lowest slot of a bus that neither a part nor an argument has."""
    layout = bench.question.layout
    start = startup(layout)
    provider = next((one for one in layout.controllers if bus_name(layout, one) == bus), None)
    taken = {slot for index, slot in handed_out(bench.question) if provider is not None and index == provider.index}
    if start is not None:
        taken |= {spot.slot for spot in start.spots.values() if spot.bus == bus}
    if provider is None:
        return next((slot for slot in range(1, SLOTS_PER_BUS) if slot not in taken), None)
    taken |= {one.slot for one in bench.problem.machine.fixed if provider.index == 0}
    while (slot := bench.free_slot(provider)) is not None:
        if slot not in taken:
            return slot
    return None


def _rewritten(device: Device, values: dict[str, str | int], sort: str) -> Iterator[Remedy]:
    """A -device with other values of some keys, the rest as it is written."""
    text = device.argument.value or ""
    if device.argument.option != "device":
        return
    if device.form == JSON:
        try:
            read = json.loads(text)
        except ValueError:
            return  # QEMU takes single quotes, and JSON does not
        new = json.dumps({**read, **values}, ensure_ascii=False)
    else:
        new = text
        for key, value in values.items():
            new = _with_value(new, key, str(value))
    yield from put(device.node, "value", new, sort)


def _with_value(text: str, key: str, value: str) -> str:
    """key=value,key=value with another value of a key, or with one more."""
    pattern = rf"(?<!,)((?:,,)*,{key}=)(?:[^,]|,,)*"
    return re.sub(pattern, rf"\g<1>{value}", text) if re.search(pattern, text) else f"{text},{key}={value}"


def _without(argument: Argument) -> Iterator[Remedy]:
    """The guest goes without the argument."""
    yield Remedy("remove argument", tuple(Change(node, "", None) for node in argument.nodes if node.number >= 0))


def _json(device: Device, change: dict[str, str], sort: str) -> Iterator[Remedy]:
    text = _as_json(device, change)
    if text is not None:
        yield from put(device.node, "value", text, sort)


def _bus(bench: Bench, case: NoBus, telling: Telling) -> Iterator[Remedy]:
    """JSON form, so that it is made after libvirt's controllers; or the bus by its right name."""
    device = case.device
    if device is None:
        if case.moved is not None:
            yield from drop(case.moved.node, "", "remove override")
        return
    if isinstance(case.maker, Controller) and device.form == KEYS:
        yield from _json(device, {}, "JSON form")
        empty = _empty_port(bench)
        if empty is not None:
            yield from _json(device, {"bus": empty, "addr": "0x0"}, "JSON form, on a port that is empty")
    root = _root_name(bench)
    if case.maker is None and case.bus != root:
        yield from _rewritten(device, {"bus": root}, "the machine's bus")
    yield from _without(device.argument)


def _root_name(bench: Bench) -> str:
    root = bench.controller(0)
    return root_bus(root is not None and root.model is not None and root.model.express)


def _empty_port(bench: Bench) -> str | None:
    """The bus of a port that nothing is plugged into."""
    layout = bench.question.layout
    used = {place.provider for place in layout.places.values()}
    ports = (one for one in layout.controllers if one.model is not None and one.model.max_slot == one.model.min_slot)
    return next((bus_name(layout, one) for one in ports if one.index not in used and one.hotplug), None)


def _as_json(device: Device, change: dict[str, str]) -> str | None:
    """The argument in JSON form, with some values changed; None where the type of a value is not known."""
    read: dict[str, str | int | bool] = {}
    for key, text in {**key_values(device.argument.value or "", "driver"), **change}.items():
        if key in _TEXTS:
            read[key] = text
        elif key in _NUMBERS and text.isdecimal():
            read[key] = int(text)
        elif key in _SWITCHES and text in ("on", "off"):
            read[key] = text == "on"
        else:
            return None
    return json.dumps(read, ensure_ascii=False)


def _machine(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    """The machine goes where libvirt looks for it; or the argument goes."""
    line = bench.problem.command_line
    if line is None or line.machine is None:
        return
    argument = line.machine[0]
    name = key_values(argument.value or "", "type").get("type")
    kind = bench.problem.root.find("os/type")
    rest = [f"{key}={value}" for key, value in key_values(argument.value or "", "type").items() if key != "type"]
    if rest:
        yield from put(argument.node, "value", ",".join(rest), "no other machine")
    if isinstance(name, str):
        yield from put(kind, "machine", name, "machine of the XML")
    yield from _without(argument)


def _chassis(bench: Bench, case: SameChassis, telling: Telling) -> Iterator[Remedy]:
    layout, line = bench.question.layout, bench.problem.command_line
    used = {layout.target(one, "chassis") for one in layout.controllers}
    used |= {one.slot_number[0] for one in (line.devices if line is not None else ()) if one.slot_number is not None}
    number = next((number for number in range(255, 0, -1) if number not in used), None)
    if number is not None:
        yield from _rewritten(case.device, {"chassis": number}, "free chassis")
    yield from _without(case.device.argument)


def _name(bench: Bench, case: SameName, telling: Telling) -> Iterator[Remedy]:
    """Another id, unless others name the device's bus by it."""
    line, start = bench.problem.command_line, startup(bench.question.layout)
    devices = line.devices if line is not None else []
    used = {one.name for one in devices} | ({one.name for one in start.names} if start is not None else set())
    if not any(one.bus == case.name for one in devices):
        number = next(number for number in range(2, len(used) + 3) if f"{case.name}-{number}" not in used)
        yield from _rewritten(case.device, {"id": f"{case.name}-{number}"}, "free id")
    yield from _without(case.device.argument)


def _expander(bench: Bench, case: Expander, telling: Telling) -> Iterator[Remedy]:
    if case.device is not None:
        yield from _rewritten(case.device, {"bus": _root_name(bench)}, "the machine's bus")
        yield from _without(case.device.argument)
    elif case.moved is not None:
        yield from drop(case.moved.node, "", "remove override")


def _value(bench: Bench, case: Refused, telling: Telling) -> Iterator[Remedy]:
    """A slot that is too large in hexadecimal was most likely meant as a decimal number."""
    argument = case.argument
    values = key_values(argument.value or "", "driver")
    addr = values.get("addr", "")
    in_json = (argument.value or "").startswith("{")
    if argument.option == "device" and not in_json and _DECIMAL.fullmatch(addr) and int(addr) < SLOTS_PER_BUS:
        text = _with_value(argument.value or "", "addr", f"{int(addr):#x}")
        yield from put(argument.node, "value", text, "decimal slot")
    yield from _without(argument)


def _malformed(bench: Bench, case: Malformed, telling: Telling) -> Iterator[Remedy]:
    yield from drop(case.node, "", "remove element")


REMEDIES: dict[str, Remedies] = {
    "qemu-namespace": _malformed,
    "qemu-arg-value": _value,
    "qemu-arg-machine": _machine,
    "qemu-arg-bus": _bus,
    "qemu-arg-expander": _expander,
    "qemu-arg-chassis": _chassis,
    "qemu-arg-id": _name,
    "qemu-arg-slot": _place,
    "qemu-arg-chipset": _place,
    "qemu-override-place": _place,
}

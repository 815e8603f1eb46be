"""The buses, functions and BARs of a guest's layout."""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.catalog.bars import Bar, DeviceBars
from pcisolve.core.node import Node
from pcisolve.core.numbers import parse_decimal
from pcisolve.core.sizes import size_of
from pcisolve.firmware.guest_view import guest_view, opens_window
from pcisolve.firmware.io_windows import uses_io
from pcisolve.firmware.memory.tree import Bus, Function
from pcisolve.problem.layout import Layout
from pcisolve.problem.naming import plain_name
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem

_MOST_BITS: Final = 52  # of an x86 address
_LARGEST: Final = 1 << 60  # bytes; no BAR is larger
_PORTS: Final = frozenset({"pcie-root-port", "pcie-switch-downstream-port"})
_PORTS_TAKEN: Final = 64  # I/O ports of a device that has some: what counts is mostly that it has
_ALWAYS_VGA: Final = frozenset({"vga", "cirrus", "vmvga"})
_SHPC: Final = frozenset({"pci-bridge", "pcie-to-pci-bridge"})
# Options of qemu:commandline that may move the windows, or change what is behind them.
_MOVES: Final = ("below-4g", "pci-hole", "reserve", "seabios", "rombar", "highmem", "x-")
_MOVING: Final = frozenset({"-bios", "-global", "-pflash", "-readconfig", "-kernel", "-set", "-fw_cfg"})


class Tree(NamedTuple):
    """A guest as its firmware finds it.

    `tops`: the root bus, then those of the expanders by number. `parts`: of which part each function is. `complete`:
    whether the BARs of all are known.
    """

    tops: list[Bus]
    parts: dict[Function, Part]
    complete: bool


def bars_of(problem: Problem, part: Part) -> tuple[Bar, ...] | None:
    """The memory BARs of a part; None where nobody knows them."""
    if part.node is not None and part.node.number in problem.part_bars:
        return problem.part_bars[part.node.number]
    if part.host is not None:
        return problem.host_bars.get(part.host)
    if isinstance(part, Controller):
        return problem.catalog.bars().of_controller(part.model_name)
    if part.variant is None:
        return None
    found = problem.catalog.bars().of_variant(part.variant.name, part.view)
    if found is None or not found.sized:
        return None if found is None else found.bars
    return tuple(sorted(found.bars + _sized(found, part.view), key=_number))


def _number(bar: Bar) -> int:
    return bar.number


def _sized(found: DeviceBars, view: Node) -> tuple[Bar, ...]:
    bars = []
    for one in found.sized:
        size = _size(view, one.path, one.unit)
        size = one.default if size is None else size
        if 0 < size <= _LARGEST:
            bars.append(Bar(1 << (size - 1).bit_length(), one.kind, one.prefetchable, one.number))
    return tuple(bars)


def _size(view: Node, path: str, unit: int) -> int | None:
    """What the guest says; None where it says nothing that can be read."""
    if path.endswith("#"):
        node = view.find(path[:-1])
        return None if node is None else size_of(node.text, node.get("unit") or ("KiB" if unit > 1 else "bytes"))
    try:
        return parse_decimal(view.get(path) or "") * unit
    except ValueError:
        return None


def ram_of(problem: Problem) -> int:
    """Bytes of RAM the guest starts with, as far as it says; never more than it has."""
    node = problem.root.first("memory")
    total = (size_of(node.text, node.get("unit") or "KiB") if node is not None else 0) or 0
    devices = problem.root.first("devices")
    for one in devices.all("memory") if devices is not None else ():
        size = one.find("target/size")
        total -= (size_of(size.text, size.get("unit") or "KiB") if size is not None else 0) or 0
    return max(total, 0)


def bits_of(problem: Problem) -> int:
    """Bits of the guest's physical addresses as its <cpu> says them; 0 for not known."""
    cpu = problem.root.first("cpu")
    said = cpu.first("maxphysaddr") if cpu is not None else None
    if said is None or said.get("mode") != "emulate":
        return 0
    try:
        return min(parse_decimal(said.get("bits") or ""), _MOST_BITS)
    except ValueError:
        return 0


def is_plain(problem: Problem) -> bool:
    """Whether nothing that the guest hands on to QEMU may move its windows."""
    for line in problem.root.all("qemu:commandline"):
        for one in line.all("qemu:arg"):
            value = one.get("value") or ""
            if value in _MOVING or any(word in value for word in _MOVES):
                return False
    return not problem.root.all("qemu:override")


def tree_of(layout: Layout) -> Tree:
    """What a guest's firmware finds of a layout. Costs time and memory per part."""
    seen = guest_view(layout)
    parts: dict[Function, Part] = {}
    buses: dict[Controller, Bus] = {}
    tops = _tops(layout, buses, {one for one in layout.controllers if seen[one].visible})
    complete = True
    order = sorted((place.slot, place.function, at, part) for at, (part, place) in enumerate(layout.places.items()))
    for _, _, _, part in order:
        above = layout.provider(part)
        if above is None or not seen[part].visible:
            continue
        bars = bars_of(layout.problem, part)
        complete = complete and bars is not None
        function = Function(plain_name(part), bars or ())
        function.ports = (_PORTS_TAKEN,) if uses_io(part, above) else ()
        function.vga = _is_vga(layout.problem, part)
        function.usb = part.kind == "controller" and part.view.get("type") == "usb"
        parts[function] = part
        if isinstance(part, Controller) and not opens_window(part):
            _bridge(function, part, buses)
        _bus(buses, above).functions.append(function)
    return Tree(tops, parts, complete)


def _is_vga(problem: Problem, part: Part) -> bool:
    """Whether it is a VGA: of models that come without it, too, the first one is (libvirt -device qxl-vga and qxl)."""
    if part.kind != "video" or part.view.get("model/type") == "bochs":
        return False
    primary = next((one for one in problem.parts if one.kind == "video"), None)
    return part is primary or part.view.get("model/type") in _ALWAYS_VGA


def _tops(layout: Layout, buses: dict[Controller, Bus], seen: set[Controller]) -> list[Bus]:
    roots = [one for one in layout.controllers if one.is_root]
    numbered = [(layout.target(one, "busNr"), one) for one in layout.controllers if one in seen and opens_window(one)]
    expanders = sorted((number, one.index, one) for number, one in numbered if isinstance(number, int))
    tops = [_bus(buses, one) for one in roots]
    for _, _, one in expanders:
        if one.model is not None and one.model.guest_buses > 1:  # QEMU puts a bridge between
            hidden = Function(plain_name(one))
            hidden.bus = _bus(buses, one)
            tops.append(Bus([hidden]))
        else:
            tops.append(_bus(buses, one))
    return tops


def _bus(buses: dict[Controller, Bus], controller: Controller) -> Bus:
    return buses.setdefault(controller, Bus())


def _bridge(function: Function, controller: Controller, buses: dict[Controller, Bus]) -> None:
    """What a bridge has behind it, and what it keeps free there."""
    function.bus = _bus(buses, controller)
    function.express = controller.model_name in _PORTS
    function.hotplug = function.express or controller.model_name in _SHPC
    reserve = controller.targets.get("memReserve")
    function.reserve = reserve * 1024 if isinstance(reserve, int) else 0

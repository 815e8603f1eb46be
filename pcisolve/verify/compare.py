"""pcisolve's answer beside what the real things say, part by part."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.core.address import parse_address
from pcisolve.verdict.values import PlacedController, PlacedDevice, Verdict
from pcisolve.verify.machine import Numbered, Numbers, Place
from pcisolve.verify.values import Difference

Item = PlacedController | PlacedDevice
_NOWHERE = "no such part"


def with_libvirt(predicted: Verdict, real: Verdict) -> tuple[Difference, ...]:
    """Where the layout that libvirt gave back is another than predicted.

    Args:
        predicted: the layout of the input.
        real: what pcisolve reads in libvirt's own XML, in which nothing may be left to choose or to add.
    """
    mine, theirs = _grouped(predicted), _grouped(real)
    found: list[Difference] = []
    for key, items in mine.items():
        others = theirs.pop(key, [])
        for at, item in enumerate(items):
            other = others[at] if at < len(others) and _is_written(others[at]) else None
            if other is None or other.address != item.address:
                what = _NOWHERE if other is None else other.address or "a root"
                found.append(Difference(item.line, _name(item), item.address or "a root", what))
        found += [_unexpected(other) for other in others[len(items) :] if _is_written(other)]
    found += [_unexpected(other) for others in theirs.values() for other in others if _is_written(other)]
    return tuple(found)


def _unexpected(item: Item) -> Difference:
    return Difference(None, _name(item), _NOWHERE, item.address or "a root")


def _is_written(item: Item) -> bool:
    """Whether libvirt wrote it: what pcisolve adds in reading is no evidence."""
    return not item.added if isinstance(item, PlacedController) else not (item.implicit or item.chosen)


def _grouped(verdict: Verdict) -> dict[tuple[str, ...], list[Item]]:
    """libvirt keeps devices of a kind in their order, and the kinds in one of its own."""
    groups: dict[tuple[str, ...], list[Item]] = {}
    for controller in verdict.controllers:
        groups.setdefault(("pci controller", str(controller.index), controller.model), []).append(controller)
    for device in verdict.devices:
        # A controller has its number; another device may get its name, such as a MAC address, from libvirt.
        groups.setdefault((device.kind, device.name if device.kind == "controller" else ""), []).append(device)
    return groups


def with_places(predicted: Verdict, places: dict[str, Place], chipset: Numbers) -> tuple[Difference, ...]:
    """Where QEMU has no device, or has one that was not predicted."""
    at = {place: name for name, place in places.items()}
    found: list[Difference] = []
    for item in _placed(predicted):
        want = place_of(item)
        name = at.pop(want, None)
        built_in = name is None and not want.provider and (0, want.slot, want.function) in chipset.nameless
        if isinstance(item, PlacedController) and name is not None and name != f"pci.{item.index}":
            found.append(Difference(item.line, _name(item), _words(want), f"{name} is there"))
        elif name is None and not built_in:
            there = places.get(f"pci.{item.index}") if isinstance(item, PlacedController) else None
            found.append(Difference(item.line, _name(item), _words(want), _words(there) if there else "nothing there"))
    found += [Difference(None, name, _NOWHERE, _words(place)) for place, name in at.items()]
    return tuple(found)


def with_numbers(predicted: Verdict, places: dict[str, Place], real: Numbers) -> tuple[Difference, ...]:
    """Where the firmware gave other numbers than predicted; what is predicted to be lost is not looked for."""
    at = {place: name for name, place in places.items()}
    return tuple(one for item in _placed(predicted) if item.guest.visible for one in _numbered(item, at, real))


def _numbered(item: Item, at: dict[Place, str], real: Numbers) -> Iterator[Difference]:
    guest, name = item.guest, at.get(place_of(item))
    if name is None or guest.address is None:
        return
    wanted, seen = parse_address(guest.address), real.devices.get(name)
    if seen is None or (seen.bus, seen.slot, seen.function) != (wanted.bus, wanted.slot, wanted.function):
        yield Difference(item.line, _name(item), f"the guest sees it at {_bare(guest.address)}", _seen(seen))
    elif isinstance(item, PlacedController):
        has = seen.buses
        if guest.secondary is None:
            if has is not None and has[0]:
                yield Difference(item.line, _name(item), "no bus number", _range(has))
        elif has is None and guest.secondary not in real.roots:
            yield Difference(item.line, _name(item), f"bus {guest.secondary:02x}", "no bus of that number")
        elif has is not None and has != (guest.secondary, guest.subordinate):
            yield Difference(item.line, _name(item), _range((guest.secondary, guest.subordinate or 0)), _range(has))


def _placed(verdict: Verdict) -> Iterator[Item]:
    everything: tuple[Item, ...] = (*verdict.controllers, *verdict.devices)
    return (item for item in everything if item.address is not None)


def place_of(item: Item) -> Place:
    """Where QEMU has to put it; in the flat scheme a bus is the index of its controller."""
    address = parse_address(item.address or "")
    return Place(address.bus, address.slot, address.function)


def _words(place: Place) -> str:
    return f"bus {place.provider:02x} slot {place.slot:02x} function {place.function:x}"


def _seen(seen: Numbered | None) -> str:
    return "not seen" if seen is None else f"{seen.bus:02x}:{seen.slot:02x}.{seen.function:x}"


def _range(buses: tuple[int, int]) -> str:
    return f"buses {buses[0]:02x} to {buses[1]:02x}" if buses[0] else "no bus number"


def _bare(address: str) -> str:
    """Without the domain, which QEMU does not tell."""
    return address.partition(":")[2]


def _name(item: Item) -> str:
    return f"{item.name} {item.model}" if isinstance(item, PlacedController) else item.name

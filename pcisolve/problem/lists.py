"""The order of libvirt's lists, which decides who is placed first (rule alg-lists)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from pcisolve.core.node import Node

_DISK_PREFIXES = ("fd", "hd", "sd", "vd", "xvd", "ubd", "nvme")
_BUS_OF_PREFIX = {"fd": "fdc", "hd": "ide", "sd": "scsi", "vd": "virtio", "xvd": "xen", "ubd": "uml"}
_MASTER_PORT = {"ich9-uhci1": 0, "ich9-uhci2": 2, "ich9-uhci3": 4}
UNINDEXED = -1


def disk_number(target: str) -> int:
    """The number of a disk by its target name: vda 0, vdb 1, vdaa 26; -1 for other names."""
    for prefix in _DISK_PREFIXES:
        if target.startswith(prefix):
            break
    else:
        return -1
    letters = target[len(prefix) :].rstrip("0123456789")
    if not letters or len(letters) > 6 or not (letters.isascii() and letters.isalpha() and letters.islower()):
        return -1
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("a") + 1
    return number - 1


def disk_name(prefix: str, number: int) -> str:
    """The target name of a number: sda for 0, sdaa for 26."""
    letters = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return prefix + letters


def disk_bus(disk: Node) -> str:
    """The bus of a disk, guessed from its device or target name where the input leaves it out."""
    bus = disk.get("target/bus")
    if bus is not None:
        return bus
    if disk.get("device") == "floppy":
        return "fdc"
    target = disk.get("target/dev") or ""
    return next((bus for prefix, bus in _BUS_OF_PREFIX.items() if target.startswith(prefix)), "ide")


def disks_in_order(disks: Iterable[Node]) -> list[Node]:
    """Disks of one bus by their number, buses in order of first appearance."""
    groups: dict[str, list[Node]] = {}
    for disk in disks:
        groups.setdefault(disk_bus(disk), []).append(disk)
    ordered: list[Node] = []
    for group in groups.values():
        ordered += sorted(group, key=lambda disk: disk_number(disk.get("target/dev") or ""))
    return ordered


def videos_in_order(videos: Iterable[Node]) -> list[Node]:
    """The primary video first, the rest as written."""
    return sorted(videos, key=lambda video: video.get("model/primary") != "yes")


class Indexed:
    """A controller element with its index (UNINDEXED until libvirt numbers it)."""

    __slots__ = ("index", "node", "type")

    def __init__(self, node: Node, controller_type: str, index: int) -> None:
        self.node = node
        self.type = controller_type
        self.index = index

    @property
    def is_companion(self) -> bool:
        """Whether it is a USB controller that has a master (rule alg-lists, step 2)."""
        if self.type != "usb":
            return False
        return self.node.first("master") is not None or self.node.get("model") in _MASTER_PORT

    @property
    def is_usb2(self) -> bool:
        """Whether it is one of the ICH9 USB 2 set of controllers, which share an index and a slot."""
        return self.type == "usb" and (self.node.get("model") or "").startswith("ich9-")


def controllers_in_order(controllers: Iterable[Indexed]) -> list[Indexed]:
    """The list libvirt builds by inserting controllers one by one; one type stays together."""
    groups: dict[str, list[Indexed]] = {}
    unsorted: set[str] = set()
    for controller in controllers:
        group = groups.setdefault(controller.type, [])
        if controller.index == UNINDEXED:
            unsorted.add(controller.type)
            group.append(controller)
        else:
            _insert(group, controller, is_sorted=controller.type not in unsorted)
    return [controller for group in groups.values() for controller in group]


def _insert(group: list[Indexed], new: Indexed, *, is_sorted: bool) -> None:
    if is_sorted:  # and within an index the companions come last, as the search below leaves them
        key = (new.index, new.is_companion)
        group.insert(bisect_right(group, key, key=lambda one: (one.index, one.is_companion)), new)
        return
    before = len(group)
    for position, other in enumerate(group):
        same = other.index == new.index
        if other.index > new.index or (same and other.is_companion and not new.is_companion):
            before = position
            break
    group.insert(before, new)


def with_indexes(ordered: list[Indexed]) -> list[Indexed]:
    """Give every unindexed controller the lowest free index of its type (rule alg-lists, step 4)."""
    taken: dict[str, set[int]] = {}
    for controller in ordered:
        taken.setdefault(controller.type, set()).add(controller.index)
    lowest: dict[str, int] = {}
    result: list[Indexed] = []
    for controller in ordered:
        if controller.index == UNINDEXED:
            index = _companion_index(controller, result, ordered)
            if index is None:
                index = lowest.get(controller.type, 0)
                while index in taken[controller.type]:
                    index += 1
                lowest[controller.type] = index
            taken[controller.type].add(index)
            controller = Indexed(controller.node, controller.type, index)
        result.append(controller)
    return result


def _companion_index(controller: Indexed, before: list[Indexed], ordered: list[Indexed]) -> int | None:
    """The index a USB 2 companion shares with the controller listed before it, or None."""
    if not controller.is_usb2:
        return None
    previous = next((one for one in reversed(before) if one.type == "usb"), None)
    if previous is None or not previous.is_usb2:
        return None
    model = controller.node.get("model")
    everyone = before + ordered[len(before) :]
    clash = any(
        one.type == "usb" and one.index == previous.index and one.node.get("model") == model for one in everyone
    )
    return None if clash else previous.index

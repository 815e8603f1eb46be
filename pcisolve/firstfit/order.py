"""Who is placed when (rule alg-device-order)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem

# The ICH9 USB 2 controllers of one index share a slot, each at its function of the real chip.
USB2_FUNCTION = {"ich9-ehci1": 7, "ich9-uhci1": 0, "ich9-uhci2": 1, "ich9-uhci3": 2}

_HOST_KINDS = frozenset({"pci", "scsi_host", "mdev"})


def _is_hostdev_interface(part: Part) -> bool:
    return part.view.get("type") == "hostdev"


def _always(part: Part) -> bool:
    return True


_TURNS: tuple[tuple[str, Callable[[Part], bool]], ...] = (
    ("filesystem", _always),
    ("interface", lambda part: not _is_hostdev_interface(part)),
    ("sound", _always),
    ("controller", lambda part: not isinstance(part, Controller)),
    ("disk", _always),
    ("interface", _is_hostdev_interface),
    ("hostdev", lambda part: part.view.get("type") in _HOST_KINDS),
    ("memballoon", _always),
    ("rng", _always),
    ("watchdog", _always),
    ("video", _always),
    ("shmem", _always),
    ("input", _always),
    ("serial", _always),
    ("iommu", _always),
    ("vsock", _always),
    ("memory", _always),
    ("crypto", _always),
    ("panic", _always),
    ("pstore", _always),
)


def parts_in_turn(problem: Problem, controllers: list[Controller]) -> Iterator[Part]:
    """The parts that want a place chosen for them, in the order in which libvirt serves them."""
    for controller in controllers:
        if controller.model is not None and not controller.is_root and controller.wants:
            yield controller
    own = ((element, _always) for element in problem.catalog.own_elements)  # libvirt has no turn for them: last
    for kind, takes_part in (*_TURNS, *own):
        for part in problem.by_kind(kind):
            if part.needs and part.wants and takes_part(part):
                yield part


def usb2_set(problem: Problem, part: Part) -> Iterator[Part]:
    """The other members of a USB 2 set, in list order."""
    for other in problem.usb_by_index.get(part.view.get("index"), ()):
        if other is not part and other.view.get("model") in USB2_FUNCTION:
            yield other

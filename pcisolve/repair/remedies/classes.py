"""What is left of another machine, and what libvirt would add and then finds no slot for."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.core.change import Change, NewElement
from pcisolve.firstfit.run import NO_ROOM_FOR_ADDED
from pcisolve.problem.choice import Failure
from pcisolve.problem.parts import Part
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedies.addresses import REMEDIES as ADDRESSES
from pcisolve.repair.remedies.machine import other_machines
from pcisolve.repair.remedy import Remedies, Remedy, free
from pcisolve.rules.qemu.root_bus import OnNothing
from pcisolve.rules.rule import Telling

_ANY_MACHINE = "qemu-xhci"  # the USB controller that was never part of a chipset


def _own_place(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    """libvirt finds an ordinary place for it; or the controller becomes one of every machine."""
    yield from free(case)
    node, address = case.node, case.address_node
    if node is not None and address is not None and case.view.get("type") == "usb":
        yield Remedy(_ANY_MACHINE, (Change(node, "model", _ANY_MACHINE), Change(address, "", None)))


def _machine_with_bus(bench: Bench, case: OnNothing, telling: Telling) -> Iterator[Remedy]:
    if case.root is not None:
        yield from other_machines(bench, case.root)


def _written_out(bench: Bench, case: Failure, telling: Telling) -> Iterator[Remedy]:
    """What libvirt adds after the devices have taken every slot: written out, it gets its slot before them."""
    if case.rule == NO_ROOM_FOR_ADDED and bench.devices is not None:
        added = bench.question.choice.added
        attributes = [{"type": "pci", "index": str(one.index), "model": one.model_name} for one in added]
        yield Remedy("write out", tuple(Change(bench.devices, "", NewElement("controller", one)) for one in attributes))
    yield from ADDRESSES["alg-find"](bench, case, telling)


REMEDIES: dict[str, Remedies] = {
    "piix3-usb-place": _own_place,
    "pci-root-without-pci": _machine_with_bus,
    "alg-find": _written_out,
}

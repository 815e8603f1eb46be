"""What is left of another machine: places of its chipset, and roots that QEMU does not have."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.core.change import Change
from pcisolve.problem.parts import Part
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedy import Remedies, Remedy, free, put
from pcisolve.rules.qemu.root_bus import OnNothing
from pcisolve.rules.rule import Telling

_ANY_BUS = "qemu-xhci"  # the USB controller of every machine that has PCI


def _own_place(bench: Bench, case: Part, telling: Telling) -> Iterator[Remedy]:
    """libvirt finds an ordinary place for it; or the controller becomes one that was never part of a chipset."""
    yield from free(case)
    node, address = case.node, case.address_node
    if node is not None and address is not None and case.view.get("type") == "usb":
        yield Remedy(_ANY_BUS, (Change(node, "model", _ANY_BUS), Change(address, "", None)))


def _machine_with_bus(bench: Bench, case: OnNothing, telling: Telling) -> Iterator[Remedy]:
    """A machine of the same architecture that has such a root."""
    problem = bench.problem
    node = problem.root.find("os/type")
    arch = (node.get("arch") if node is not None else None) or problem.machine.arches[0]
    for family in problem.catalog.machines():
        fits = family.qemu_root and (case.root is None or family.root == case.root.model_name)
        name = next((one for one in family.names if "*" not in one), None)
        if fits and family.root and name is not None and arch in family.arches:
            yield from put(node, "machine", name, f"machine {family.family}")


REMEDIES: dict[str, Remedies] = {"piix3-usb-place": _own_place, "pci-root-without-pci": _machine_with_bus}

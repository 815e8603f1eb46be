"""Numbers that QEMU wants to be unique: chassis, bus numbers, host bridges, ACPI indexes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple

from pcisolve.core.numbers import is_auto_radix, parse_auto_radix
from pcisolve.firmware.guest_view import guest_domain
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of

HIGHEST_ACPI_INDEX = 16383


class Twins(NamedTuple):
    """Controllers whose numbers are equal."""

    value: int
    controllers: tuple[Controller, ...]


class UniqueTarget(Rule[Twins]):
    """Shared by the rules about one <target> option that no two controllers may have alike."""

    stage = "qemu"
    option: str
    what: str
    lowest = 0

    def applies(self, problem: Problem) -> bool:
        """Whether QEMU minds on this machine."""
        return True

    def scope(self, layout: Layout, controller: Controller) -> Hashable:
        """Within what the number must be unique."""
        return 0

    def cases(self, question: Question) -> Iterator[Twins]:
        if not self.applies(question.problem):
            return
        layout = question.layout
        users: dict[tuple[Hashable, int], list[Controller]] = {}
        for controller in question.controllers:
            value = layout.target(controller, self.option)
            if isinstance(value, int) and controller.model is not None and self.option in controller.model.targets:
                users.setdefault((self.scope(layout, controller), value), []).append(controller)
        for (_, value), controllers in users.items():
            if len(controllers) > 1 and value >= self.lowest:
                yield Twins(value, tuple(controllers))

    def check(self, layout: Layout, case: Twins) -> bool:
        numbers = [(self.scope(layout, one), layout.target(one, self.option)) for one in case.controllers]
        return len(set(numbers)) == len(numbers)

    def tell(self, question: Question, case: Twins) -> Telling:
        given = [one for one in case.controllers if self.option in one.targets]
        filled = [one for one in case.controllers if one not in given]
        names = " and ".join(name_of(one) for one in case.controllers[:2])
        more = f" and {len(case.controllers) - 2} more" if len(case.controllers) > 2 else ""
        message = f"QEMU will not start: {names}{more} have {self.option} {case.value}; {self.what}"
        if filled:
            one = filled[-1]
            message += f"; for {name_of(one)} it is libvirt's choice, pcisolve solve chooses another"
        last = (given or list(case.controllers))[-1]
        points = [self._point(last, "")]
        points += [self._point(one, "has it too") for one in case.controllers if one is not last]
        return Telling(message, tuple(points))

    def _point(self, controller: Controller, role: str) -> Point:
        node = controller.node or controller.view
        target = node.first("target")
        if target is not None and self.option in target.attributes:
            return Point(target, self.option, role)
        return Point(node, "index" if "index" in node.attributes else "", role)


class ChassisUnique(UniqueTarget):
    """No two PCI Express ports have one chassis number.

    libvirt fills in the port's index, so a number given by hand may meet another port's index. QEMU has one list of
    them; several PCI domains with ports, which it cannot start today, are taken to have a list each.
    """

    id = "chassis-unique"
    option = "chassis"
    what = "each port's chassis must be its own, from 0 to 255"
    source = "QEMU hw/pci/pcie_port.c, tried with 7.2 (Can't add chassis slot, error -16)"
    allows = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'><target chassis='2'/></controller>"
        "<controller type='pci' index='2' model='pcie-root-port'><target chassis='1'/></controller>",
    )
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'><target chassis='2'/></controller>"
        "<controller type='pci' index='2' model='pcie-root-port'><target chassis='2'/></controller>",
    )

    def scope(self, layout: Layout, controller: Controller) -> Hashable:
        return None if layout.problem.flat else layout.root_above(controller)


class ChassisNrUnique(UniqueTarget):
    """On pseries no two conventional bridges have one chassis number, below any host bridge.

    Elsewhere QEMU takes duplicates.
    """

    id = "chassisnr-unique"
    option = "chassisNr"
    what = "each bridge's chassisNr must be its own, from 1 to 255"
    source = "QEMU hw/ppc/spapr_pci.c, tried with 7.2"
    allows = (
        "pseries: <controller type='pci' index='1' model='pci-bridge'><target chassisNr='2'/></controller>"
        "<controller type='pci' index='2' model='pci-bridge'><target chassisNr='1'/></controller>",
        "pc: <controller type='pci' index='1' model='pci-bridge'><target chassisNr='2'/></controller>"
        "<controller type='pci' index='2' model='pci-bridge'/>",
    )
    forbids = (
        "pseries: <controller type='pci' index='1' model='pci-bridge'><target chassisNr='2'/></controller>"
        "<controller type='pci' index='2' model='pci-bridge'><target chassisNr='2'/></controller>",
    )

    def applies(self, problem: Problem) -> bool:
        return problem.machine.unique_bridge_chassis


class BusNrUnique(UniqueTarget):
    """No two expander buses of a PCI domain begin with one bus number."""

    id = "start-busnr-dup"
    option = "busNr"
    what = "each expander bus begins with a bus number of its own"
    source = "QEMU hw/pci-bridge/pci_expander_bridge.c, tried with 7.2 (Bus 100 is already in use)"
    allows = (
        "q35: <controller type='pci' index='1' model='pcie-expander-bus'><target busNr='100'/></controller>"
        "<controller type='pci' index='2' model='pcie-expander-bus'><target busNr='102'/></controller>",
    )
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-expander-bus'><target busNr='100'/></controller>"
        "<controller type='pci' index='2' model='pcie-expander-bus'><target busNr='100'/></controller>",
    )

    def scope(self, layout: Layout, controller: Controller) -> Hashable:
        root = layout.root_above(controller)
        return None if root is None else guest_domain(layout, root)


class PhbUnique(UniqueTarget):
    """No two host bridges of pseries have one target index.

    libvirt's own default may repeat one that a later controller gives by hand (phb-target-default-bug).
    """

    id = "start-phb-dup"
    option = "index"
    lowest = 1  # 0 is rule target-index
    what = "each host bridge's target index must be its own, from 0 to 30"
    source = "QEMU hw/ppc/spapr_pci.c, tried with 7.2 (PHB 5 already attached)"
    allows = (
        "pseries: <controller type='pci' index='1' model='pci-root'><target index='5'/></controller>"
        "<controller type='pci' index='2' model='pci-root'><target index='6'/></controller>",
    )
    forbids = (
        "pseries: <controller type='pci' index='1' model='pci-root'><target index='5'/></controller>"
        "<controller type='pci' index='2' model='pci-root'><target index='5'/></controller>",
    )


class AcpiIndexed(NamedTuple):
    """Devices that ask for one ACPI index."""

    value: int
    parts: tuple[Part, ...]


class AcpiIndex(Rule[AcpiIndexed]):
    """An ACPI index belongs to one device, and is at most 16383.

    QEMU 7.2 looks only where ACPI does the hot-plugging: on bus 0 of x86 machines, and behind their conventional
    bridges. QEMU 10.0 looks everywhere.
    """

    id = "start-acpi-index"
    stage = "qemu"
    source = (
        "QEMU hw/acpi/pcihp.c, hw/pci/pci.c, tried with 7.2, 10.0 and 11.1 (PCI device with acpi-index = 7 already)"
    )
    allows = (
        "q35: <rng model='virtio'><acpi index='1'/></rng><rng model='virtio'><acpi index='2'/></rng>",
        "pc: <rng model='virtio'><acpi index='1'/></rng><rng model='virtio'><acpi index='16383'/></rng>",
    )
    forbids = (
        "pc: <rng model='virtio'><acpi index='1'/></rng><rng model='virtio'><acpi index='1'/></rng>",
        "pc: <rng model='virtio'><acpi index='16384'/></rng>",
        "q35: <rng model='virtio'><acpi index='16384'/></rng>",
        "pseries: <rng model='virtio'><acpi index='16384'/></rng>",
    )

    def cases(self, question: Question) -> Iterable[AcpiIndexed]:
        problem = question.problem
        if not problem.machine.acpi_index and problem.options.qemu < _EVERYWHERE:
            return ()
        users: dict[int, list[Part]] = {}
        for part in question.placed:
            value = _acpi_index(part) if _looks_at(question.layout, part) else None
            if value is not None:
                users.setdefault(value, []).append(part)
        found = [AcpiIndexed(value, tuple(parts)) for value, parts in users.items()]
        return [one for one in found if len(one.parts) > 1 or one.value > HIGHEST_ACPI_INDEX]

    def check(self, layout: Layout, case: AcpiIndexed) -> bool:
        numbers = [_acpi_index(part) or 0 for part in case.parts if _looks_at(layout, part)]
        return len(set(numbers)) == len(numbers) and max(numbers, default=0) <= HIGHEST_ACPI_INDEX

    def tell(self, question: Question, case: AcpiIndexed) -> Telling:
        points = [_acpi_point(case.parts[-1], ""), *(_acpi_point(part, "has it already") for part in case.parts[:-1])]
        if case.value > HIGHEST_ACPI_INDEX:
            message = f"{name_of(case.parts[0])} has ACPI index {case.value}; the highest is {HIGHEST_ACPI_INDEX}"
        else:
            names = " and ".join(name_of(part) for part in case.parts[:2])
            message = f"{len(case.parts)} devices have ACPI index {case.value}, {names} among them; it must be unique"
        return Telling(f"QEMU will not start: {message}", tuple(points))


_EVERYWHERE = (10, 0, 0)


def _looks_at(layout: Layout, part: Part) -> bool:
    bus = layout.provider(part)
    if bus is None or layout.problem.options.qemu >= _EVERYWHERE:
        return bus is not None
    return bus.index == 0 or (bus.model is not None and not bus.model.express)


def _acpi_index(part: Part) -> int | None:
    text = part.view.get("acpi/index")
    return parse_auto_radix(text) if text is not None and is_auto_radix(text) else None


def _acpi_point(part: Part, role: str) -> Point:
    return Point(part.view.first("acpi") or part.view, "index", role)


RULES: tuple[Rule[Twins] | Rule[AcpiIndexed], ...] = (
    ChassisUnique(),
    ChassisNrUnique(),
    BusNrUnique(),
    PhbUnique(),
    AcpiIndex(),
)

"""Arguments of qemu:commandline that cannot be: unreadable, on a bus that is not there, with a number that is taken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pcisolve.problem.layout import Layout
from pcisolve.problem.naming import clipped, name_of
from pcisolve.problem.parts import Part
from pcisolve.problem.qemu.commandline import Malformed, Refused
from pcisolve.problem.qemu.devices import Device
from pcisolve.problem.start.aliases import root_bus
from pcisolve.problem.start.collisions import Expander, NoBus, SameChassis, SameName, Startup
from pcisolve.problem.start.startup import is_built_in
from pcisolve.rules.qemu.handed_on import StartRule, origin, override_point, point_of, quoted
from pcisolve.rules.rule import Point, Question, Rule, Telling, point


class Readable(Rule[Malformed]):
    """Every qemu:arg has a value, and every override a name, a type and a value of that type."""

    id = "qemu-namespace"
    impossible = True
    source = "libvirt src/qemu/qemu_domain.c, tried with 9.0.0 (No qemu command-line argument specified)"
    allows = ("q35: <rng model='virtio'/> -- -S", "q35: <rng model='virtio'/> -- override nobody addr=0x6")
    forbids = ("q35: <rng model='virtio'/> -- <qemu:arg/>",)

    def cases(self, question: Question) -> Iterable[Malformed]:
        line = question.problem.command_line
        return () if line is None else line.malformed

    def check(self, layout: Layout, case: Malformed) -> bool:
        line = layout.problem.command_line
        return line is None or case not in line.malformed

    def tell(self, question: Question, case: Malformed) -> Telling:
        tag = f"<{case.node.tag}>"
        if case.attribute and case.attribute in case.node.attributes:
            text = clipped(case.node.attributes[case.attribute])
            message = f"{case.attribute}='{text}' of {tag} cannot be read: expected {case.expected}"
        else:
            message = f"{tag} is incomplete: expected {case.expected}"
        return Telling(message, (Point(case.node, case.attribute),))


class ArgumentValue(Rule[Refused]):
    """QEMU can read every -device of qemu:commandline: its JSON, its driver, its addr and chassis."""

    id = "qemu-arg-value"
    stage = "qemu"
    source = "QEMU qapi, hw/core/qdev-properties-system.c set_pci_devfn, tried with 7.2 (doesn't take value '0x20')"
    allows = ("q35: <rng model='virtio'/> -- -device e1000e,addr=0x1e.7",)
    forbids = (
        "q35: <rng model='virtio'/> -- -device e1000e,addr=0x20",
        'q35: <rng model=\'virtio\'/> -- -device {"driver":"e1000e",}',
        "q35: <rng model='virtio'/> -- -device",
    )

    def cases(self, question: Question) -> Iterable[Refused]:
        line = question.problem.command_line
        return () if line is None else line.refused

    def check(self, layout: Layout, case: Refused) -> bool:
        line = layout.problem.command_line
        return line is None or case not in line.refused

    def tell(self, question: Question, case: Refused) -> Telling:
        message = f"QEMU will not start: it cannot read {quoted(case.argument)}: expected {case.expected}"
        return Telling(message, (point_of(case.argument),))


class ArgumentMachine(Rule[Part]):
    """qemu:commandline leaves the machine as it is where libvirt has placed devices on its bus.

    The last -machine counts, and libvirt has placed everything for the one of the XML.
    """

    id = "qemu-arg-machine"
    stage = "qemu"
    source = "QEMU softmmu/vl.c, tried with 7.2 (Bus 'pci.0' not found)"
    allows = ("q35: <rng model='virtio'/> -- -machine type=pc-q35-7.2",)
    forbids = ("pc: <rng model='virtio'/> -- -machine type=pc-q35-7.2",)

    def cases(self, question: Question) -> Iterable[Part]:
        line = question.problem.command_line
        if line is None or line.machine is None:
            return ()
        return [part for part in question.placed if self._is_told(question, part)][:1]

    def _is_told(self, question: Question, part: Part) -> bool:
        """Whether libvirt tells QEMU of a part on the machine's bus; the chipset's own it does not."""
        place = question.choice.places[part]
        return place.provider == 0 and not is_built_in(question.problem.machine, part, place)

    def check(self, layout: Layout, case: Part) -> bool:
        return layout.problem.command_line is None or layout.problem.command_line.machine is None

    def tell(self, question: Question, case: Part) -> Telling:
        problem, line = question.problem, question.problem.command_line
        assert line is not None and line.machine is not None
        argument, machine = line.machine
        root = problem.roots[0] if problem.roots else None
        bus = root_bus(root is not None and root.model is not None and root.model.express)
        message = (
            f"QEMU will not start: {quoted(argument)} of qemu:commandline makes the machine {machine.family}, but "
            f"libvirt places devices such as {name_of(case)} on {bus} of {problem.machine.family}"
        )
        kind = problem.root.find("os/type")
        rest = [] if kind is None else [Point(kind, "machine", "is the machine libvirt places devices for")]
        return Telling(message, (point_of(argument), *rest))


class ArgumentBus(StartRule[NoBus]):
    """The bus that an argument or an override names is there when the device is made.

    Buses of libvirt's controllers come after key=value arguments of qemu:commandline, and before JSON ones.
    """

    id = "qemu-arg-bus"
    source = "QEMU softmmu/qdev-monitor.c qbus_find, tried with 7.2 (Bus 'pci.1' not found)"
    allows = (
        'q35: <rng model=\'virtio\'/> -- -device {"driver":"e1000e","bus":"pci.2","addr":"0x1"}',
        "q35: <rng model='virtio'/> -- -device pcie-root-port,id=mine,chassis=99,addr=0x8 -device e1000e,bus=mine",
    )
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'/> -- -device e1000e,bus=pci.1",
        "pc: <rng model='virtio'/> -- -device e1000e,bus=pcie.0",
    )

    def found(self, start: Startup) -> Iterable[NoBus]:
        return start.no_bus

    def tell(self, question: Question, case: NoBus) -> Telling:
        if case.device is not None:
            head, points = f"{origin(case.device)} names", [point_of(case.device.argument)]
        else:
            assert case.part is not None and case.moved is not None
            head, points = f"qemu:override puts {name_of(case.part)} on", [override_point(case.moved)]
        notes: tuple[str, ...] = ()
        if case.maker is None:
            reason = "there is no such bus"
            if case.bus in ("pci.0", "pcie.0"):
                reason += f"; that of {question.problem.machine.family} has another name"
        elif isinstance(case.maker, Device):
            reason = f"{quoted(case.maker.argument)} makes it later"
            points.append(point_of(case.maker.argument, "makes the bus"))
        else:
            reason = f"{name_of(case.maker)} comes later"
            points.append(point(case.maker, "", "makes the bus"))
            notes = (
                "QEMU makes -device arguments in JSON form after libvirt's controllers, those with key=value before",
            )
        message = f"QEMU will not start: {head} the bus {clipped(case.bus)}, but {reason}"
        return Telling(message, tuple(points), notes)


class ArgumentExpander(StartRule[Expander]):
    """Only bridges are plugged into an expander bus.

    QEMU gives a device that names no bus to the newest root there is, which may be the expander.
    """

    id = "qemu-arg-expander"
    source = "QEMU hw/pci-bridge/pci_expander_bridge.c, tried with 7.2 (Only PCI/PCIe bridges can be plugged into pxb)"
    allows = (
        "q35: <controller type='pci' index='1' model='pcie-expander-bus'/> -- -device e1000e,addr=0x8",
        "q35: <controller type='pci' index='1' model='pcie-expander-bus'/> -- "
        '-device {"driver":"e1000e","bus":"pcie.0"}',
    )
    forbids = ("q35: <controller type='pci' index='1' model='pcie-expander-bus'/> -- -device {\"driver\":\"e1000e\"}",)

    def found(self, start: Startup) -> Iterable[Expander]:
        return start.expanders

    def tell(self, question: Question, case: Expander) -> Telling:
        only = f"{clipped(case.bus)}, an expander bus that takes bridges only"
        if case.device is not None:
            asks = "names no bus, so QEMU takes" if case.chosen else "names"
            message = f"QEMU will not start: {origin(case.device)} {asks} {only}"
            return Telling(message, (point_of(case.device.argument),))
        assert case.part is not None and case.moved is not None
        message = f"QEMU will not start: qemu:override puts {name_of(case.part)} on {only}"
        return Telling(message, (override_point(case.moved),))


class ArgumentChassis(StartRule[SameChassis]):
    """Ports of qemu:commandline share the chassis numbers with those of the guest: no two have one alike."""

    id = "qemu-arg-chassis"
    source = "QEMU hw/pci/pcie_port.c, tried with 7.2 (Can't add chassis slot, error -16)"
    allows = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'/> -- -device ioh3420,addr=0x8,chassis=99",
        "q35: <controller type='pci' index='1' model='pcie-root-port'/> -- -device ioh3420,addr=0x8,chassis=1,slot=1",
    )
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-root-port'><target chassis='1'/></controller>"
        " -- -device ioh3420,addr=0x8,chassis=1",
    )

    def found(self, start: Startup) -> Iterable[SameChassis]:
        return start.chassis

    def tell(self, question: Question, case: SameChassis) -> Telling:
        other = case.other
        name = quoted(other.argument) if isinstance(other, Device) else name_of(other)
        message = (
            f"QEMU will not start: {origin(case.device)} and {name} have chassis {case.chassis}, slot number alike"
        )
        rest = point_of(other.argument, "has it too") if isinstance(other, Device) else point(other, "", "has it too")
        return Telling(message, (point_of(case.device.argument), rest))


class ArgumentName(StartRule[SameName]):
    """No id of qemu:commandline is that of another device; those of libvirt are its aliases."""

    id = "qemu-arg-id"
    source = "QEMU softmmu/qdev-monitor.c, tried with 7.2 (Duplicate device ID 'pci.1')"
    allows = ("q35: <rng model='virtio'/> -- -device e1000e,addr=0x8,id=nic",)
    forbids = ("q35: <rng model='virtio'/> -- -device e1000e,addr=0x8,id=rng0",)

    def found(self, start: Startup) -> Iterable[SameName]:
        return start.names

    def tell(self, question: Question, case: SameName) -> Telling:
        other = case.other
        name = quoted(other.argument) if isinstance(other, Device) else name_of(other)
        message = f"QEMU will not start: {origin(case.device)} and {name} have the id {clipped(case.name)}"
        rest = point_of(other.argument, "has it too") if isinstance(other, Device) else point(other, "", "has it too")
        return Telling(message, (point_of(case.device.argument), rest))


RULES: tuple[Rule[Any], ...] = (
    Readable(),
    ArgumentValue(),
    ArgumentMachine(),
    ArgumentBus(),
    ArgumentExpander(),
    ArgumentChassis(),
    ArgumentName(),
)

"""From the elements of a guest to its parts, as libvirt would see them after parsing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pcisolve.catalog.behaviors import ADDED_IN_ORDER, SCSI_MODEL_OF_SIBLINGS
from pcisolve.catalog.catalog import Catalog
from pcisolve.catalog.machines import Machine
from pcisolve.core.errors import InputError
from pcisolve.core.kinds import CONVENTIONAL, EXPRESS
from pcisolve.core.node import Node, Source
from pcisolve.problem import implicit
from pcisolve.problem.defaults import DEFAULT_TYPE, with_defaults
from pcisolve.problem.hypervisor import refuse_other
from pcisolve.problem.lists import (
    UNINDEXED,
    Indexed,
    controllers_in_order,
    disks_in_order,
    videos_in_order,
    with_indexes,
)
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import COMMON, MAX_CONTROLLERS, Options, Problem
from pcisolve.problem.qemu.commandline import read_command_line
from pcisolve.problem.reading import Reader
from pcisolve.problem.scheme import MULTI_DOMAIN, scheme_of
from pcisolve.problem.serial_ports import assign_ports
from pcisolve.problem.unknown import refuse_unknown_elements, refuse_unknown_words
from pcisolve.problem.virtio import (
    is_there_in_name_only,
    leave_pci,
    lose_address,
    repeats_a_serial,
    settle_virtio_addresses,
)

if TYPE_CHECKING:
    from pcisolve.problem.qemu.commandline import CommandLine

# The order in which libvirt walks the devices of a guest (rule alg-iteration-order).
ITERATION_ORDER = [
    "disk",
    "interface",
    "sound",
    "hostdev",
    "video",
    "controller",
    "smartcard",
    "serial",
    "parallel",
    "channel",
    "console",
    "input",
    "filesystem",
    "watchdog",
    "memballoon",
    "rng",
    "nvram",
    "hub",
    "shmem",
    "tpm",
    "panic",
    "memory",
    "redirdev",
    "iommu",
    "vsock",
    "crypto",
    "pstore",
]
_LAST_SCSI = "lsilogic"  # the default of machines that have no SCSI controller of their own
_NUMBER_OPTIONS = ("chassisNr", "chassis", "port", "busNr", "index", "memReserve")
NUMBERED_LATER = -1


def assemble(
    root: Node, source: Source, catalog: Catalog, options: Options, indexes: dict[int, int] | None = None
) -> Problem:
    """Everything the rules and the search need to know about a guest.

    Args:
        root: the <domain> element.
        indexes: in the multi-domain scheme, controller indexes already found, by Node.number.

    Raises:
        InputError: the machine or its architecture is unknown, or the guest is for another hypervisor and more is asked
            for than the stage that all have in common.
    """
    return _Assembly(root, source, catalog, options, indexes or {}).problem()


class _Assembly:
    def __init__(self, root: Node, source: Source, catalog: Catalog, options: Options, indexes: dict[int, int]) -> None:
        self.root, self.source, self.catalog, self.options = root, source, catalog, options
        self.indexes = indexes
        self.reader = Reader()
        self.machine = self._machine()
        devices = root.first("devices")
        children = devices.children if devices is not None else []
        refuse_unknown_elements(self.reader, catalog, children)
        self.elements = implicit.Elements(children, in_order=catalog.behaves(ADDED_IN_ORDER))
        console = self._first_console()
        has_serial = bool(self.elements.tagged("serial"))
        self.repeating: Node | None = console if has_serial else None
        self.acting: Node | None = None if has_serial else console
        self.scheme = options.scheme if options.scheme != "auto" else scheme_of(self.elements, catalog)
        self.numbered_later: set[int] = set()
        self.scsi_model = ""
        self.number_options = tuple(one for one in _NUMBER_OPTIONS if one in catalog.target_options)

    def _machine(self) -> Machine:
        if self.options.stage == COMMON:
            return self.catalog.family("other-hypervisor")
        refuse_other(self.root, self.source)
        arch, name = self.root.get("os/type/arch"), self.root.get("os/type/machine")
        node = self.root.find("os/type") or self.root
        try:
            return self.catalog.machine(arch, name)
        except InputError as error:
            meant = self.catalog.meant_machine(arch, name)
            if meant is None:
                where = error.location or self.source.location(node)
                raise InputError(error.message, expected=error.expected, location=where) from None
            self.reader.refuse("known-machine", node, "machine", name or "", f'did you mean "{meant}"?')
            return self.catalog.machine(arch, meant)

    def _first_console(self) -> Node | None:
        """The console that only repeats the first serial port, or, where there is none, acts as one."""
        return next(filter(repeats_a_serial, self.elements.tagged("console")[:1]), None)

    def problem(self) -> Problem:
        self._order_lists()
        elements, machine = self.elements, self.machine
        implicit.add_family_defaults(elements, machine)
        implicit.add_implicit_controllers(elements)
        implicit.add_implicit_video(elements)
        ports = assign_ports(elements)
        parts = self._parts()
        controllers = [part for part in parts if isinstance(part, Controller)]
        express = any(one.index == 0 and one.model is not None and one.model.express for one in controllers)
        for part in parts:
            self._classify(part, express)
        settle_virtio_addresses(parts, machine, express)
        for part in parts:
            if part.needs == 0 and part.pinned is not None and not isinstance(part, Controller):
                part.needs = part.explicit_needs = CONVENTIONAL  # rule flags-zero-but-address
        return Problem(
            root=self.root,
            source=self.source,
            catalog=self.catalog,
            machine=machine,
            options=self.options,
            scheme=self.scheme,
            controllers=controllers,
            parts=parts,
            unreadable=self.reader.unreadable,
            ports=ports,
            command_line=self._command_line(),
        )

    def _command_line(self) -> CommandLine | None:
        """Read with modules that a guest without one never loads."""
        if not any(one.tag.startswith("qemu:") for one in self.root.children):
            return None
        return read_command_line(self.root, self.catalog, self.machine)

    def _order_lists(self) -> None:
        by_tag = self.elements.by_tag
        by_tag["disk"] = disks_in_order(self.elements.tagged("disk"))
        by_tag["video"] = videos_in_order(self.elements.tagged("video"))
        found = []
        for node in self.elements.tagged("controller"):
            index = self.reader.index(node)
            if index is None:
                index = self.indexes.get(node.number, UNINDEXED)
            found.append(Indexed(node, node.get("type") or DEFAULT_TYPE, index))
        if len(found) > MAX_CONTROLLERS:
            where = self.source.location(found[MAX_CONTROLLERS].node)
            raise InputError(f"{len(found)} controllers", expected=f"at most {MAX_CONTROLLERS}", location=where)
        ordered = controllers_in_order(found)
        if self.scheme == MULTI_DOMAIN:
            self.numbered_later = {one.node.number for one in ordered if one.type == "pci" and one.index == UNINDEXED}
        numbered = with_indexes([one for one in ordered if one.node.number not in self.numbered_later])
        later = [one for one in ordered if one.node.number in self.numbered_later]
        self.elements.set_controllers(numbered + later)
        if any(self._is_root(one.node) for one in later):
            self.elements.reserve("pci", 0)

    def _is_root(self, node: Node) -> bool:
        model = self.catalog.controller(node.get("model") or "")
        return model is not None and model.root

    def _parts(self) -> list[Part]:
        parts: list[Part] = []
        if self.machine.scsi_model == _LAST_SCSI and self.catalog.behaves(SCSI_MODEL_OF_SIBLINGS):
            self.scsi_model = implicit.scsi_model(self.elements)
        for tag in (*ITERATION_ORDER, *self.catalog.own_elements):
            if tag == "controller":
                parts += [self._controller(one) for one in self.elements.controllers]
            else:
                parts += [self._part(node) for node in self.elements.tagged(tag)]
        return parts

    def _controller(self, one: Indexed) -> Part:
        node = one.node if one.node.number >= 0 else None
        part: Part
        if one.type == "pci":
            model = self.catalog.controller(one.node.get("model") or "")
            part = Controller(node, one.node, model, one.index)
            part.index_given = node is not None and node.get("index") is not None
            if one.node.children:
                part.targets = self.reader.targets(one.node, self.number_options)
        else:
            part = Part(
                "controller", node, with_defaults(one.node, self.machine, self.acting, one.index, self.scsi_model)
            )
        self._read_address(part)
        return part

    def _part(self, node: Node) -> Part:
        part = Part(node.tag, node if node.number >= 0 else None, with_defaults(node, self.machine, self.acting))
        self._read_address(part)
        if node.tag in ("hostdev", "interface"):
            host = node.find("source/address")
            if host is not None and (host.get("type") or node.get("type")) == "pci":
                part.host = self.reader.pci_address(host)
        return part

    def _read_acpi_index(self, node: Node | None) -> None:
        acpi = node.first("acpi") if node is not None else None
        if acpi is not None and self.reader.unsigned(acpi, "index", "acpi-index-parse") == 0:
            self.reader.refuse("acpi-index-parse", acpi, "index", acpi.attributes["index"], "a number from 1 up")

    def _read_address(self, part: Part) -> None:
        node = part.node
        unread = is_there_in_name_only(part.view)
        if not unread:
            self._read_acpi_index(node)
        address = node.first("address") if node is not None else None
        if address is None:
            return
        part.address_node = address
        if unread or node is self.repeating:
            part.drops_address = True
            return
        part.address_type = self.reader.address_type(address)
        if part.address_type == "pci":
            part.asked = self.reader.pci_address(address)
            multifunction = self.reader.word(address, "multifunction", ("on", "off"), "multifunction-word")
            part.multifunction = None if part.pinned is None else multifunction  # rule addr-all-zero-is-unset
            part.zpci = self.reader.zpci(address)

    def _classify(self, part: Part, express: bool) -> None:
        if isinstance(part, Controller):
            return
        device = self.catalog.device("serial" if part.node is self.acting and part.node is not None else part.kind)
        if device is None:
            return
        part.takes_zpci = device.zpci
        if part.node is not None:
            refuse_unknown_words(self.reader, device, part.node)
        part.variant = variant = device.variant(part.view)
        leave_pci(part, self.machine)
        lose_address(part)
        if variant is not None and variant.needs:
            conventional = variant.needs == "conventional" or not express
            part.needs = part.explicit_needs = CONVENTIONAL if conventional else EXPRESS
            part.automatic = True
            part.integrated = variant.integrated

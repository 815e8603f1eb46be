"""<qemu:commandline> and <qemu:override> read: which PCI devices they make, and when.

QEMU >= 6.2 makes the devices of key=value arguments before those that libvirt writes as JSON, and JSON ones in their
order, which puts those of <qemu:commandline> last; before all of them comes what the machine itself makes.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pcisolve.catalog.catalog import Catalog
from pcisolve.catalog.machines import Machine
from pcisolve.core.errors import InputError
from pcisolve.core.node import Node
from pcisolve.problem.qemu.arguments import (
    READ,
    STRAY,
    Argument,
    Unreadable,
    Values,
    arguments,
    json_values,
    key_values,
)
from pcisolve.problem.qemu.board import BoardOptions
from pcisolve.problem.qemu.devices import JSON, KEYS, Device, read_device

_JSON_SINCE: Final = (8, 0, 0)  # before, libvirt wrote its devices as key=value too
MOST_WRONG: Final = 20  # elements and arguments that cannot be read; those after them are not looked at
_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}")
_TYPES: Final = ("string", "unsigned", "signed", "bool", "remove")


class Malformed(NamedTuple):
    """An element that libvirt refuses: which attribute of it, and what was expected."""

    node: Node
    attribute: str
    expected: str


class Refused(NamedTuple):
    """An argument that QEMU refuses by itself, and what was expected."""

    argument: Argument
    expected: str


class Property(NamedTuple):
    """One <qemu:property>: the value as libvirt writes it into its JSON; None where it takes the property away."""

    name: str
    value: str | int | bool | None
    node: Node


class CommandLine:
    """What is handed on to QEMU, as far as it is about PCI.

    Attributes:
        malformed: what libvirt refuses.
        refused: what QEMU refuses by itself.
        machine: the argument that names another machine than the guest's, and that machine; None without.
        before, after: the devices that are made before and after libvirt's, in their order.
        overrides: the properties by the alias of the device, in their order.
        shares: whether some devices are multifunction by default (-global), which ones is not looked at.
    """

    def __init__(self) -> None:
        self.malformed: list[Malformed] = []
        self.refused: list[Refused] = []
        self.machine: tuple[Argument, Machine] | None = None
        self.before: list[Device] = []
        self.after: list[Device] = []
        self.overrides: dict[str, list[Property]] = {}
        self.shares = False

    @property
    def devices(self) -> list[Device]:
        """All devices, in their order."""
        return self.before + self.after


def read_command_line(root: Node, catalog: Catalog, machine: Machine) -> CommandLine | None:
    """What the guest hands on to QEMU; None where that is nothing."""
    lines = root.all("qemu:commandline")
    overrides = root.all("qemu:override")
    if not lines and not overrides:
        return None
    return _Reading(root, catalog, machine).read(
        [arg for one in lines for arg in one.all("qemu:arg")], [one for line in overrides for one in line.children]
    )


class _Reading:
    """One command line on its way."""

    def __init__(self, root: Node, catalog: Catalog, machine: Machine) -> None:
        self.root, self.catalog, self.machine = root, catalog, machine
        self.found = CommandLine()
        self.known = catalog.qemu()
        self.board = BoardOptions(self.known)
        self._keys: list[tuple[Argument, Values]] = []
        self._json: list[tuple[Argument, Values]] = []
        self._drives: list[tuple[Argument, Values]] = []
        self._by_id: dict[str, Values] = {}
        self._shared: set[str] = set()

    def read(self, nodes: list[Node], overrides: list[Node]) -> CommandLine:
        """Every argument, then every override."""
        for node in nodes:
            if "value" not in node.attributes and len(self.found.malformed) < MOST_WRONG:
                self.found.malformed.append(Malformed(node, "", "value='...', one argument"))
        for argument in arguments(nodes, self.known.flags):
            if len(self.found.refused) >= MOST_WRONG:
                break
            try:
                self._argument(argument)
            except Unreadable as reason:
                self.found.refused.append(Refused(argument, str(reason)))
        self._make()
        for node in overrides:
            if node.tag == "qemu:device" and len(self.found.malformed) < MOST_WRONG:
                self._override(node)
        return self.found

    def _argument(self, argument: Argument) -> None:
        option, value = argument.option, argument.value
        if option == "device":
            self._device(argument)
        elif option == STRAY:
            _refuse_stray(argument.text)
        elif value is None and option in READ:
            raise Unreadable("its value in an argument of its own behind it")
        elif value is None:
            self.board.take(argument, {})
        elif option in ("machine", "M"):
            values = key_values(value, "type")
            self._machine(argument, values)
            self.board.take(argument, values)
        elif option in ("virtfs", "watchdog"):
            self._keys.append((argument, {"driver": "virtio-9p" if option == "virtfs" else value}))
        elif option == "drive":
            if key_values(value, "file").get("if") == "virtio":
                self._drives.append((argument, {"driver": "virtio-blk"}))
        elif option == "global":
            self._global(value)
        elif option == "set":
            self._set(value)
        else:
            self.board.take(argument, key_values(value, "type"))

    def _device(self, argument: Argument) -> None:
        value = argument.value
        if value is None:
            raise Unreadable("the device in an argument of its own behind it")
        if value.startswith("{"):
            self._json.append((argument, json_values(value)))
            return
        values = key_values(value, "driver")
        self._keys.append((argument, values))
        if isinstance(values.get("id"), str):
            self._by_id.setdefault(values["id"], values)

    def _machine(self, argument: Argument, values: Values) -> None:
        name = values.get("type")
        if not name:
            return
        try:
            machine = self.catalog.machine(self.root.get("os/type/arch"), name)
        except InputError:
            return
        self.found.machine = None if machine.family == self.machine.family else (argument, machine)

    def _global(self, text: str) -> None:
        values = key_values(text, "")
        driver, name, value = values.get("driver"), values.get("property"), values.get("value")
        if driver is None or name is None:
            left, _, value = text.partition("=")
            driver, _, name = left.rpartition(".")
        if name == "multifunction" and value == "on":
            self.found.shares = True
            self._shared.add(driver)

    def _set(self, text: str) -> None:
        """-set device.ID.KEY=VALUE changes a key=value device that is written before it."""
        left, _, value = text.partition("=")
        group, _, rest = left.partition(".")
        name, _, key = rest.rpartition(".")
        if group == "device" and name in self._by_id and key:
            self._by_id[name][key] = value

    def _make(self) -> None:
        """The devices, in the order in which QEMU makes them."""
        found = self.found
        machine = found.machine[1] if found.machine else self.machine
        made = self.board.made(machine.board)
        keys = self._devices([*self._keys, *self._drives], KEYS)
        if self.catalog.libvirt >= _JSON_SINCE:
            found.before = made + keys
            found.after = self._devices(self._json, JSON)
        else:
            found.before, found.after = made, keys

    def _devices(self, several: list[tuple[Argument, Values]], form: str) -> list[Device]:
        made = []
        for argument, values in several:
            try:
                device = read_device(argument, values, form, self.known, ccw=self.machine.zpci)
            except Unreadable as reason:
                if len(self.found.refused) < MOST_WRONG:
                    self.found.refused.append(Refused(argument, str(reason)))
                continue
            if device is not None:
                device.multifunction = device.multifunction or device.driver in self._shared
                made.append(device)
        return made

    def _override(self, node: Node) -> None:
        alias = node.get("alias")
        if alias is None:
            self.found.malformed.append(Malformed(node, "", "alias='...', that of the device"))
            return
        properties = self.found.overrides.setdefault(alias, [])
        for frontend in node.all("qemu:frontend"):
            for one in frontend.all("qemu:property"):
                properties += self._property(one)

    def _property(self, node: Node) -> list[Property]:
        name, kind, text = node.get("name"), node.get("type"), node.get("value")
        wrong = None
        if name is None:
            wrong = Malformed(node, "", "name='...', that of the property")
        elif kind not in _TYPES:
            wrong = Malformed(node, "type", f"type as one of {', '.join(_TYPES)}")
        elif kind != "remove" and text is None:
            wrong = Malformed(node, "", "value='...'")
        try:
            if wrong is None:
                return [Property(name or "", _value(kind or "", text or ""), node)]
        except ValueError as reason:
            wrong = Malformed(node, "value", str(reason))
        self.found.malformed += [wrong] if wrong is not None else []
        return []


def _refuse_stray(word: str) -> None:
    """A word that is neither an option nor the value of one is the file of a disk to QEMU.

    Raises:
        Unreadable: it looks like no file, or begins like an option.
    """
    if word.startswith("-"):
        raise Unreadable("an option alone; its value is an argument of its own")
    if "/" not in word and ("=" in word or "." not in word):
        raise Unreadable("an option in front of it")


def _value(kind: str, text: str) -> str | int | bool | None:
    """What libvirt writes.

    Raises:
        ValueError: it refuses the text.
    """
    if kind == "remove":
        return None
    if kind == "string":
        return text
    if kind == "bool":
        if text not in ("true", "false"):
            raise ValueError("true or false")
        return text == "true"
    if not _DECIMAL.fullmatch(text) or (kind == "unsigned" and text[0] == "-"):
        raise ValueError("a decimal number")
    return int(text)

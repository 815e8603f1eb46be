"""Device elements and what each of their variants needs: models/devices/*.toml.

Source of the facts: libvirt src/qemu/qemu_domain_address.c; each file names its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pcisolve.catalog.matching import When, matches, read_when
from pcisolve.catalog.table import Table, Version
from pcisolve.core.address import FUNCTIONS_PER_SLOT, SLOTS_PER_BUS
from pcisolve.core.node import Node

_LAST_FUNCTION = FUNCTIONS_PER_SLOT - 1
NEEDS = ("conventional", "express", "virtio", "")
PCI_ADDRESS = ("optional", "required", "refused", "dropped", "replaced")


class OwnPlace(NamedTuple):
    """A slot and function of bus 0, for the controller of this index."""

    index: int  # type: ignore[assignment]  # libvirt's word; a tuple's own index() is not wanted here
    slot: int
    function: int


class Variant(NamedTuple):
    """One sort of a device.

    `needs`: "conventional"; "express" and "virtio" mean PCI Express on a guest whose root is, else conventional; ""
    takes no PCI address. `integrated`: only on bus 0. `pci_address`: whether an address of the element may, must or
    must not be of type pci; "dropped": libvirt takes any address away before it places anything; "replaced": it keeps
    the place free, and then writes an address of the device's own bus instead. `other_addresses`: types that do as well
    where it must be pci. `own_place`: the place that the controller of an index has in the chipset it comes from.
    `by_name_only`: the XML cannot tell; a plan file or an option names it. `io`: it has I/O ports even on a PCI Express
    bus; `msix`: it has MSI-X interrupts, as far as is known, or since this QEMU (`msix_since`); `other_bus`: the bus
    QEMU plugs it into if that is not PCI, as a word for messages.
    """

    name: str
    when: When
    needs: str
    integrated: bool
    pci_address: str
    other_addresses: tuple[str, ...]
    io: bool
    msix: bool
    msix_since: Version | None
    other_bus: str
    own_place: OwnPlace | None
    by_name_only: bool
    xml: dict[str, str] | None
    rule: str
    since: Version
    until: Version | None

    def has_msix(self, qemu: Version) -> bool:
        """Whether it has MSI-X interrupts in this QEMU."""
        return self.msix or (self.msix_since is not None and self.msix_since <= qemu)


class Vocabulary(NamedTuple):
    """The words libvirt knows for an attribute of the elements that match; any other is refused."""

    path: str
    when: When
    words: tuple[str, ...]
    since: Version


class DeviceClass(NamedTuple):
    """A device element. `zpci`: gets zPCI ids on s390 when it has a PCI address. `single`: a guest has only one."""

    element: str
    summary: str
    source: str
    since: Version
    zpci: bool
    single: bool
    variants: tuple[Variant, ...]
    known: tuple[Vocabulary, ...]

    def unknown_words(self, node: Node) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Attributes of an element with a word libvirt does not know: path, word, known words."""
        for path in dict.fromkeys(one.path for one in self.known):
            word = node.get(path)
            fitting = [one for one in self.known if one.path == path and matches(one.when, node)]
            if word is not None and fitting and not any(word in one.words for one in fitting):
                yield path, word, tuple(word for one in fitting for word in one.words)

    def decides_place(self, path: str) -> bool:
        """Whether what kind of PCI device it is, if any, depends on this attribute."""
        return any(one.path == path for variant in self.variants for one in variant.when)

    def variant(self, node: Node) -> Variant | None:
        """The first variant the element matches; None takes no PCI address."""
        for variant in self.variants:
            if not variant.by_name_only and matches(variant.when, node):
                return variant
        return None

    def named(self, name: str) -> Variant | None:
        """The variant of this name."""
        return next((variant for variant in self.variants if variant.name == name), None)


def read_device(table: Table, libvirt: Version) -> DeviceClass:
    """One file of models/devices; variants that `libvirt` does not have are left out.

    Raises:
        InputError: a wrong file.
    """
    xml = _xml(table)
    variants = [_variant(one, xml) for one in table.tables("variant")]
    known = [_vocabulary(one) for one in table.tables("known")]
    device = DeviceClass(
        element=table.word("element", (table.file.stem,)),
        summary=table.text("summary"),
        source=table.text("source"),
        since=table.version("since"),
        zpci=table.flag("zpci"),
        single=table.flag("single", False),
        variants=tuple(one for one in variants if one.since <= libvirt and (one.until is None or libvirt < one.until)),
        known=tuple(one for one in known if one.since <= libvirt),
    )
    table.finish()
    return device


def _vocabulary(table: Table) -> Vocabulary:
    vocabulary = Vocabulary(
        path=table.text("path"),
        when=read_when(table),
        words=table.words("words", required=True),
        since=table.version("since", "0"),
    )
    table.finish()
    return vocabulary


def _variant(table: Table, xml: dict[str, str] | None) -> Variant:
    when, own = read_when(table), _xml(table)
    variant = Variant(
        name=table.text("name"),
        when=when,
        needs=table.word("needs", NEEDS),
        integrated=table.flag("integrated", False),
        pci_address=table.word("pci_address", PCI_ADDRESS, "optional"),
        other_addresses=table.words("other_addresses"),
        io=table.flag("io", False),
        msix=table.flag("msix", True),
        msix_since=table.version("msix_since") if "msix_since" in table.raw else None,
        other_bus=table.text("other_bus", ""),
        own_place=_own_place(table),
        by_name_only=table.flag("by_name_only", False),
        xml=xml if own is None else own,
        rule=table.text("rule", ""),
        since=table.version("since", "0"),
        until=table.version("until") if "until" in table.raw else None,
    )
    table.finish()
    return variant


def _own_place(owner: Table) -> OwnPlace | None:
    table = owner.table("own_place")
    if table is None:
        return None
    slot, function = table.number("slot", maximum=SLOTS_PER_BUS - 1), table.number("function", maximum=_LAST_FUNCTION)
    place = OwnPlace(table.number("index"), slot, function)
    table.finish()
    return place


def _xml(owner: Table) -> dict[str, str] | None:
    """The attributes of a complete element, by path; a variant's own stand in place of its device's."""
    table = owner.table("xml")
    return None if table is None else {path: table.text(path) for path in table.raw}

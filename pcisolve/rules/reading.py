"""Values that libvirt's parser refuses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from pcisolve.problem.layout import Layout
from pcisolve.problem.reading import Unreadable
from pcisolve.rules.rule import WARNING, Point, Question, Rule, Telling, clipped


class _ReadableValue(Rule[Unreadable]):
    """Shared reading of a value that does not parse: there is nothing to choose, only to report."""

    impossible = True

    def cases(self, question: Question) -> Iterable[Unreadable]:
        return [one for one in question.problem.unreadable if one.rule == self.id]

    def check(self, layout: Layout, case: Unreadable) -> bool:
        return case not in layout.problem.unreadable

    def tell(self, question: Question, case: Unreadable) -> Telling:
        attribute = case.attribute if case.attribute in case.node.attributes else ""
        if case.attribute and not attribute:
            return Telling(f"{case.attribute} is missing: expected {case.expected}", (Point(case.node),))
        what = f"{attribute}='{clipped(case.text)}'" if attribute else f"'{clipped(case.text)}'"
        message = f"{what} cannot be read: expected {case.expected}{_trap(case.text.strip())}"
        return Telling(message, (Point(case.node, attribute),))


def _trap(text: str) -> str:
    """What went wrong with the usual wrong spellings."""
    if re.fullmatch(r"0[0-9]+", text):
        return f"; a leading 0 means octal, and {text} is not an octal number"
    if re.fullmatch(r"[0-9a-fA-F]{1,8}", text) and not text.isdecimal():
        return f"; hexadecimal is written 0x{text}"
    return ""


class AddressNumbers(_ReadableValue):
    """The numbers of an address are read with C radix.

    0x1f is hexadecimal, 31 decimal and 010 octal (8); 1f and 08 are refused although the schema allows
    some of them.
    """

    id = "addr-parse-radix"
    common = True
    source = "libvirt src/util/virpci.c, tried with 9.0.0"
    allows = ("q35: <memballoon model='virtio'><address type='pci' bus='0' slot='037' function='7'/></memballoon>",)
    forbids = ("q35: <memballoon model='virtio'><address type='pci' bus='0' slot='1f'/></memballoon>",)


class AddressType(_ReadableValue):
    """An address says of which type it is."""

    id = "addr-type"
    common = True
    source = "libvirt src/conf/device_conf.c, tried with 9.0.0"
    allows = ("q35: <memballoon model='virtio'><address type='pci'/></memballoon>",)
    forbids = ("q35: <memballoon model='virtio'><address slot='3'/></memballoon>",)


class IndexNumber(_ReadableValue):
    """A controller index is a decimal number up to 2147483647."""

    id = "index-parse"
    common = True
    source = "libvirt src/conf/domain_conf.c, tried with 9.0.0"
    allows = ("q35: <controller type='pci' index='01' model='pcie-root-port'/>",)
    forbids = ("q35: <controller type='pci' index='0x1' model='pcie-root-port'/>",)


class TargetNumber(_ReadableValue):
    """The numbers of a <target> are read with C radix."""

    id = "target-number"
    common = True
    source = "libvirt src/conf/domain_conf.c, tried with 9.0.0"
    allows = ("q35: <controller type='pci' index='1' model='pcie-root-port'><target chassis='0x10'/></controller>",)
    forbids = ("q35: <controller type='pci' index='1' model='pcie-root-port'><target chassis='ten'/></controller>",)


class HotplugWord(_ReadableValue):
    """hotplug is "on" or "off"."""

    id = "target-hotplug"
    common = True
    source = "libvirt src/conf/domain_conf.c, tried with 9.0.0"
    allows = ("q35: <controller type='pci' index='1' model='pcie-root-port'><target hotplug='off'/></controller>",)
    forbids = ("q35: <controller type='pci' index='1' model='pcie-root-port'><target hotplug='no'/></controller>",)


class NodeNumber(_ReadableValue):
    """A NUMA node is a decimal number."""

    id = "target-node"
    common = True
    source = "libvirt src/conf/domain_conf.c, tried with 9.0.0"
    allows = ("pc: <controller type='pci' index='1' model='pci-expander-bus'><target busNr='80'/></controller>",)
    forbids = (
        "q35: <controller type='pci' index='1' model='pcie-expander-bus'>"
        "<target><node>one</node></target></controller>",
    )


class MultifunctionWord(_ReadableValue):
    """multifunction is "on" or "off"."""

    id = "multifunction-word"
    common = True
    source = "libvirt src/conf/device_conf.c, tried with 9.0.0"
    allows = ("q35: <memballoon model='virtio'><address type='pci' slot='3' multifunction='on'/></memballoon>",)
    forbids = ("q35: <memballoon model='virtio'><address type='pci' multifunction='yes'/></memballoon>",)


class AcpiIndexNumber(_ReadableValue):
    """An ACPI index is a number with C radix, and not 0."""

    id = "acpi-index-parse"
    common = True
    source = "libvirt src/conf/device_conf.c, tried with 9.0.0 (Zero is not permitted)"
    allows = ("q35: <rng model='virtio'><acpi index='0x10'/></rng>",)
    forbids = ("q35: <rng model='virtio'><acpi index='0'/></rng>", "q35: <rng model='virtio'><acpi index='one'/></rng>")


class KnownWord(_ReadableValue):
    """A type or model is a word libvirt knows."""

    id = "known-word"
    common = True
    source = "libvirt src/conf/domain_conf.c, its lists of words"
    allows: ClassVar[tuple[str, ...]] = ("pc: <sound model='ich6'/>",)
    forbids: ClassVar[tuple[str, ...]] = ("pc: <sound model='ich66'/>",)

    def tell(self, question: Question, case: Unreadable) -> Telling:
        message = f"{case.attribute}='{clipped(case.text)}' is not a value that libvirt accepts: {case.expected}"
        return Telling(message, (Point(case.node, case.attribute),))


class WordElsewhere(KnownWord):
    """A type or model that has no bearing on PCI is a word libvirt knows, too."""

    id = "known-word-elsewhere"
    severity = WARNING
    allows = ("pc: <panic model='hyperv'/>",)
    forbids = ()


class KnownMachine(_ReadableValue):
    """The machine is one that libvirt's QEMU driver knows.

    Nothing else can be judged before it is; what else is wrong shows once it is named.
    """

    id = "known-machine"
    alone = True
    source = "libvirt 9.0.0 with QEMU 7.2, the machines it lists for each architecture"
    allows = ("q35: <rng model='virtio'/>",)
    forbids = ()

    def tell(self, question: Question, case: Unreadable) -> Telling:
        message = f"there is no machine '{clipped(case.text)}': {case.expected}"
        return Telling(message, (Point(case.node, case.attribute),))


class KnownDevice(_ReadableValue):
    """Every element of <devices> is a device libvirt knows.

    libvirt drops the others without a word, so that a misspelt device is silently lost.
    """

    id = "known-device"
    severity = WARNING
    common = True
    source = "libvirt src/conf/domain_conf.c virDomainDefParseXML"
    allows = ("pc: <rng model='virtio'/>",)
    forbids = ("pc: <rgn model='virtio'/>",)

    def tell(self, question: Question, case: Unreadable) -> Telling:
        message = f"libvirt knows no device {clipped(case.text)} and drops it without a word"
        return Telling(f"{message}: {case.expected}" if case.expected else message, (Point(case.node),))


RULES: tuple[Rule[Unreadable], ...] = (
    AddressNumbers(),
    AddressType(),
    IndexNumber(),
    TargetNumber(),
    HotplugWord(),
    NodeNumber(),
    MultifunctionWord(),
    AcpiIndexNumber(),
    KnownMachine(),
    KnownWord(),
    WordElsewhere(),
    KnownDevice(),
)

"""Elements and words that libvirt does not know."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.catalog.catalog import Catalog
from pcisolve.catalog.devices import DeviceClass
from pcisolve.core.node import Node
from pcisolve.core.words import did_you_mean, misspelt
from pcisolve.problem.reading import Reader

_NOT_DEVICES = frozenset({"emulator", "redirfilter"})
# Elements of <domain> itself (libvirt src/conf/schemas/domaincommon.rng).
_OUTSIDE_DEVICES = frozenset(
    {"blkiotune", "bootloader", "clock", "cpu", "cputune", "features", "iothreads", "keywrap"}
    | {"launchSecurity", "memoryBacking", "memtune", "metadata", "numatune", "on_crash", "on_poweroff"}
    | {"on_reboot", "os", "perf", "pm", "resource", "seclabel", "sysinfo", "throttlegroups", "vcpu"}
)


def refuse_unknown_elements(reader: Reader, catalog: Catalog, devices: list[Node]) -> None:
    """Elements of <devices> that are no device: libvirt drops them without a word."""
    known = catalog.elements() | _NOT_DEVICES
    for node in devices:
        if node.tag not in known:
            reader.refuse("known-device", node, "", f"<{node.tag}>", _where_it_belongs(node.tag, known))


def refuse_unknown_words(reader: Reader, device: DeviceClass, node: Node) -> None:
    """Words that libvirt does not know; where no place depends on them, that is not what refuses the guest here."""
    for path, word, known in device.unknown_words(node):
        holder, attribute = _owner(node, path)
        rule = "known-word" if device.decides_place(path) else "known-word-elsewhere"
        reader.refuse(rule, holder, attribute, word, did_you_mean(word, known))


def _where_it_belongs(tag: str, known: Iterable[str]) -> str:
    """What an element of <devices> that is no device may have been meant to be."""
    if tag in _OUTSIDE_DEVICES:
        return f"<{tag}> belongs directly into <domain>"
    meant = misspelt(tag, known)
    return f'did you mean "{meant}"?' if meant else ""


def _owner(node: Node, path: str) -> tuple[Node, str]:
    """The element that holds an attribute path, and the attribute."""
    holder, _, attribute = path.rpartition("/")
    return (node.find(holder) or node) if holder else node, attribute

"""Guests with something changed: seeds in, the same bytes out on every machine."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from lxml import etree

from pcisolve.catalog.catalog import load_catalog
from pcisolve.rules import registry
from tests.support import example

ROOT: Final = Path(__file__).resolve().parents[2]
MOST_CHANGES: Final = 4
NUMBERS: Final = (
    *("0", "1", "2", "3", "4", "7", "8", "9", "30", "31", "32", "255", "256", "-1", "0x0", "0x1", "0xff", "0x1f"),
    *("010", "08", "", " 1", "1 ", "+1", "1.0", "0X2", "99999999999999999999", "4294967295", "2147483648", "auto"),
)
WORDS: Final = ("on", "off", "yes", "no", "default", "none", "virtio", "pci", "")


@cache
def bases() -> tuple[bytes, ...]:
    """Small guests to begin with: the examples of the rules and of the repository, one of each device kind."""
    found = [path.read_bytes() for path in sorted((ROOT / "examples").glob("*.xml"))]
    for rule in registry.ALL:
        found += [example(text) for text in (*rule.allows, *rule.forbids)]
    return tuple(dict.fromkeys(one for one in found if one.lstrip().startswith(b"<")))


@cache
def vocabulary() -> dict[str, tuple[str, ...]]:
    """The values of each attribute of the bases, by name."""
    values: dict[str, set[str]] = {}
    for base in bases():
        for node in etree.fromstring(base).iter(etree.Element):
            for name, value in node.attrib.items():
                values.setdefault(str(name), set()).add(str(value))
    values.setdefault("model", set()).update(one.name for one in load_catalog().controllers())
    return {name: tuple(sorted(found)) for name, found in sorted(values.items())}


def mutant(seed: int) -> bytes:
    """A guest with one to four changes."""
    luck = random.Random(seed)
    root = etree.fromstring(luck.choice(bases()))
    for _ in range(luck.randint(1, MOST_CHANGES)):
        luck.choice(CHANGES)(root, luck)
    return etree.tostring(root)


def _nodes(root: etree._Element) -> list[etree._Element]:
    devices = root.find("devices")
    return [] if devices is None else [one for one in devices.iter(etree.Element) if one is not devices]


def _with_attributes(root: etree._Element) -> list[etree._Element]:
    return [one for one in (*_nodes(root), *root.iter("type")) if one.attrib]


def _other_value(root: etree._Element, luck: random.Random) -> None:
    """An attribute gets a value that it has elsewhere."""
    nodes = _with_attributes(root)
    if nodes:
        node = luck.choice(nodes)
        name = luck.choice(sorted(map(str, node.attrib)))
        node.set(name, luck.choice(vocabulary().get(name, WORDS)))


def _number(root: etree._Element, luck: random.Random) -> None:
    """A number of an address, index or target becomes another, or is written in another way."""
    nodes = [one for one in _with_attributes(root) if any(str(value)[:1].isdigit() for value in one.attrib.values())]
    if nodes:
        node = luck.choice(nodes)
        names = [str(name) for name, value in node.attrib.items() if str(value)[:1].isdigit()]
        node.set(luck.choice(sorted(names)), luck.choice(NUMBERS))


def _without_attribute(root: etree._Element, luck: random.Random) -> None:
    nodes = _with_attributes(root)
    if nodes:
        node = luck.choice(nodes)
        del node.attrib[luck.choice(sorted(map(str, node.attrib)))]


def _without_node(root: etree._Element, luck: random.Random) -> None:
    nodes = _nodes(root)
    if nodes:
        node = luck.choice(nodes)
        parent = node.getparent()
        if parent is not None:
            parent.remove(node)


def _twice(root: etree._Element, luck: random.Random) -> None:
    """A node stands several times, as it is or without its address."""
    nodes = _nodes(root)
    if nodes:
        node = luck.choice(nodes)
        parent = node.getparent()
        for _ in range(luck.choice((1, 1, 2, 8, 40)) if parent is not None else 0):
            again = copy.deepcopy(node)
            if luck.random() < 0.5:
                for address in again.findall("address"):
                    again.remove(address)
            parent.insert(luck.randint(0, len(parent)), again)  # type: ignore[union-attr]


def _from_elsewhere(root: etree._Element, luck: random.Random) -> None:
    """A device of another guest."""
    devices, other = root.find("devices"), etree.fromstring(luck.choice(bases())).find("devices")
    if devices is not None and other is not None and len(other):
        devices.insert(luck.randint(0, len(devices)), copy.deepcopy(luck.choice(list(other))))


def _address(root: etree._Element, luck: random.Random) -> None:
    """A device gets a PCI address."""
    devices = root.find("devices")
    if devices is not None and len(devices):
        node = luck.choice([one for one in devices if isinstance(one.tag, str)] or [devices])
        words = {"type": "pci"}
        for name, most in (("domain", 0), ("bus", 5), ("slot", 31), ("function", 7)):
            if luck.random() < 0.8:
                words[name] = luck.choice((str, hex))(luck.choice((0, 0, luck.randint(0, most))))
        if luck.random() < 0.2:
            words["multifunction"] = luck.choice(("on", "off"))
        etree.SubElement(node, "address", words)


def _controller(root: etree._Element, luck: random.Random) -> None:
    """A PCI controller, with or without an index."""
    devices = root.find("devices")
    if devices is not None:
        words = {"type": "pci", "model": luck.choice(vocabulary()["model"])}
        if luck.random() < 0.8:
            words["index"] = str(luck.choice((0, 1, 2, 3, 5, 9, 20)))
        devices.insert(luck.randint(0, len(devices)), devices.makeelement("controller", words))


def _machine(root: etree._Element, luck: random.Random) -> None:
    """The guest of another machine."""
    here, there = root.find("os"), etree.fromstring(luck.choice(bases())).find("os")
    if here is not None and there is not None:
        root.replace(here, there)


CHANGES: Final[tuple[Callable[[etree._Element, random.Random], None], ...]] = (
    *(_other_value, _other_value, _number, _number, _without_attribute, _without_node),
    *(_twice, _from_elsewhere, _from_elsewhere, _address, _address, _controller, _controller, _machine),
)

"""Small random hosts: trees of bridges with endpoints, as snapshots."""

from __future__ import annotations

import json
from random import Random
from typing import Any

ENDPOINTS = (("0302", "10de", "2330"), ("0200", "15b3", "1021"), ("0108", "144d", "a80a"))


class Tree:
    """A host whose every bridge has a bus of its own."""

    def __init__(self, random: Random, nodes: int) -> None:
        self.random, self.nodes, self.bus = random, nodes, -1
        self.roots: list[dict[str, Any]] = []
        self.functions: list[dict[str, Any]] = []

    def root(self) -> None:
        self.bus += 1
        node = self.random.choice([None, *range(self.nodes)])
        name = f"0000:{self.bus:02x}"
        self.roots.append({"bus": name})
        for slot in range(self.random.randint(1, 3)):
            self._grow(name, name, slot, node, 0)

    def _grow(self, parent: str, bus: str, slot: int, node: int | None, depth: int) -> None:
        if depth < 5 and self.random.random() < (0.75 if depth < 3 else 0.5):
            self.bus += 1
            below = f"0000:{self.bus:02x}"
            bridge = self._add(parent, bus, slot, 0, ("0604", "8086", "2030"), node)
            # An odd level is a port with one thing below it, an even one a switch with several.
            for inner in range(self.random.randint(1, 3) if depth % 2 else 1):
                self._grow(bridge, below, inner, node, depth + 1)
            return
        what = self.random.choice(ENDPOINTS)
        for function in range(self.random.choice([1, 1, 1, 2, 8])):
            self._add(parent, bus, slot, function, what, node)

    def _add(
        self, parent: str, bus: str, slot: int, function: int, what: tuple[str, str, str], node: int | None
    ) -> str:
        address = f"{bus}:{slot:02x}.{function}"
        row: dict[str, Any] = dict(zip(("class", "vendor", "device"), what, strict=True))
        row = {"address": address, "parent": parent, **row}
        self.functions.append(row if node is None else {**row, "numa_node": node})
        return address

    def text(self) -> str:
        return snapshot(self.nodes, self.roots, self.functions)


def snapshot(nodes: int, roots: list[dict[str, Any]], functions: list[dict[str, Any]]) -> str:
    head = {"format": "pcisolve-host", "version": 1, "source": "sysfs"}
    return json.dumps(
        {**head, "numa_nodes": [{"node": n} for n in range(nodes)], "roots": roots, "functions": functions}
    )


def random_host(seed: int) -> str:
    """A host of one to three root buses and one to three NUMA nodes."""
    random = Random(seed)
    tree = Tree(random, random.randint(1, 3))
    for _ in range(random.randint(1, 3)):
        tree.root()
    return tree.text()


def many_functions(count: int) -> str:
    """A host with one network card after the other on a switch, 64 functions to a bus, VFs of its first."""
    functions: list[dict[str, Any]] = []
    bridge = {"class": "0604", "vendor": "8086", "device": "2030"}
    card = {"class": "0200", "vendor": "15b3", "device": "1021", "numa_node": 0}
    for number in range(count):
        bus, rest = divmod(number, 64)
        slot, function = divmod(rest, 8)
        port = f"0000:00:{bus // 8:02x}.{bus % 8}"
        if not rest:
            functions.append({"address": port, "parent": "0000:00", **bridge})
        row = {"address": f"0000:{bus + 1:02x}:{slot:02x}.{function}", "parent": port, **card}
        functions.append(row if not rest else {**row, "physical_function": f"0000:{bus + 1:02x}:00.0"})
    return snapshot(1, [{"bus": "0000:00"}], functions)


def many_switches(count: int, cards: int) -> str:
    """A host with switches of one root bus, each with so many cards."""
    functions: list[dict[str, Any]] = []
    bridge = {"class": "0604", "vendor": "8086", "device": "2030"}
    card = {"class": "0200", "vendor": "15b3", "device": "1021"}
    for number in range(count):
        port, upstream = f"0000:00:{number // 8:02x}.{number % 8}", f"0001:{number:02x}:00.0"
        functions += [{"address": port, "parent": "0000:00", **bridge}, {"address": upstream, "parent": port, **bridge}]
        for slot in range(cards):
            down = f"0002:{number:02x}:{slot:02x}.0"
            functions.append({"address": down, "parent": upstream, **bridge})
            functions.append({"address": f"0003:{number:02x}:{slot:02x}.0", "parent": down, **card})
    return snapshot(1, [{"bus": "0000:00"}], functions)

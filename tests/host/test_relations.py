"""How near two functions are, against a naive twin, and on hosts whose relations are known."""

from __future__ import annotations

from itertools import combinations_with_replacement
from pathlib import Path

import pytest
from hypothesis import given

from pcisolve.core.address import parse_address
from pcisolve.host.classes import word, words
from pcisolve.host.host import Host
from pcisolve.host.read import read
from pcisolve.host.relations import CARD, NODE, PHB, PIX, PXB, RELATIONS, SYS
from pcisolve.host.values import Function
from tests.host.test_snapshot import hosts
from tests.host.trees import Sysfs, server


def at(host: Host, text: str) -> Function:
    found = host.function(parse_address(text))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("one", "other", "relation", "meeting"),
    [
        ("19:00.0", "19:00.0", CARD, "19:00.0"),
        ("19:00.0", "19:00.1", CARD, "18:00.0"),
        ("19:00.0", "1a:00.0", PIX, "17:00.0"),
        ("19:00.0", "20:00.0", PXB, "17:00.0"),
        ("19:00.0", "1b:00.0", PHB, "root"),
        ("16:00.0", "1b:00.0", PHB, "root"),
        ("19:00.0", "30:01.0", NODE, None),
        ("19:00.0", "9a:00.0", SYS, None),
        ("30:01.0", "30:02.0", PHB, "root"),
    ],
)
def test_relations(tmp_path: Path, one: str, other: str, relation: str, meeting: str | None) -> None:
    tree = server(tmp_path)
    tree.add("0000:19:00.1", "0000:18:00.0", "040300", "10de:1aef", numa_node=0)
    tree.bridge("0000:1a:01.0", "0000:18:01.0", 0x20, 0x20, 0)
    tree.bridge("0000:20:01.0", "0000:1a:01.0", 0x21, 0x21, 0)
    tree.add("0000:20:00.0", "0000:20:01.0", "020000", "8086:1572", numa_node=0)
    tree.root_bus("0000:30")
    tree.add("0000:30:01.0", "0000:30", "020000", "8086:1572", numa_node=0)
    tree.add("0000:30:02.0", "0000:30", "020000", "8086:1572", numa_node=0)
    host = read(tmp_path)
    first, second = at(host, f"0000:{one}"), at(host, f"0000:{other}")
    assert host.relation(first, second) == host.relation(second, first) == relation
    place = host.meeting(first, second)
    assert place == (host.root(first) if meeting == "root" else meeting and at(host, f"0000:{meeting}"))


def test_a_virtual_function_is_on_the_card_of_its_physical_one(tmp_path: Path) -> None:
    tree = server(tmp_path)
    tree.add("0000:1a:02.3", "0000:18:01.0", "020000", "15b3:101e", physfn="0000:1a:00.0")
    host = read(tmp_path)
    assert host.relation(at(host, "0000:1a:02.3"), at(host, "0000:1a:00.0")) == CARD


def test_one_node_is_one_node(tmp_path: Path) -> None:
    tree = Sysfs(tmp_path)
    for bus in ("0000:00", "0000:80"):
        tree.root_bus(bus)
        tree.add(f"{bus}:01.0", bus, "020000", "8086:1572")
    host = read(tmp_path)
    assert host.relation(*host.functions) == NODE


@given(hosts())
def test_relations_of_any_host(host: Host) -> None:
    for one, other in combinations_with_replacement(host.functions, 2):
        relation = host.relation(one, other)
        assert relation in RELATIONS
        assert relation == host.relation(other, one)
        place = host.meeting(one, other)
        assert place == naive_meeting(host, one, other)
        assert relation not in (PIX, PXB, PHB) or place is not None
        assert relation not in (NODE, SYS) or place is None


def naive_meeting(host: Host, one: Function, other: Function) -> object:
    """The place of which both are a part and nothing below it is, looked for among all places."""

    def holds(place: object, function: Function) -> bool:
        inside: list[object] = [place]
        for each in inside:
            inside += [below for below in host.functions if host.above(below) == each]
            inside += [root for root in host.roots if host.above(root) == each]
        return function in inside

    having = [place for place in (*host.roots, *host.functions) if holds(place, one) and holds(place, other)]
    lowest = [place for place in having if not any(host.above(below) == place for below in having)]
    return lowest[0] if lowest else None


def test_words_of_classes(tmp_path: Path) -> None:
    server(tmp_path)
    host = read(tmp_path)
    found = {word(one) for one in host.functions}
    assert found == {"system", "bridge", "gpu", "nic", "nvme"}
    assert all(len(code) in (2, 4) and int(code, 16) >= 0 for code in words())
    assert {one.is_bridge for one in host.functions if word(one) == "bridge"} == {True}

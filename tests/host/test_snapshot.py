"""Snapshots: what is written is read again as the same, and nothing else is read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcisolve.core.address import Address
from pcisolve.core.errors import InputError
from pcisolve.host.host import Builder, Host
from pcisolve.host.read import read
from pcisolve.host.schema import schema
from pcisolve.host.snapshot import read_snapshot, write
from pcisolve.host.values import BAR_KINDS, Bar, Bus, Function, Link, Names, NumaNode, Root
from tests.support import no_hang

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "examples" / "host.json"

words = st.text("abcxyz019_-.", min_size=1, max_size=8)
links = st.none() | st.builds(Link, st.sampled_from([2.5, 5.0, 8.0, 64.0]), st.sampled_from([1, 4, 16]))
bars = st.lists(st.builds(Bar, st.integers(0, 5), st.sampled_from(BAR_KINDS), st.booleans(), st.integers(1, 1 << 40)))
names = st.lists(words, max_size=2).map(tuple)


@st.composite
def hosts(draw: st.DrawFn) -> Host:
    """Any host: each function is below a root bus or one that was drawn before it."""
    builder = Builder(draw(st.sampled_from(["sysfs", "hwloc", "libvirt", "lspci"])), "drawn")
    count = draw(st.integers(0, 3))
    for number in range(count):
        builder.add_node(NumaNode(number * 2, tuple(draw(st.integers(10, 255)) for _ in range(count))))
    addresses = draw(
        st.lists(
            st.builds(Address, st.integers(0, 1 << 31), byte(), st.integers(0, 31), st.integers(0, 7)),
            unique=True,
            max_size=8,
        )
    )
    for number, address in enumerate(addresses):
        before = addresses[:number]
        parent = draw(st.sampled_from([Bus(address.domain, address.bus), *before]))
        builder.add(draw(function(address, parent, before)))
    return builder.finish()


def byte() -> st.SearchStrategy[int]:
    return st.integers(0, 255)


def function(address: Address, parent: Address | Bus, before: list[Address]) -> st.SearchStrategy[Function]:
    short = st.integers(0, 0xFFFF)
    return st.builds(
        Function,
        address=st.just(address),
        parent=st.just(parent),
        class_code=short,
        vendor=short,
        device=short,
        prog_if=st.none() | byte(),
        subsystem=st.none() | st.tuples(short, short),
        node=st.none() | short,
        iommu_group=st.none() | short,
        pf=st.sampled_from([None, *before]),
        total_vfs=short,
        link=links,
        max_link=links,
        bandwidth=st.none() | st.floats(0.001, 1000),
        buses=st.none() | st.tuples(byte(), byte()),
        bars=bars.map(tuple),
        driver=st.just("") | words,
        names=st.builds(Names, names, names, names),
    )


@given(hosts())
def test_round_trip(host: Host) -> None:
    data = write(host)
    again = read_snapshot(data, "drawn")
    assert again == host
    assert write(again) == data
    conforms(json.loads(data), schema())


def conforms(value: Any, rule: dict[str, Any]) -> None:
    """What of JSON Schema the schema uses, checked as its specification says."""
    if "const" in rule:
        assert value == rule["const"]
    elif "enum" in rule:
        assert value in rule["enum"]
    elif rule["type"] == "object":
        assert set(rule.get("required", ())) <= set(value) <= set(rule["properties"])
        for key, inner in value.items():
            conforms(inner, rule["properties"][key])
    elif rule["type"] == "array":
        assert rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value))
        for inner in value:
            conforms(inner, rule["items"])
    elif rule["type"] == "string":
        assert re.search(rule.get("pattern", ""), value)
        assert rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", len(value))
    elif rule["type"] == "boolean":
        assert isinstance(value, bool)
    else:
        assert isinstance(value, int if rule["type"] == "integer" else (int, float))
        assert rule.get("minimum", value) <= value <= rule.get("maximum", value)
        assert value > rule.get("exclusiveMinimum", value - 1)


def changed(**words: Any) -> bytes:
    """The example with other values of its fourth function."""
    value = json.loads(EXAMPLE.read_bytes())
    value["functions"][3].update(words)
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (changed(vendor="10DE"), r'functions\[3\].vendor is "10DE" \(expected 4 hexadecimal digits\)'),
        (changed(address="0000:16:00.0"), "0000:16:00.0 is there twice"),
        (changed(address="0:0"), r'functions\[3\].address is "0:0"'),
        (changed(parent="0000:55:00.0"), "0000:17:00.0 is below 0000:55:00.0, which is not there"),
        (changed(parent="0000:18:00.0"), "0000:17:00.0 is below itself"),
        (changed(physical_function="0000:55:00.0"), "is a virtual function of 0000:55:00.0, which is not there"),
        (changed(numa_nod=1), r"unknown key functions\[3\].numa_nod; did you mean \"numa_node\"\?"),
        (changed(numa_node=True), r"functions\[3\].numa_node is True"),
        (changed(bars=[{"index": 9}]), r"functions\[3\].bars\[0\].index is 9"),
        (changed(link={"speed": 0, "width": 1}), r"functions\[3\].link.speed is 0"),
        (changed(driver="a\x1b[31m"), r"functions\[3\].driver is \"a\?\[31m\""),
        (changed(names={"net": [1]}), r"names.net is \[1\]"),
        (EXAMPLE.read_bytes().replace(b'"version": 1', b'"version": 2'), "version is 2"),
        (EXAMPLE.read_bytes().replace(b'"distances": [10, 21]', b'"distances": [10]'), "has 1 distances for 2 nodes"),
        (EXAMPLE.read_bytes().replace(b'"node": 1,', b'"node": 0,'), "NUMA node 0 is there twice"),
        (EXAMPLE.read_bytes()[:-40], "not JSON"),
        (b'{"format": "pcisolve-host", "functions": ' + b"[" * 100000, "nested more than"),
        (b"", "this describes no host"),
        (b"hello", "this describes no host"),
        (b"<domain/>", "this describes no host"),
    ],
)
def test_what_is_refused(data: bytes, message: str) -> None:
    with no_hang(), pytest.raises(InputError, match=message) as caught:
        read(data, "host.json")
    assert "host.json" in str(caught.value)


def test_a_deep_tree_is_refused() -> None:
    builder = Builder("sysfs", "deep")
    parent: Address | Bus = Bus(0, 0)
    for number in range(300):
        address = Address(number, 0, 0, 0)
        builder.add(Function(address, parent, 0x0604, 1, 1))
        parent = address
    with pytest.raises(InputError, match="below more than 256 others"):
        builder.finish()


def test_a_root_bus_needs_its_provider() -> None:
    builder = Builder("sysfs", "roots")
    builder.add_root(Root(Bus(0x10000, 0), Address(0, 0, 14, 0)))
    with pytest.raises(InputError, match=r"the root bus 10000:00 is below 0000:00:0e.0"):
        builder.finish()

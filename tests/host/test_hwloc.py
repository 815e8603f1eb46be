"""hwloc's XML: what is kept, in each of its versions, and what is refused."""

from __future__ import annotations

import pytest

from pcisolve.core.errors import InputError
from pcisolve.host.hwloc import read_hwloc
from pcisolve.host.read import read
from pcisolve.host.values import Bus, NumaNode
from tests.support import no_hang

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE topology SYSTEM "hwloc2.dtd">\n'
PCI = """
<object type="Bridge" bridge_type="0-1" depth="0" bridge_pci="10000:[40-43]">
 <object type="Bridge" bridge_type="1-1" depth="1" bridge_pci="10000:[41-43]" pci_busid="10000:40:01.0"
   pci_type="0604 [8086:2030] [8086:0000] 04" pci_link_speed="15.753846">
  <object type="PCIDev" pci_busid="10000:41:00.0" pci_type="0200 [8086:1572] [8086:0006] 01" pci_link_speed="7.876923">
   <object type="OSDev" name="eth0" osdev_type="{net}"/><object type="OSDev" name="mlx5_0" osdev_type="{rdma}"/>
   <object type="OSDev" name="sda" osdev_type="{block}"/><object type="OSDev" name="dma0" osdev_type="{dma}"/>
  </object>
 </object>
</object>"""
OLD = PCI.format(net=2, rdma=3, block=0, dma=4)
NEW = PCI.format(net=16, rdma=32, block=1, dma=64)
NODES = """<object type="NUMANode" os_index="0" cpuset="0x0000000f" nodeset="0x00000001" gp_index="7"/>
<object type="NUMANode" os_index="2" cpuset="0x000000f0" nodeset="0x00000004" gp_index="9"/>"""


def v2(pci: str = OLD, more: str = "", version: str = "2.0") -> bytes:
    package = f'<object type="Package" cpuset="0x000000f0" nodeset="0x00000004">{pci}</object>'
    machine = f'<object type="Machine" cpuset="0x000000ff" nodeset="0x00000005">{NODES}{package}</object>'
    return f'{HEAD}<topology version="{version}">{machine}{more}</topology>'.encode()


def distances(indexing: str, indexes: str) -> str:
    return (
        f'<distances2 type="NUMANode" nbobjs="2" kind="5" name="NUMALatency" indexing="{indexing}">'
        f'<indexes length="4">{indexes}</indexes><u64values length="6">11 21 </u64values>'
        '<u64values length="6">22 12 </u64values></distances2>'
    )


V1 = f"""{HEAD.replace("hwloc2", "hwloc")}<topology><object type="Machine" cpuset="0x000000ff">
<distances nbobjs="2" relative_depth="1" latency_base="10.000000">
<latency value="1.100000"/><latency value="2.100000"/><latency value="2.200000"/><latency value="1.200000"/></distances>
<object type="NUMANode" os_index="0" cpuset="0x0000000f" nodeset="0x00000001"/>
<object type="NUMANode" os_index="2" cpuset="0x000000f0">{OLD}</object></object></topology>""".encode()


@pytest.mark.parametrize(
    "data",
    [
        V1,
        v2(more=distances("os", "0 2 ")),
        v2(more=distances("gp", "7 9 ")),
        v2(NEW, distances("os", "0 2 "), "3.0"),
    ],
    ids=["v1", "v2", "v2-gp", "v3"],
)
def test_every_version_says_the_same(data: bytes) -> None:
    host = read(data, "host.xml")
    bridge, nic = host.functions
    assert host.nodes == (NumaNode(0, (11, 21)), NumaNode(2, (22, 12)))
    assert [root.bus for root in host.roots] == [Bus(0x10000, 0x40)]
    assert (str(bridge.address), bridge.parent, bridge.buses) == ("10000:40:01.0", Bus(0x10000, 0x40), (0x41, 0x43))
    assert (nic.parent, nic.node, nic.class_code, nic.subsystem) == (bridge.address, 2, 0x0200, (0x8086, 6))
    assert (nic.vendor, nic.device, nic.bandwidth) == (0x8086, 0x1572, 7.877)
    assert (nic.names.net, nic.names.rdma, nic.names.block) == (("eth0",), ("mlx5_0",), ("sda",))


def test_a_programming_interface_is_kept() -> None:
    data = v2(NEW.replace("[8086:0006] 01", "[8086:0006] 01 42"), version="3.0")
    assert [one.prog_if for one in read(data).functions] == [None, 0x42]


def test_a_device_off_its_bus_that_is_there_twice_is_left_out() -> None:
    stray = '<object type="PCIDev" pci_busid="10000:77:00.0" pci_type="0300 [1002:6798] [0000:0000] 00"/>'
    assert len(read(v2(OLD.replace("</object>\n</object>", f"{stray}</object>\n</object>"))).functions) == 3
    twice = stray.replace("77:00.0", "41:00.0").replace("</object>", "")
    other = '<object type="Bridge" bridge_type="0-1" depth="0" bridge_pci="10000:[80-83]">' + twice + "</object>"
    host = read(v2(OLD + other), "host.xml")
    assert [one.vendor for one in host.functions] == [0x8086, 0x8086]
    assert host.notes == (
        "host.xml:13:87: 10000:41:00.0 is left out: it is on no bus of its bridge, and is there twice",
    )


BOMB = '<!DOCTYPE topology [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><topology>&b;</topology>'


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (BOMB.encode(), "a document type declaration", 1),
        (b'<!DOCTYPE topology SYSTEM "x" [<!ENTITY a "b">]><topology/>', "a document type declaration", 1),
        (b'<!DOCTYPE topology PUBLIC "x" "http://127.0.0.1/"><topology/>', "a document type declaration", 1),
        (b'\n<!DOCTYPE other SYSTEM "x"><topology/>', "a document type declaration", 2),
        (v2().replace(b"<topology ", b"<other "), "not well-formed", 13),
        (b"<other/>", "the root element is <other>", 1),
        (v2(OLD + OLD), "10000:40:01.0 is there twice, first at line 6", 15),
        (v2(OLD.replace("10000:41:00.0", "41.0")), 'pci_busid is "41.0"', 8),
        (v2(OLD.replace("0200 [8086:1572]", "[8086:1572]")), "pci_type is", 8),
        (v2(OLD.replace('pci_type="0200 [8086:1572] [8086:0006] 01"', "")), "pci_type is missing", 8),
        (v2(OLD.replace("10000:[41-43]", "nowhere")), 'bridge_pci is "nowhere"', 6),
        (v2().replace(b'os_index="2"', b'os_index="two"'), 'os_index is "two"', 4),
        (v2().replace(b'os_index="2"', b'os_index="0"'), "NUMA node 0 is there twice", 4),
        (v2().replace(b'cpuset="0x000000ff"', b'cpuset="many"'), None, 0),
        (v2(more=distances("os", "0 1 ")), "4 distances between 2 of 2 NUMA nodes", 13),
        (b"<topology>" + b"<object>" * 100_000, "nested more than 256 deep", 1),
        (b"<topology " + b" ".join(b"a%d=''" % n for n in range(1000)) + b"/>", "more than 256 attributes", 1),
        (b"<a>" * 3_000_000, "more than 2,000,000 tags", 1),
    ],
)
def test_what_is_refused(data: bytes, message: str | None, line: int) -> None:
    if message is None:
        assert len(read_hwloc(data, "host.xml").functions) == 2  # a machine's own CPUs place nothing
        return
    with no_hang(), pytest.raises(InputError, match=message) as caught:
        read_hwloc(data, "host.xml")
    assert caught.value.location is not None
    assert (caught.value.location.file, caught.value.location.line) == ("host.xml", line)
    assert caught.value.expected

"""libvirt's node devices and lspci's text, of a host like the example's, and what of them is refused."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from pcisolve.core.errors import InputError
from pcisolve.host.host import Host
from pcisolve.host.read import read
from pcisolve.host.values import Bus, Function, Link
from pcisolve.host.virsh import read_connection
from tests.support import no_hang

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "examples" / "host.json"


def device(one: Function, path: str) -> str:
    """What `virsh nodedev-dumpxml` says of a function."""
    address = f"domain='0x{one.address.domain:04x}' bus='0x{one.address.bus:02x}' slot='0x{one.address.slot:02x}'"
    links = "".join(
        f"<link validity='{word}' speed='{link.speed:g}' width='{link.width}'/>"
        for word, link in (("cap", one.max_link), ("sta", one.link))
        if link
    )
    numbers = "".join(f"<{tag}>{n}</{tag}>" for tag, n in one.address._asdict().items())
    group = f"<iommuGroup number='{one.iommu_group}'><address {address}/></iommuGroup>" if one.iommu_group else ""
    vfs = f"<capability type='virt_functions' maxCount='{one.total_vfs}'/>" if one.total_vfs else ""
    driver = f"<driver><name>{one.driver}</name></driver>" if one.driver else ""
    name = f"pci_{one.address}".replace(":", "_").replace(".", "_")
    return f"""<?xml version='1.0'?>
<device><name>{name}</name><path>/sys/devices/{path}</path><parent>computer</parent>{driver}
  <capability type='pci'><class>0x{one.class_code:04x}{one.prog_if:02x}</class>{numbers}
    <product id='0x{one.device:04x}'>A product</product><vendor id='0x{one.vendor:04x}'/>{vfs}{group}
    <numa node='{one.node}'/><pci-express>{links}</pci-express></capability></device>
""" + "".join(
        f"<device><name>{kind}_{word}</name><parent>{name}</parent><capability type='{kind}'>"
        f"<{tag}>{lead}{word}</{tag}>"
        "</capability></device>\n"
        for kind, tag, lead, found in (
            ("net", "interface", "", one.names.net),
            ("storage", "block", "/dev/", one.names.block),
        )
        for word in found
    )


CELLS = """<capabilities><host><topology><cells num='2'><cell id='0'><distances><sibling id='0' value='10'/>
<sibling id='1' value='21'/></distances></cell><cell id='1'><distances><sibling id='0' value='21'/>
<sibling id='1' value='10'/></distances></cell></cells></topology></host></capabilities>
"""


def path_of(host: Host, one: Function) -> str:
    above = host.parent(one)
    return f"{path_of(host, above) if above else f'pci{host.root(one).bus}'}/{one.address}"


def nodedev(host: Host) -> str:
    """All node devices; a bridge is its children's parent by their path's last step but one, or by name."""
    text = CELLS
    for one in host.functions:
        above = host.parent(one)
        said = device(one, path_of(host, one))
        if above is not None:
            name = f"pci_{above.address}".replace(":", "_").replace(".", "_")
            said = said.replace("<parent>computer</parent>", f"<parent>{name}</parent>")
        text += said
    return text


def lspci(host: Host) -> str:
    """What `lspci -D -nn -vv` says."""
    text = ""
    for one in host.functions:
        sub = "\tSubsystem: A card [{:04x}:{:04x}]\n".format(*one.subsystem) if one.subsystem else ""
        prog = f" (prog-if {one.prog_if:02x} [X])" if one.prog_if else ""
        text += f"{one.address} Some class [{one.class_code:04x}]: A maker [x] [{one.vendor:04x}:{one.device:04x}]"
        text += f" (rev 01){prog}\n{sub}\tControl: I/O- Mem+\n\tNUMA node: {one.node}\n"
        text += f"\tIOMMU group: {one.iommu_group}\n" if one.iommu_group is not None else ""
        if one.buses:
            text += "\tBus: primary=00, secondary={:02x}, subordinate={:02x}, sec-latency=0\n".format(*one.buses)
        for word, link in (("Cap", one.max_link), ("Sta", one.link)):
            text += (
                f"\t\tLnk{word}:\tPort #0, Speed {link.speed:g}GT/s (ok), Width x{link.width} (ok)\n" if link else ""
            )
        text += f"\t\tInitial VFs: 8, Total VFs: {one.total_vfs}, Number of VFs: 0\n" if one.total_vfs else ""
        text += f"\tKernel driver in use: {one.driver}\n\n" if one.driver else "\n"
    return text


KEPT = ("address", "parent", "class_code", "prog_if", "vendor", "device", "node", "iommu_group", "total_vfs")


def test_node_devices_say_the_same() -> None:
    host = read(EXAMPLE)
    found = read(nodedev(host).encode(), "nodedev.xml")
    assert (found.nodes, found.roots) == (host.nodes, host.roots)
    for one, other in zip(host.functions, found.functions, strict=True):
        for field in (*KEPT, "link", "max_link", "bandwidth", "driver"):
            assert getattr(one, field) == getattr(other, field), field
        assert (one.names.net, one.names.block) == (other.names.net, other.names.block)


def test_lspci_says_the_same() -> None:
    host = read(EXAMPLE)
    found = read(lspci(host).encode(), "lspci.txt")
    assert found.roots == host.roots
    for one, other in zip(host.functions, found.functions, strict=True):
        for field in (*KEPT, "subsystem", "link", "max_link", "bandwidth", "driver", "buses"):
            assert getattr(one, field) == getattr(other, field), field


def test_lspci_without_names() -> None:
    host = read(b"00:1f.2 0106: 8086:1d02 (rev 06) (prog-if 01 [AHCI 1.0])\n", "lspci.txt")
    (one,) = host.functions
    assert (one.class_code, one.vendor, one.device, one.prog_if, one.parent) == (0x106, 0x8086, 0x1D02, 1, Bus(0, 0))


VF = """<device><name>pci_0000_02_10_0</name><parent>pci_0000_00_01_0</parent><capability type='pci'>
<class>0x020000</class><domain>0</domain><bus>2</bus><slot>16</slot><function>0</function>
<product id='0x10ca'/><vendor id='0x8086'/>
<capability type='phys_function'><address domain='0x0000' bus='0x00' slot='0x01' function='0x0'/></capability>
</capability></device>"""
PF = VF.replace("pci_0000_00_01_0", "computer").replace("pci_0000_02_10_0", "pci_0000_00_01_0")
PF = PF.replace("<bus>2<", "<bus>0<").replace("<slot>16<", "<slot>1<").replace("phys_function", "other")


def test_virtual_functions_of_node_devices() -> None:
    physical, virtual = read((PF + VF).encode()).functions
    assert virtual.pf == physical.address
    assert virtual.link is None or isinstance(virtual.link, Link)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ((PF + VF + VF), "0000:02:10.0 is there twice, first at line 5"),
        (VF, "0000:02:10.0 is below 0000:00:01.0, which is not there"),
        (PF.replace("<class>0x020000</class>", ""), "<capability> has no number where one is needed"),
        (PF.replace("0x8086", "intel"), '<capability> has "intel" where one is needed'),
        (PF + "<domain/>", "<domain> is no node device"),
        (PF + "</many><many>", "not well-formed XML"),
        (PF + "<!DOCTYPE x>", "not well-formed XML"),
        ("00:01.0 VGA compatible controller: A maker\n", "has no numbers of class, vendor and device"),
        ("00:01.0 PCI bridge [0604]: A maker [8086:2030]\n", "the bridge 0000:00:01.0 has no bus numbers"),
        ("00:01.0 0300: 8086:1572\n\n00:01.0 0300: 8086:1572\n", "0000:00:01.0 is there twice, first at line 1"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with no_hang(), pytest.raises(InputError, match=message) as caught:
        read(text.encode(), "file")
    assert caught.value.expected
    assert caught.value.location is not None


def test_a_connection_needs_virsh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="virsh is not installed"):
        read_connection("qemu:///system")


def test_a_connection_is_asked_for_all_devices(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """virsh's questions and answers; that the real one answers so is a matter of the live tests."""
    host = read(EXAMPLE)
    (tmp_path / "dump.xml").write_text(nodedev(host).removeprefix(CELLS))
    (tmp_path / "caps.xml").write_text(CELLS)
    script = tmp_path / "virsh"
    script.write_text(
        '#!/bin/sh\ncase "$4" in nodedev-list*) echo pci_0000_16_00_0;; capabilities) cat "${0%/*}/caps.xml";;\n'
        '"nodedev-dumpxml pci_0000_16_00_0") cat "${0%/*}/dump.xml";; *) echo "error: $*" >&2; exit 1;; esac\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert len(read_connection("qemu:///system").functions) == len(host.functions)


def test_a_bus_of_virtual_functions_is_below_the_bridge_it_was_taken_from() -> None:
    bridge = "00:0{}.0 Bridge [0604]: A [8086:2030]\n\tBus: primary=00, secondary={}, subordinate={}, sec-latency=0\n"
    text = bridge.format(1, "01", "09") + bridge.format(2, "0a", "0f") + "03:10.0 Nic [0200]: A [8086:10ca]\n"
    host = read(text.encode(), "lspci.txt")
    assert host.parent(host.functions[2]) == host.functions[0]


def test_very_many_bridges_take_little_time() -> None:
    one = "00{:02x}:{:02x}:{:02x}.0 Bridge [0604]: A [8086:2030]\n\tBus: primary=00, secondary=01, subordinate=ff\n"
    text = "".join(one.format(domain, bus, slot) for domain in range(4) for bus in range(256) for slot in range(32))
    with no_hang():
        assert len(read(text.encode(), "lspci.txt").functions) == 4 * 256 * 32


def test_a_sosreport_without_sysfs_has_what_lspci_said(tmp_path: Path) -> None:
    folder = tmp_path / "sosreport" / "sos_commands" / "pci"
    folder.mkdir(parents=True)
    (folder / "lspci_-nnvv").write_text(lspci(read(EXAMPLE)))
    (folder / "lspci_-tv").write_text("-[0000:00]-+-00.0  A bridge\n")
    whole = read(EXAMPLE)
    with tarfile.open(tmp_path / "sosreport.tar.xz", "w:xz") as archive:
        archive.add(tmp_path / "sosreport", "sosreport-x")
    for path in (tmp_path / "sosreport", tmp_path / "sosreport.tar.xz"):
        assert [one.address for one in read(path).functions] == [one.address for one in whole.functions]

"""Files given by mistake are named for what they are; no plan is taken for one of them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

import pcisolve
from pcisolve.core.errors import InputError
from pcisolve.core.foreign import LOOKED_AT, ROOTS, foreign_data

EXAMPLES = Path(__file__).parents[2] / "examples"

XML = {
    "<device>\n<name>x</name>\n<capability type='pci'><domain>0</domain></capability></device>": "node device",
    "<network>\n<domain name='x'/></network>": "a libvirt network ",
    "<pool type='dir'/>": "storage pool",
    "<volume/>": "storage volume",
    "<capabilities><host/></capabilities>": "what libvirt can do on a host",
    "<domainCapabilities/>": "what libvirt can do for guests",
    "<secret/>": "libvirt secret",
    "<interface type='bridge' name='br0'/>": "an <interface>",
    "<filter name='x'/>": "network filter",
    "<sysinfo type='smbios'/>": "firmware",
    "<cpu/>": "a CPU",
    "<topology version='2.0'/>": "hwloc topology",
    "<Envelope xmlns='http://schemas.dmtf.org/ovf/envelope/1'/>": "an OVF package",
    "<ovf:Envelope xmlns:ovf='http://schemas.dmtf.org/ovf/envelope/1'/>": "an OVF package",
    "<VirtualBox xmlns='http://www.virtualbox.org/'/>": "a VirtualBox machine",
    "<image/>": "virt-image",
    "<devices/>": "a <devices> element, a part of a domain",
    "<hostdev mode='subsystem'/>": "a single <hostdev>, a part of a domain",
    "<html/>": "a web page",
}
OTHER = {
    "kubevirt": ("# x\napiVersion: kubevirt.io/v1\nkind: VirtualMachine\n", "a KubeVirt VirtualMachine"),
    "kubevirt, kind first": (
        "kind: VirtualMachineInstance\napiVersion: kubevirt.io/v1\n",
        "a KubeVirt VirtualMachineInstance",
    ),
    "kubevirt json": ('{"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine"}', "a KubeVirt VirtualMachine"),
    "kubevirt json in lines": ('{\n    "apiVersion": "kubevirt.io/v1",\n    "kind": "VirtualMachine"\n}', "KubeVirt"),
    "instancetype": ("apiVersion: instancetype.kubevirt.io/v1beta1\nkind: VirtualMachinePreference\n", "KubeVirt"),
    "pod": ("apiVersion: v1\nmetadata:\n  ownerReferences:\n  - kind: ReplicaSet\nkind: Pod\n", "a Kubernetes Pod"),
    "heat": ("heat_template_version: 2018-08-31\n", "Heat template"),
    "proxmox": (
        "agent: 1\nboot: order=scsi0;net0\ncores: 4\nmachine: q35\nscsi0: local:vm-1-disk-0,size=32G\n",
        "Proxmox",
    ),
    "proxmox, short": ("boot: order=ide2\nmemory: 2048\n", "a Proxmox VE machine"),
    "vmx": ('.encoding = "UTF-8"\nconfig.version = "8"\n', "a VMware machine"),
    "xl": ("# x\nname = 'a'\nbuilder = 'hvm'\n", "a Xen machine"),
    "readconfig": ('[device "d"]\n  driver = "e1000"\n', "a configuration of QEMU"),
    "command line": ("#!/bin/sh\nexec /usr/bin/qemu-system-x86_64 -enable-kvm -m 4G\n", "a QEMU command line"),
    "command line in lines": ("qemu-system-aarch64 \\\n    -M virt \\\n", "a QEMU command line"),
    "rhel": ("LC_ALL=C /usr/libexec/qemu-kvm -name guest=a\n", "a QEMU command line"),
    "lspci": ("00:00.0 Host bridge: Intel Corporation\n", "lspci"),
    "info pci": ("  Bus  0, device   0, function 0:\n    Host bridge: PCI device 8086:29c0\n", "info pci"),
    "qmp": ('{"return": {"status": "running"}, "id": "libvirt-12"}', "QMP"),
    "json lines": ('{"id": "a", "xml": "<domain/>"}\n', "JSON Lines"),
    "log, then XML": ("error: failed\n<domain type='kvm'>\n", "text with XML behind it"),
    "qcow2": ("QFI\\xfb", "QCOW2"),
    "zip": ("PK\x03\x04", "a ZIP archive"),
    "binary": ("abc\0def", "binary data"),
    "tar": ("a" * 257 + "ustar\0", "a tar archive"),
}


@pytest.mark.parametrize("text", XML)
def test_xml(text: str) -> None:
    with pytest.raises(InputError) as caught:
        pcisolve.load(text.encode(), name="f")
    assert caught.value.message.startswith("this is ") and XML[text] in caught.value.message
    assert "give the <domain>" not in caught.value.message
    assert "domain XML" in caught.value.expected
    assert str(caught.value.location) == "f:1:1"


@pytest.mark.parametrize("name", OTHER)
def test_other_files(name: str) -> None:
    text, said = OTHER[name]
    with pytest.raises(InputError) as caught:
        pcisolve.load(text.encode().replace(b"\\xfb", b"\xfb"), name="f")
    assert caught.value.message.startswith("this is ") and said in caught.value.message
    assert caught.value.expected
    assert str(caught.value.location) == "f:1:1"


def test_answers_of_pcisolve_itself() -> None:
    answer = pcisolve.load(EXAMPLES / "q35.xml").solve().to_json()
    for text in (json.dumps(answer), json.dumps(answer, indent=2), json.dumps({"input": "a.xml", **answer})):
        with pytest.raises(InputError, match="an answer of `pcisolve solve --format json`"):
            pcisolve.load(text.encode())


def test_no_plan_is_taken_for_something_else() -> None:
    plans = sorted(EXAMPLES.glob("plans/*.yaml"))
    assert plans
    for plan in plans:
        assert foreign_data(plan.read_bytes()) is None
    comment = b"# instead of qemu-system-x86_64 -device e1000\n# apiVersion: v1\n# <domain>\n"
    assert foreign_data(comment + plans[0].read_bytes()) is None


def test_every_root_says_something() -> None:
    assert all(one.what and "domain XML" in one.expected for one in ROOTS.values())
    assert "domain" not in ROOTS


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "apiVersion:",
            "\napiVersion: x",
            '{ "',
            "qemu-kvm",
            "\nqemu-kvm x",
            "\n[device ",
            "a",
            "\n",
            " ",
            "\"'",
            "{,",
        ),
        *('"status":"a",', "\n00:00.0 a", "\n Bus 1", "kind: \n", "<", "\n<domai", "\n.encoding ", "\n" + " " * 90),
    ],
)
def test_looking_takes_no_time(piece: str) -> None:
    text = (piece * LOOKED_AT)[: LOOKED_AT * 2]
    start = time.process_time()
    foreign_data(text.encode())
    foreign_data(b"{" + text.encode())
    assert time.process_time() - start < 10

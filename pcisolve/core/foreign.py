"""Files that people give by mistake, named for what they are.

One table for the root elements of XML, one for all other text and data. Sources: libvirt's schemas (docs/schemas of
its source), DMTF DSP0243 (OVF), hwloc's and VirtualBox' schemas, KubeVirt's API, Proxmox VE's qm.conf(5).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

LOOKED_AT: Final = 64 * 1024  # characters of a file that tell what it is

_DUMP: Final = "the domain XML that libvirt has (virsh dumpxml GUEST)"
_NATIVE: Final = "a domain XML (virsh domxml-from-native vmware-vmx FILE makes one)"
_WHOLE: Final = "the whole domain XML, from <domain> to </domain>"


class Foreign(NamedTuple):
    """What a file is instead of a domain XML, and what was expected."""

    what: str
    expected: str = _DUMP

    @property
    def message(self) -> str:
        """As a sentence."""
        return f"this is {self.what}"


def _part(what: str) -> Foreign:
    return Foreign(f"{what}, a part of a domain", _WHOLE)


# By the name of the root element, whatever its namespace.
ROOTS: Final = {
    "device": Foreign("a libvirt node device (virsh nodedev-dumpxml), which describes hardware of the host"),
    "network": Foreign("a libvirt network (virsh net-dumpxml)"),
    "networkstatus": Foreign("the state of a libvirt network"),
    "networkport": Foreign("a port of a libvirt network"),
    "pool": Foreign("a libvirt storage pool (virsh pool-dumpxml)"),
    "poolstate": Foreign("the state of a libvirt storage pool"),
    "volume": Foreign("a libvirt storage volume (virsh vol-dumpxml)"),
    "capabilities": Foreign("what libvirt can do on a host (virsh capabilities)"),
    "domainCapabilities": Foreign("what libvirt can do for guests (virsh domcapabilities)"),
    "storagepoolCapabilities": Foreign("what libvirt can do for storage (virsh pool-capabilities)"),
    "secret": Foreign("a libvirt secret (virsh secret-dumpxml)"),
    "filter": Foreign("a libvirt network filter (virsh nwfilter-dumpxml)"),
    "nwfilter": Foreign("a libvirt network filter"),
    "filterbinding": Foreign("a binding of a libvirt network filter"),
    "domainbackup": Foreign("a libvirt backup job (virsh backup-dumpxml), which holds no guest"),
    "sysinfo": Foreign("what the host's firmware says (virsh sysinfo)"),
    "cpu": Foreign("a CPU in libvirt's words (virsh hypervisor-cpu-baseline)"),
    "cpus": Foreign("libvirt's map of CPUs"),
    "cpudata": Foreign("raw data of a CPU"),
    "qemuCaps": Foreign("libvirt's notes on a QEMU binary"),
    "topology": Foreign("an hwloc topology of a host (lstopo)"),
    "Envelope": Foreign("an OVF package's description of a virtual machine", "a domain XML (virt-v2v makes one)"),
    "VirtualBox": Foreign("a VirtualBox machine", "a domain XML"),
    "image": Foreign("an image description of virt-manager's virt-image", "a domain XML"),
    "Foundry": Foreign("a VMware supplement file (.vmxf)", _NATIVE),
    "ParallelsVirtualMachine": Foreign("a Parallels machine", "a domain XML"),
    "plist": Foreign("a property list, as UTM and others keep machines", "a domain XML"),
    "libosinfo": Foreign("a libosinfo database"),
    "html": Foreign("a web page"),
    "interface": _part("an <interface>, of the host (virsh iface-dumpxml) or of a guest"),
    "devices": _part("a <devices> element"),
    **{tag: _part(f"a single <{tag}>") for tag in ("disk", "controller", "hostdev", "filesystem", "memory", "os")},
    **{tag: _part(f"a single <{tag}>") for tag in ("video", "graphics", "input", "watchdog", "rng", "tpm", "vsock")},
}

# Files that begin with these bytes.
_BYTES: Final = (
    (b"QFI\xfb", Foreign("a QCOW2 disk image")),
    (b"KDMV", Foreign("a VMDK disk image")),
    (b"conectix", Foreign("a VHD disk image")),
    (b"vhdxfile", Foreign("a VHDX disk image")),
    (b"\x7fELF", Foreign("a program or a memory dump (ELF)")),
    (b"PK\x03\x04", Foreign("a ZIP archive", "a domain XML, by itself or as gzip, bzip2 or xz")),
    (b"\x28\xb5\x2f\xfd", Foreign("a Zstandard file", "a domain XML, by itself or as gzip, bzip2 or xz")),
    (b"\x04\x22\x4d\x18", Foreign("an LZ4 file", "a domain XML, by itself or as gzip, bzip2 or xz")),
    (b"7z\xbc\xaf\x27\x1c", Foreign("a 7z archive", "a domain XML, by itself or as gzip, bzip2 or xz")),
)

_KEY: Final = r"(?:^[\"']?|^[ \t]{0,4}\"|[{,] *\")"  # before a key of YAML's or JSON's outermost mapping
_KUBERNETES: Final = (
    rf"\A(?=[\s\S]*?{_KEY}apiVersion[\"']?:[ \t]*[\"']?%s)[\s\S]*?{_KEY}kind[\"']?:[ \t]*[\"']?(\w{{1,60}})"
)
_QEMU: Final = r"^(?!#)[^#\n]{0,200}(?:qemu-system-\w{1,20}|qemu-kvm)\b[^\n-]{0,80}(?:\n[ \t]{0,20})?-"
_ANSWER: Final = (
    r"\A\s*\{\s*(?:\"input\"\s*:\s*\"[^\"\n]{0,400}\",\s*)?(?:\"version\"\s*:\s*\d{1,9},\s*)?"
    r"\"status\"\s*:\s*\"[a-z]{1,20}\",\s*\"proven\""
)
_PROXMOX: Final = (
    r"^(?:scsi|virtio|net|ide|sata|hostpci|unused|efidisk|tpmstate)\d{1,2}:[ \t]|^(?:scsihw|vmgenid|smbios1|ostype):|"
    r"^(?:agent: \d|boot: order=)"
)
_IN_POD: Final = "the domain XML that libvirt has (virsh dumpxml, in the guest's virt-launcher pod)"
_XEN: Final = "a domain XML (virsh domxml-from-native xen-xl FILE makes one)"
_ONE: Final = "one domain XML; `pcisolve batch` takes many in one file"

# Other text, by something in it; {} is what the expression's group holds. Nothing in a plan matches any of these, and
# every repeat is bounded or cannot be tried in two ways, so that no text makes a search long.
_TEXTS: Final = tuple(
    (re.compile(expression, re.MULTILINE), foreign)
    for expression, foreign in (
        (_KUBERNETES % r"(?:[a-z]{1,20}\.)?kubevirt\.io/", Foreign("a KubeVirt {}", _IN_POD)),
        (_KUBERNETES % "", Foreign("a Kubernetes {}")),
        (r"^heat_template_version:", Foreign("an OpenStack Heat template")),
        (r"\A#cloud-config", Foreign("a cloud-init configuration")),
        (_PROXMOX, Foreign("a Proxmox VE machine (/etc/pve/qemu-server/ID.conf)", "a domain XML")),
        (
            r"^[ \t]*(?:\.encoding|config\.version|virtualHW\.version|guestOS|displayName|memsize)[ \t]*=[ \t]*\"",
            Foreign("a VMware machine (.vmx)", _NATIVE),
        ),
        (r"^(?:builder|vif|disk|vcpus|bootloader)[ \t]*=[ \t]*[\"'\[\d]", Foreign("a Xen machine (xl.cfg)", _XEN)),
        (
            r"^\[(?:device|drive|netdev|chardev|machine|global)(?: \"[^\"\n]*\")?\]",
            Foreign("a configuration of QEMU (-readconfig)", "a domain XML"),
        ),
        (_QEMU, Foreign("a QEMU command line", "a domain XML")),
        (r"^(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] \S", Foreign("a list of PCI devices (lspci)")),
        (r"^ *Bus +\d+, device +\d+, function \d", Foreign("what QEMU's monitor says (info pci)")),
        (r"^bus: main-system-bus", Foreign("what QEMU's monitor says (info qtree)")),
        (r"\A\s*\{\s*\"(?:return|execute|QMP|event|timestamp)\"", Foreign("a message of QEMU's monitor (QMP)")),
        (_ANSWER, Foreign("an answer of `pcisolve solve --format json`, which `diff` and `--against` take")),
        (r"\A\s*\[\s*\{\s*\"code\"\s*:", Foreign("an answer of `pcisolve check --format json`")),
        (r"\A\s*\{\s*\"(?:id|xml)\"\s*:", Foreign("JSON Lines of guests", _ONE)),
        (r"^resource +\"libvirt_domain\"", Foreign("a Terraform configuration")),
        (r"^Vagrant\.configure", Foreign("a Vagrantfile")),
    )
)
_TAR_MAGIC: Final = (257, b"ustar")
_XML_INSIDE: Final = re.compile(
    r"^[ \t]*<(?:\?xml|domain|domstatus|domainsnapshot|domaincheckpoint)[ \t>]", re.MULTILINE
)


def foreign_root(tag: str) -> Foreign | None:
    """What an XML document is by the name of its root; None where that is not known."""
    return ROOTS.get(tag)


def foreign_data(data: bytes) -> Foreign | None:
    """What a file that is not XML is, by its content; None where it may be a plan."""
    at, magic = _TAR_MAGIC
    if data[at : at + len(magic)] == magic:
        return Foreign("a tar archive", _ONE)
    found = next((foreign for magic, foreign in _BYTES if data.startswith(magic)), None)
    if found is not None:
        return found
    if b"\0" in data[:LOOKED_AT]:
        return Foreign("binary data")
    text = data[:LOOKED_AT].decode("utf-8", "replace")
    if _XML_INSIDE.search(text):
        return Foreign("text with XML behind it", "nothing but the XML")
    for expression, foreign in _TEXTS:
        match = expression.search(text)
        if match is not None:
            return foreign._replace(what=foreign.what.format(*match.groups()))
    return None

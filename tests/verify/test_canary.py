"""Nothing that a guest names is opened, run or looked up: the kernel says so, call by call, while verify runs.

Every place of libvirt's schema that takes a path holds a canary: a file that is there, with a name that no system call
may have in it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

pytestmark = pytest.mark.live
SCHEMAS = Path("/usr/share/libvirt/schemas")
FILES = ("domain", "domaincommon", "domainoverrides", "storagecommon", "basictypes", "networkcommon", "cputypes")
PATHS = frozenset({"absFilePath", "filePath", "absDirPath", "dirPath"})
NS = {"r": "http://relaxng.org/ns/structure/1.0"}
CANARY = "canary-9d41c7"
DEEPEST = 10
AS_SAID = 89
ROOT = Path(__file__).resolve().parents[2]
# What runs: Python, libvirt in it, the QEMU that is installed, and what libvirt asks about the host by itself.
PROGRAMS = frozenset({"dmidecode", "qemu-system-x86_64"})

OS = """\
<loader readonly='yes' type='pflash'>@/loader</loader><nvram template='@/template'>@/nvram</nvram>
<kernel>@/kernel</kernel><initrd>@/initrd</initrd><cmdline>root=@/root</cmdline><dtb>@/dtb</dtb>
<acpi><table type='slic'>@/table</table></acpi>"""
OS_NVRAM = """\
<loader readonly='yes' type='pflash'>@/loader</loader>
<nvram type='{type}'><source {source}</nvram>"""

DISKS = """\
<disk type='file' device='disk'><source file='@/file' startupPolicy='optional'/>
  <backingStore type='file'><format type='qcow2'/><source file='@/backing-file'/>
    <backingStore type='block'><format type='raw'/><source dev='@/backing-dev'/><backingStore/></backingStore>
  </backingStore>
  <mirror type='file' file='@/mirror' job='copy'><format type='raw'/><source file='@/mirror-file'/></mirror>
  <target dev='sda' bus='scsi'/></disk>
<disk type='block' device='disk'><source dev='@/dev'/><target dev='vdb' bus='virtio'/></disk>
<disk type='dir' device='cdrom'><driver name='qemu' type='fat'/><source dir='@/dir'/><target dev='sdb' bus='sata'/>
  <readonly/></disk>
<disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/><source type='unix' path='@/vhostuser'/>
  <target dev='vdc' bus='virtio'/></disk>
<disk type='network' device='disk'><source protocol='rbd' name='pool/image'><host name='127.0.0.1' port='6789'/>
  <config file='@/rbd'/></source><target dev='vdd' bus='virtio'/></disk>
<disk type='network' device='disk'><source protocol='nbd' name='x'><host transport='unix' socket='@/nbd'/></source>
  <target dev='vde' bus='virtio'/></disk>
<disk type='block' device='lun'><source dev='@/lun'>
  <reservations managed='no'><source type='unix' path='@/reservations' mode='client'/></reservations></source>
  <target dev='sdc' bus='scsi'/></disk>
"""
CHARACTERS = """\
<serial type='file'><source path='@/serial'/><target port='0'/></serial>
<serial type='unix'><source mode='connect' path='@/serial-unix'/><log file='@/serial-log'/></serial>
<serial type='pipe'><source path='@/serial-pipe'/></serial>
<serial type='dev' tty='@/serial-tty'><source path='@/serial-dev'/></serial>
<parallel type='file' tty='@/parallel-tty'><source path='@/parallel'/><log file='@/parallel-log'/></parallel>
<console type='pty' tty='@/console-tty'><source path='@/console'/><log file='@/console-log'/>
  <target type='virtio'/></console>
<channel type='unix'><source mode='connect' path='@/channel'/><log file='@/channel-log'/>
  <target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<redirdev bus='usb' type='unix'><source mode='connect' path='@/redirdev'/><log file='@/redirdev-log'/></redirdev>
<smartcard mode='host-certificates'><certificate>a</certificate><certificate>b</certificate>
  <certificate>c</certificate><database>@/certificates</database></smartcard>
<rng model='virtio'><backend model='random'>@/random</backend></rng>
<rng model='virtio'><backend model='egd' type='unix'><source mode='connect' path='@/egd'/><log file='@/egd-log'/>
  </backend></rng>
"""
DEVICES = """\
<interface type='ethernet'><script path='@/script'/><downscript path='@/downscript'/>
  <backend tap='@/tap' vhost='@/vhost'/><rom bar='on' file='@/nic-rom'/><model type='virtio'/></interface>
<interface type='vhostuser'><source type='unix' path='@/nic-vhostuser' mode='client'/><model type='virtio'/></interface>
<interface type='vdpa'><source dev='@/vdpa'/></interface>
<filesystem type='mount'><source dir='@/mount'/><target dir='a'/></filesystem>
<filesystem type='mount'><driver type='virtiofs'/><binary path='@/virtiofsd'/><source dir='@/shared'/>
  <target dir='b'/></filesystem>
<filesystem type='mount'><driver type='virtiofs'/><source socket='@/virtiofs'/><target dir='c'/></filesystem>
<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x7fff' bus='0' slot='1' function='0'/>
  </source><rom bar='on' file='@/hostdev-rom'/></hostdev>
<hostdev mode='subsystem' type='scsi_host'><source protocol='vhost' wwpn='naa.5123456789abcde0'/></hostdev>
<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>
  <address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>
<input type='passthrough' bus='virtio'><source evdev='@/evdev'/></input>
<input type='evdev'><source dev='@/input'/></input>
<shmem name='shared'><model type='ivshmem-doorbell'/><server path='@/shmem'/></shmem>
<memory model='nvdimm' access='shared'><source><path>@/nvdimm</path></source>
  <target><size unit='MiB'>256</size><node>0</node></target></memory>
<tpm model='tpm-tis'><backend type='passthrough'><device path='@/tpm'/></backend></tpm>
<video><driver name='vhostuser'/><model type='virtio' heads='1'>
  <acceleration accel3d='yes' rendernode='@/video'/></model></video>
<graphics type='vnc' socket='@/vnc'/>
<graphics type='spice'><listen type='socket' socket='@/spice'/><gl enable='yes' rendernode='@/render'/></graphics>
<sound model='ich9'><audio id='1'/></sound>
<audio id='1' type='file' path='@/audio'/>
<audio id='2' type='oss'><input dev='@/oss-in'/><output dev='@/oss-out'/></audio>
<emulator>@/emulator</emulator>
"""
# What libvirt's drivers of other hypervisors, or newer ones, take: refused or left alone, and never looked at.
ELSEWHERE = """\
<interface type='user'><backend type='passt' logFile='@/passt'/><model type='virtio'/></interface>
<smartcard mode='passthrough' type='unix'><source mode='connect' path='@/smartcard'/>
  <log file='@/card-log'/></smartcard>
<filesystem type='block'><source dev='@/fs-dev'/><target dir='d'/></filesystem>
<filesystem type='file'><source file='@/fs-file'/><target dir='e'/></filesystem>
<hostdev mode='capabilities' type='storage'><source><block>@/block</block></source></hostdev>
<hostdev mode='capabilities' type='misc'><source><char>@/char</char></source></hostdev>
<tpm model='tpm-tis'><backend type='emulator'><source type='dir' path='@/tpm-source'/></backend></tpm>
"""
MIRROR = """\
<disk type='file' device='disk'><source file='@/own'/>
  <backingStore type='{type}'><format type='{format}'/><source {source}</backingStore>
  <mirror type='{type}' job='copy'><format type='raw'/><source {source}
    <backingStore type='{type}'><format type='raw'/><source {source}</backingStore></mirror>
  <target dev='vd{letter}' bus='virtio'/></disk>
"""
SOURCES = {
    "file": "file='@/s-file'><reservations managed='no'><source type='unix' path='@/s-pr' mode='client'/>"
    "</reservations></source>",
    "block": "dev='@/s-dev'/>",
    "dir": "dir='@/s-dir'/>",
    "vhostuser": "type='unix' path='@/s-path'/>",
    "network": "protocol='rbd' name='p/i'><host name='127.0.0.1' transport='unix' socket='@/s-socket'/>"
    "<config file='@/s-config'/></source>",
}
COMMANDS = """\
<qemu:commandline><qemu:arg value='-fw_cfg'/><qemu:arg value='name=opt/x,file=@/fw_cfg'/>
<qemu:arg value='-device'/><qemu:arg value='e1000,romfile=@/arg-rom'/><qemu:env name='X' value='@/env'/>
</qemu:commandline>
"""
CONTAINER = "<init>@/init</init><initdir>@/initdir</initdir><root>@/root</root>"
TUNING = """\
<blkiotune><device><path>@/blkio</path><weight>500</weight></device></blkiotune>
<resource><partition>/@partition</partition></resource>
<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
<maxMemory slots='4' unit='MiB'>2048</maxMemory><cpu><numa><cell id='0' cpus='0' memory='512' unit='MiB'/></numa></cpu>
"""


ACPI = "<features><acpi/></features>"


def guest(devices: str, os_: str = "", rest: str = "", more: str = "") -> str:
    """A q35 guest."""
    return f"""\
<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>canary</name>
<memory unit='MiB'>512</memory><vcpu>1</vcpu>{rest}
<os><type arch='x86_64' machine='q35'>hvm</type>{os_}</os>
<devices>
<controller type='scsi' model='virtio-scsi'/>
{devices}
</devices>
{more}</domain>
"""


def sources(*types: str) -> str:
    """Disks whose backing chains and mirrors are of such types."""
    return "".join(
        MIRROR.format(type=one, source=SOURCES[one], letter=letter, format="fat" if one == "dir" else "raw")
        for one, letter in zip(types, "abcd"[: len(types)], strict=True)
    )


def nvram(type_: str) -> str:
    """Firmware with an NVRAM of such a type."""
    return OS_NVRAM.format(type=type_, source=SOURCES[type_])


GUESTS = {
    "disks": guest(DISKS, nvram("file"), ACPI + TUNING),
    "characters": guest(CHARACTERS, nvram("block"), ACPI),
    "devices": guest(DEVICES, nvram("dir"), ACPI + TUNING),
    "sources": guest(sources("file", "block", "dir", "network"), nvram("network"), ACPI + TUNING),
    "vhostuser": guest(sources("vhostuser"), nvram("vhostuser"), ACPI + TUNING),
    "boot": guest("<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>", OS, ACPI),
    "elsewhere": guest(ELSEWHERE, CONTAINER, more=COMMANDS),
}
# Elements of other hypervisors, and newer ones.
REFUSED = ("elsewhere",)


@cache
def definitions() -> dict[str, list[etree._Element]]:
    """The patterns of libvirt's schema, by name."""
    found: dict[str, list[etree._Element]] = {}
    for name in FILES:
        path = SCHEMAS / f"{name}.rng"
        for one in etree.parse(path).iterfind(".//r:define", NS) if path.exists() else ():
            found.setdefault(one.get("name", ""), []).append(one)
    return found


def places(node: etree._Element, path: tuple[str, ...], seen: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Where a pattern lets a path be: elements, and an attribute with an at sign."""
    if not isinstance(node.tag, str) or len(path) > DEEPEST:
        return
    tag, name = etree.QName(node).localname, node.get("name") or "*"
    if tag in ("element", "attribute"):
        path = (*path, name if tag == "element" else f"@{name}")
        if path[-2:] == (name, name) and len(path) > 2:  # backingStore in backingStore in ...
            return
    if tag == "ref":
        if name in PATHS:
            yield path
        if name not in seen:
            for one in definitions().get(name, ()):
                for child in one:
                    yield from places(child, path, seen | {name})
        return
    for child in node:
        yield from places(child, path, seen)


def schema_places() -> set[tuple[str, ...]]:
    """All of them, below <domain>."""
    begin = [child for one in definitions()["domain"] for child in one]
    return {path[path.index("domain") :] for one in begin for path in places(one, (), frozenset()) if "domain" in path}


def named_places(xml: str) -> set[tuple[str, ...]]:
    """The places of a guest that hold a canary."""
    found = set()
    for element in etree.fromstring(xml).iter(etree.Element):
        above = [etree.QName(one).localname for one in (*reversed(list(element.iterancestors())), element)]
        path = tuple(name for number, name in enumerate(above) if name != "backingStore" or above[number - 1] != name)
        if "@" in (element.text or ""):
            found.add(path)
        found |= {(*path, f"@{name}") for name, value in element.attrib.items() if "@" in str(value)}
    return found


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="libvirt's schema is not installed")
def test_every_path_of_the_schema_has_a_canary() -> None:
    wanted = schema_places()
    assert len(wanted) > 80, "the schema was not understood"
    have = set().union(*(named_places(one) for one in GUESTS.values()))
    assert sorted("/".join(one) for one in wanted - have) == []
    if len(wanted) == AS_SAID:  # libvirt 9.0.0; newer schemas have more
        said = " ".join((ROOT / "SECURITY.md").read_text().split())
        assert f"each of the {AS_SAID} places" in said and f"in {len(have - wanted)} more" in said


@pytest.fixture(scope="module")
def strace() -> str:
    """The tracer; skipped where there is none, or where nobody may."""
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace is not installed")
    if subprocess.run([program, "-o", os.devnull, "true"], check=False, capture_output=True).returncode:
        pytest.skip("not allowed to trace programs here")
    return program


@pytest.mark.parametrize("name", GUESTS)
def test_no_system_call_names_a_canary(name: str, tmp_path: Path, strace: str) -> None:
    folder, log = tmp_path / CANARY, tmp_path / "calls"
    folder.mkdir()
    for number, one in enumerate(sorted(set(re.findall(r"@/([\w-]+)", GUESTS[name])))):
        if number % 3 == 0:
            os.mkfifo(folder / one)  # whoever opens it waits for ever
        else:
            (folder / one).write_bytes(b"\x7fELF")
            (folder / one).chmod(0o755)
    data = GUESTS[name].replace("@", str(folder)).encode()
    words = [strace, "-f", "-qq", "-v", "-s", "8192", "-e", "trace=%file,%net", "-o", str(log)]
    verify = [sys.executable, "-m", "pcisolve", "verify", "--time-limit", "300", "-"]
    ended = subprocess.run([*words, *verify], input=data, capture_output=True, check=False, timeout=600)
    calls = log.read_text(errors="replace").splitlines()
    assert ended.returncode == (3 if name in REFUSED else 0), ended.stdout.decode()
    assert [one for one in calls if CANARY in one] == []
    run = {Path(one).name for one in re.findall(r'execve\("([^"]+)".* = 0$', "\n".join(calls), re.MULTILINE)}
    assert "python" in " ".join(run)
    assert {one for one in run if not one.startswith("python")} <= PROGRAMS
    away = [one for one in calls if re.search(r"\b(connect|sendto|bind)\(.*sa_family=AF_INET", one)]
    assert away == []

"""The copies that are defined and started: nothing of the host in them, everything of PCI."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from pcisolve.api.guests import load
from pcisolve.verify.commandline import parameters, startable_words
from pcisolve.verify.rehearsal import PREFIX, definable, startable
from tests.support import address, domain

HOSTDEV = (
    "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='0x41' slot='0' function='0'/>"
    f"</source>{address('0:0:5.0')}</hostdev>"
)
NIC = f"<interface type='network'><source network='default'/><model type='e1000e'/>{address('0:0:6.0')}</interface>"


def test_a_scratch_name_and_our_own_emulator_whatever_the_input_names() -> None:
    data = domain("q35", "<emulator>/tmp/anything</emulator>").replace(b"</name>", b"</name><uuid>1</uuid>")
    copy = ElementTree.fromstring(definable(data, "/usr/bin/qemu-system-x86_64"))
    assert (copy.findtext("name") or "").startswith(PREFIX)
    assert copy.find("uuid") is None
    assert [one.text for one in copy.iter("emulator")] == ["/usr/bin/qemu-system-x86_64"]


def test_what_is_passed_to_qemu_as_it_is_stays_out() -> None:
    space = "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"
    raw = "<qemu:commandline><qemu:arg value='-chroot'/></qemu:commandline></domain>"
    data = domain("q35").decode().replace("<domain ", f"<domain {space} ").replace("</domain>", raw)
    assert b"chroot" not in definable(data.encode(), "/usr/bin/true")


def test_what_draws_and_what_remembers_are_not_the_hosts() -> None:
    nvram = b"<nvram type='file'><source file='/srv/nvram'/></nvram></os>"
    data = domain("q35").replace(b"</os>", nvram)
    assert nvram in data and b"nvram" not in definable(data, "/usr/bin/true")
    model = "<model type='virtio' heads='2'><acceleration accel3d='yes' rendernode='/dev/dri/x'/></model>"
    video = f"<video><driver name='vhostuser' iommu='on'/>{model}{address('0:0:7.0')}</video>"
    copy = ElementTree.fromstring(startable(domain("q35", video).decode()).xml).find("devices/video")
    assert copy is not None
    assert [one.attrib for one in copy.iter("driver")] == [{"iommu": "on"}]
    assert [one.attrib for one in copy.iter("model")] == [{"type": "virtio", "heads": "2"}]
    assert copy.find("address") is not None and not list(copy.iter("acceleration"))


def test_defining_the_copy_lays_out_the_same() -> None:
    data = domain("q35", HOSTDEV + NIC + "<graphics type='vnc'/>", numa_cells=2)
    mine, copied = load(data).check(), load(definable(data, "/usr/bin/true")).check()
    assert [one.address for one in mine.devices] == [one.address for one in copied.devices]


def test_stand_ins_take_the_same_places() -> None:
    copy = startable(domain("q35", HOSTDEV + NIC).decode())
    devices = ElementTree.fromstring(copy.xml)
    assert not list(devices.iter("hostdev")) and not list(devices.iter("interface"))
    places = {one.find("alias").get("name"): one.find("address").get("slot") for one in devices.iter("rng")}  # type: ignore[union-attr]
    assert sorted(places.values(), key=str) == ["0x5", "0x6"]
    assert {places[name]: driver for name, driver in copy.drivers.items()} == {"0x5": "", "0x6": "e1000e"}


def test_a_stand_in_has_the_acpi_index_of_the_device() -> None:
    nic = NIC.replace("</interface>", "<acpi index='16384'/></interface>")
    (rng,) = ElementTree.fromstring(startable(domain("q35", nic).decode()).xml).iter("rng")
    acpi = rng.find("acpi")
    assert acpi is not None
    assert acpi.attrib == {"index": "16384"}


COMMAND = r"""LC_ALL=C \
/usr/bin/qemu-system-x86_64 \
-name guest=x -S \
-object '{"qom-type":"secret","id":"masterKey0","file":"/var/lib/key"}' \
-machine pc-q35-7.2,usb=off,pflash0=libvirt-pflash0-format,memory-backend=pc.ram \
-m 1024 \
-object '{"qom-type":"memory-backend-file","id":"pc.ram","size":1073741824,"mem-path":"/dev/hugepages"}' \
-no-user-config \
-chardev socket,id=charmonitor,fd=3,server=on \
-mon chardev=charmonitor,id=monitor \
-netdev '{"type":"tap","fd":"4","id":"hostnet0"}' \
-blockdev '{"driver":"file","filename":"/etc/passwd","node-name":"libvirt-1-storage"}' \
-device '{"driver":"virtio-rng-pci","id":"ua-pcisolve0","bus":"pci.1","addr":"0x0"}' \
-device vhost-vsock-pci,id=vsock0,guest-cid=3,bus=pci.2,addr=0x0 \
-vnc 127.0.0.1:0"""


def test_the_command_line_reaches_nothing_of_the_host() -> None:
    words = startable_words(COMMAND, {"ua-pcisolve0": "e1000e"}, None)
    assert words[0] == "/usr/bin/qemu-system-x86_64"
    for gone in ("/var/lib/key", "/dev/hugepages", "/etc/passwd", "-vnc", "-mon", "charmonitor", "pflash0", "tap"):
        assert not any(gone in word for word in words), gone
    devices = [json.loads(words[at + 1]) for at, word in enumerate(words) if word == "-device"]
    assert devices == [
        {"driver": "e1000e", "id": "ua-pcisolve0", "bus": "pci.1", "addr": "0x0"},
        {"driver": "pci-testdev", "id": "vsock0", "bus": "pci.2", "addr": "0x0"},
    ]
    assert "-no-user-config" in words and "memory-backend=pc.ram" in words[words.index("-machine") + 1]


def test_a_value_with_a_comma_is_one_value() -> None:
    assert parameters("null,id=a,path=x,,y", "backend") == {"backend": "null", "id": "a", "path": "x,,y"}

"""libvirt's command line made startable: no file, socket or device of the host is left in it."""

from __future__ import annotations

import json

import pytest

from pcisolve.verify.commandline import startable_words

CANARY = "/srv/canary/file"
REACH_OUT = (
    f"-kernel {CANARY}",
    f"-initrd {CANARY}",
    f"-dtb {CANARY}",
    f"-append root={CANARY}",
    f"-bios {CANARY}",
    f"-pflash {CANARY}",
    f"-acpitable sig=SLIC,file={CANARY}",
    f"-smbios file={CANARY}",
    f"-fw_cfg name=opt/x,file={CANARY}",
    f"-drive file={CANARY},if=sd",
    f"-hda {CANARY}",
    f"-L {CANARY}",
    f"-readconfig {CANARY}",
    f"-loadvm {CANARY}",
    f"-incoming exec:{CANARY}",
    f"-pidfile {CANARY}",
    f"-D {CANARY}",
    f"-qmp unix:{CANARY}",
    f"-monitor unix:{CANARY}",
    f"-serial file:{CANARY}",
    f"-boot menu=on,splash={CANARY}",
    f"-machine q35,kernel={CANARY},dumpdtb={CANARY},pflash0=x",
    f"-M q35,firmware={CANARY}",
    f"-tpmdev passthrough,id=t,path={CANARY}",
    f"-vnc unix:{CANARY}",
    f"-spice unix,addr={CANARY}",
    f"-audiodev wav,id=a,path={CANARY}",
    f"-chardev socket,id=c,path={CANARY}",
    f"-netdev tap,id=n,script={CANARY}",
    f"-fsdev local,id=f,path={CANARY}",
    f"-object input-linux,id=i,evdev={CANARY}",
    f"-object rng-random,id=r,filename={CANARY}",
    f"-object memory-backend-file,id=m,size=1M,mem-path={CANARY}",
    f"-object memory-backend-shm,id=m,size=1M,mem-path={CANARY}",
    f"-object sev-guest,id=s,sev-device={CANARY}",
    f"-object filter-dump,id=d,netdev=n,file={CANARY}",
    f"-blockdev driver=file,node-name=b,filename={CANARY}",
    '-blockdev \'{"driver":"raw","node-name":"b","file":{"driver":"file","filename":"' + CANARY + "\"}}'",
    f"-device loader,file={CANARY}",
    f"-device e1000,id=n,romfile={CANARY}",
    f"-device usb-host,hostdevice={CANARY}",
    f"-device virtio-input-host-pci,id=i,evdev={CANARY},bus=pcie.0,addr=0x4",
    f"-device virtio-rng-pci,id=r,whatever={CANARY},bus=pcie.0,addr=0x5",
    f"-object can-bus,id=c,whatever={CANARY}",
    f"-device usb-mtp,rootdir={CANARY}",
    f"-device u2f-emulated,dir={CANARY}",
    f"-device vfio-pci,id=h,sysfsdev={CANARY},bus=pcie.0,addr=0x3",
)


def words(options: str, program: str = "/usr/bin/qemu-system-x86_64") -> list[str]:
    return startable_words(f"LC_ALL=C HOME={CANARY} {program} {options}", {}, None)


@pytest.mark.parametrize("option", REACH_OUT)
def test_nothing_of_the_host_is_named(option: str) -> None:
    assert not any("canary" in word for word in words(option))


def test_the_monitor_of_newer_libvirt_is_left_out() -> None:
    options = (
        "-chardev socket,id=charmonitor,fd=3 "
        '-object \'{"qom-type":"monitor-qmp","id":"monitor","chardev":"charmonitor"}\''
    )
    assert words(options) == ["/usr/bin/qemu-system-x86_64", "-accel", "tcg"]


def test_the_sandbox_stays_on() -> None:
    sandbox = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
    assert words("-sandbox off") == ["/usr/bin/qemu-system-x86_64", "-sandbox", sandbox, "-accel", "tcg"]


def test_sound_has_an_audio_driver_that_plays_nothing() -> None:
    options = (
        '-audiodev \'{"id":"audio1","driver":"spice"}\' -device \'{"driver":"AC97","id":"s","audiodev":"audio1"}\''
    )
    made = words(options)
    assert json.loads(made[2]) == {"driver": "none", "id": "audio1"}
    assert json.loads(made[4])["audiodev"] == "audio1"


def test_what_makes_the_layout_stays() -> None:
    options = (
        "-machine q35,usb=off -m size=1024k -object memory-backend-ram,id=r,size=1M -global ICH9-LPC.disable_s3=1 "
        '-device \'{"driver":"pcie-root-port","id":"pci.1","bus":"pcie.0","addr":"0x1"}\''
    )
    made = words(options)
    assert made[1:5] == ["-machine", "q35,usb=off", "-m", "size=1024k"]
    assert json.loads(made[made.index("-device") + 1])["addr"] == "0x1"
    assert "ICH9-LPC.disable_s3=1" in made

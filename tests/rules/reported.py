"""Guests as public reports have them, and what is said of one."""

from __future__ import annotations

import pcisolve
from pcisolve.api.guest import Result
from pcisolve.api.options import make_options
from pcisolve.verdict.values import Verdict

LIBVIRT = {"stage": "libvirt", "libvirt": "9.0.0"}
QUIET = "<controller type='usb' model='none'/>"
NO_BALLOON = "<memballoon model='none'/>"
RNG = "<rng model='virtio'>{}</rng>"
AT_9 = "<address type='pci' slot='9'/>"


def guest(devices: str, machine: str = "q35", arch: str = "x86_64", *, os: str = "", kind: str = "qemu") -> bytes:
    return (
        f"<domain type='{kind}'><name>g</name><memory>65536</memory>"
        f"<os{' firmware=' + repr('efi') if os == 'efi' else ''}><type arch='{arch}' machine='{machine}'>hvm</type>"
        f"{'' if os == 'efi' else os}</os><devices>{devices}</devices></domain>"
    ).encode()


def check(data: bytes, **words: str) -> Verdict:
    return pcisolve.load(data).check(make_options(**words))


def errors(data: bytes, **words: str) -> list[str]:
    return [one.code for one in check(data, **words).findings if one.severity == "error"]


def solved(data: bytes, **words: str) -> Result:
    result = pcisolve.load(data).solve(make_options(**words))
    assert result.xml is not None, result.verdict.findings
    return result

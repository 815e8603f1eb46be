"""The domain XMLs that pcisolve and libvirt are timed with; libvirt takes them as they are."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

CORPUS = Path("../shared/corpus/random/cases.jsonl.gz")
_DISK = "<disk type='file' device='disk'><source file='/images/{0}.img'/><target dev='vd{1}' bus='virtio'/></disk>"
_NIC = "<interface type='user'><mac address='52:54:00:{0:02x}:{1:02x}:{2:02x}'/><model type='virtio'/></interface>"
_RNG = "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
_SOUND = "<sound model='ac97'/>"
_CLASH = "<rng model='virtio'><backend model='random'>/dev/urandom</backend><address type='pci' slot='0x1f'/></rng>"


def guest(name: str, devices: str, arch: str = "x86_64", machine: str = "q35") -> bytes:
    return (
        f"<domain type='qemu'><name>{name}</name><memory>1048576</memory><vcpu>1</vcpu>"
        f"<os><type arch='{arch}' machine='{machine}'>hvm</type></os><devices>{devices}</devices></domain>"
    ).encode()


def corpus(path: Path = CORPUS, most: int = 1000) -> list[bytes]:
    """Random guests of a file, accepted and refused ones, evenly out of all; our own where there is no such file."""
    if not path.is_file():
        return list(_small(most))
    with gzip.open(path, "rt") as lines:
        texts = [json.loads(line)["input"].encode() for line in lines]
    return texts[:: max(len(texts) // most, 1)][:most]


def _small(count: int) -> Iterator[bytes]:
    """Guests of 2 to 30 devices, of which every third is refused."""
    for number in range(count):
        machine = "q35" if number % 2 else "pc"
        devices = _NIC.format(0, number >> 8, number & 255) + _RNG * (number % 17) + _SOUND * (number % 5)
        clash = _CLASH * 2 if number % 3 == 0 else ""
        yield guest(f"small-{number}", devices + clash, machine=machine)


def written(texts: list[bytes], file: Path) -> Path:
    """The guests in a file of JSON strings, one a line, as the loops read them."""
    file.write_text("".join(json.dumps(one.decode()) + "\n" for one in texts))
    return file


def large(count: int = 10, devices: int = 200) -> list[bytes]:
    """Guests of so many virtio interfaces, each on a root port of its own."""
    return [
        guest(f"large-{one}", "".join(_NIC.format(one, number >> 8, number & 255) for number in range(devices)))
        for one in range(count)
    ]


def fleet(count: int, shapes: int = 40) -> Iterator[bytes]:
    """Guests of so many shapes, which differ in name, MAC addresses and paths."""
    for number in range(count):
        shape = number % shapes
        disks = (_DISK.format(f"{number}-{disk}", chr(ord("a") + disk)) for disk in range(1 + shape % 4))
        nics = (_NIC.format(number >> 8 & 255, number & 255, nic) for nic in range(1 + shape // 4))
        yield guest(f"vm-{number}", "".join([*disks, *nics, _RNG]))

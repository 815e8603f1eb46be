"""What of qemu:commandline reaches the rehearsed QEMU, and what does not; and small guests in a real QEMU."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from pcisolve.api.guests import load
from pcisolve.problem.problem import Options
from pcisolve.verify.commandline import startable_words
from pcisolve.verify.handed_on import handed_on
from pcisolve.verify.hypervisor import Hypervisor, Unavailable, emulator_of
from pcisolve.verify.qemu import Qemu, Refused
from pcisolve.verify.rehearsal import definable, startable
from pcisolve.verify.scratch import Scratch
from tests.support import QUIET, address, domain, rng, with_qemu

BARE = ["/usr/bin/qemu-system-x86_64", "-device", '{"driver":"virtio-rng-pci","id":"rng0","bus":"pcie.0","addr":"0x5"}']


def words_of(*words: str) -> list[str]:
    return handed_on(load(with_qemu(domain("q35", rng("0:0:5.0")), *words)), Options(), list(BARE)).words[len(BARE) :]


@pytest.mark.parametrize(
    "words",
    [
        ("-chroot", "/", "-runas", "nobody", "-incoming", "exec:touch /tmp/x", "-S"),
        ("-drive", "file=/etc/passwd,if=none,id=d", "-netdev", "tap,id=n,script=/bin/sh", "-monitor", "stdio"),
        ("-object", "memory-backend-file,id=m,mem-path=/dev/shm,size=1M", "-chardev", "socket,path=/tmp/s,id=c"),
        ("-device", "usb-host,hostbus=1", "-fsdev", "local,id=f,path=/,security_model=none", "-global", "x.y=z"),
    ],
)
def test_nothing_that_reaches_out_is_handed_on(words: tuple[str, ...]) -> None:
    assert words_of(*words) == []


def test_only_the_place_of_a_device_is_handed_on() -> None:
    host = "-device", "vfio-pci,host=01:00.0,addr=0x6,romfile=/etc/passwd,id=gpu"
    assert words_of(*host) == ["-device", "pci-testdev,id=gpu,addr=0x6.0,multifunction=off"]
    disk = "-drive", "file=/etc/passwd,if=virtio", "-virtfs", "local,path=/,mount_tag=x,security_model=none"
    assert [re.sub("id=pcisolve-[0-9]*,", "", one) for one in words_of(*disk)] == [
        "-device",
        "pci-testdev,multifunction=off",
    ] * 2
    assert words_of("-nic", "tap,model=e1000,script=/bin/sh") == ["-net", "nic,model=e1000"]
    assert words_of("-audio", "alsa,model=hda") == ["-audio", "driver=none,model=hda"]
    port = words_of("-device", "ioh3420,id=r,chassis=9,port=1,addr=1c.0")
    assert port == ["-device", "ioh3420,id=r,addr=0x1c.0,chassis=9,port=1,multifunction=off"]


@pytest.mark.parametrize("name", ["a,,romfile=/etc/passwd", "x" * 99, "a b", "../a"])
def test_a_name_cannot_carry_more_than_a_name(name: str) -> None:
    (_, value) = words_of("-device", f"VGA,id={name},bus={name},addr=8")
    assert value == "pci-testdev,id=pcisolve-0,addr=0x8.0,multifunction=off"


def test_an_override_changes_places_only() -> None:
    data = with_qemu(domain("q35", rng("0:0:5.0")), "override", "rng0", "addr=0x9", "rng=/dev/mem")
    found = handed_on(load(data), Options(), list(BARE))
    assert found.words[2] == '{"driver": "virtio-rng-pci", "id": "rng0", "bus": "pcie.0", "addr": "0x9"}'
    assert found.moved == {"rng0": "0000:00:05.0"}
    assert tuple(found.expected["rng0"].spot) == ("pcie.0", 9, 0)


GUESTS = 24
DRIVERS = ("pci-testdev", "virtio-rng-pci", "VGA", "e1000", "qemu-xhci")
PLACES = ("0x0", "1", "0x2", "3", "4", "5", "0x6", "0x9", "a", "1b", "1d", "1f.5", "3.1", "20")


def small_guests() -> Iterator[tuple[str, bytes, tuple[str, ...]]]:
    """Guests of a few parts and arguments, about half of which collide; the same ones always."""
    for seed in range(GUESTS):
        chance = random.Random(seed)
        machine = chance.choice(("q35", "pc"))
        devices = [QUIET]
        for number in range(chance.randrange(3)):
            slot = chance.choice((3, 4, 5, 6))
            at = f"0:0:{slot}.{number}" if chance.random() < 0.5 else ""
            devices.append(
                f"<rng model='virtio'><backend model='random'>/dev/urandom</backend>{address(at) if at else ''}</rng>"
            )
        if chance.random() < 0.3:
            devices.append("<video><model type='vga'/></video>")
        words: list[str] = []
        for _ in range(chance.choice((1, 1, 2))):
            words += argument(chance, machine, "root" if "id=root" in " ".join(words) else "")
        yield machine, domain(machine, "".join(devices)), tuple(words)


def argument(chance: random.Random, machine: str, port: str) -> list[str]:
    """One argument: an option of the board, a port, or a device as key=value or as JSON."""
    kind = chance.random()
    if kind < 0.25:
        return chance.choice((["-vga", "std"], ["-usb"], ["-net", "nic"], ["-audio", "driver=none,model=hda"]))
    if kind < 0.35 and machine == "q35":
        return ["-device", f"pcie-root-port,id=root,chassis={chance.choice((1, 99))}"]
    keys = {"driver": chance.choice(DRIVERS)}
    if chance.random() < 0.6:
        keys["addr"] = chance.choice(PLACES)
    if chance.random() < 0.4:
        keys["bus"] = port or chance.choice(("pci.0", "pcie.0", "pci.1"))
    if chance.random() < 0.4:
        inside = ", ".join(f'"{key}": "{value}"' for key, value in keys.items())
        return ["-device", f"{{{inside}}}"]
    return ["-device", ",".join([keys.pop("driver"), *(f"{key}={value}" for key, value in keys.items())])]


def starts(scratch: Scratch, hypervisor: Hypervisor, data: bytes, words: tuple[str, ...]) -> str:
    """What QEMU says of libvirt's own command line and the very words; "" where it starts."""
    said = hypervisor.define(definable(data, emulator_of("x86_64")))
    assert said.text is not None, said.message
    copy = startable(said.text)
    line = hypervisor.command_line(copy.xml)
    assert line.text is not None, line.message
    try:
        with Qemu(scratch, [*startable_words(line.text, copy.drivers, None), *words], emulator_of("x86_64")):
            return ""
    except Refused as error:
        return str(error)


@pytest.mark.live
def test_predictions_for_small_guests_are_those_of_a_real_qemu() -> None:
    wrong, refused, solved = [], 0, 0
    try:
        with Scratch(600) as scratch:
            hypervisor = Hypervisor(scratch, None)
            for number, (_, data, words) in enumerate(small_guests()):
                options = Options(stage="qemu", libvirt=(9, 0, 0), repairs=False)
                guest = load(with_qemu(data, *words))
                expected = bool(guest.check(options, layout=False).findings)
                said = starts(scratch, hypervisor, data, words)
                refused += expected
                if expected != bool(said):
                    wrong.append((number, words, said))
                xml = guest.solve(options).xml if expected else None
                if xml is not None:
                    solved += 1
                    if said := starts(scratch, hypervisor, without(xml), words):
                        wrong.append((number, words, f"solved: {said}"))
    except Unavailable as error:
        pytest.skip(str(error))
    assert wrong == []
    assert GUESTS // 4 < refused < GUESTS and solved


def without(xml: bytes) -> bytes:
    """The guest without what it hands on."""
    root = ElementTree.fromstring(xml)
    for child in list(root):
        if child.tag.startswith("{"):
            root.remove(child)
    return ElementTree.tostring(root)

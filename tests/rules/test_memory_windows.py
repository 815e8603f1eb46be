"""Memory below 4 GiB: which guests SeaBIOS cannot start, and which are none of the rule's business."""

from __future__ import annotations

import pytest

import pcisolve
from pcisolve.catalog.bars import MEM32, MEM64, Bar
from pcisolve.core.address import Address
from pcisolve.firmware.memory.guest import bars_of, ram_of, tree_of
from pcisolve.rules.guest.memory import MemoryBelow
from tests.support import QUIET, domain, steps, with_qemu

ID = "memory-below-4g"
QXL = "<video><model type='qxl' ram='{}' vram='65536'/></video>"
BIG = QXL.format(1 << 20)  # 1 GiB


def codes(data: bytes) -> list[str]:
    return [one.code for one in pcisolve.load(data).check().findings if one.code == ID]


def test_the_message_adds_up() -> None:
    [found] = [one for one in pcisolve.load(domain("q35", QUIET + BIG)).check().findings if one.code == ID]
    assert found.message == (
        "SeaBIOS will halt: PCI devices need 1.1 GiB of memory below 4 GiB, which alignment makes 2 GiB, and q35 has "
        "1004 MiB there; video qxl takes 1.1 GiB, sata controller 0 (added by libvirt) takes 4 KiB"
    )
    [short] = found.shortages
    assert short.available == 0xFEC00000 - 0xC0000000
    assert short.needed > short.available


@pytest.mark.parametrize(
    ("gib", "machine", "ram_kib", "refused"),
    [
        (1, "q35", 1 << 19, False),
        (1, "q35", 1 << 20, True),
        (1, "pc", 1 << 20, False),
        (2, "pc", 1 << 20, False),
        (3, "pc", 1 << 20, True),
        (8, "pc", 1 << 20, True),
        (8, "pc", 1 << 19, False),
    ],
)
def test_the_hole_depends_on_machine_and_memory(gib: int, machine: str, ram_kib: int, refused: bool) -> None:
    data = domain(machine, QUIET + QXL.format(ram_kib)).replace(
        b"<memory>65536<", f"<memory unit='GiB'>{gib}<".encode()
    )
    assert codes(data) == ([ID] if refused else [])


@pytest.mark.parametrize(
    "words",
    [
        ("<os>", "<os firmware='efi'>"),
        ("</os>", "<loader>/firmware/own.rom</loader></os>"),
    ],
)
def test_other_firmware_is_not_spoken_of(words: tuple[str, str]) -> None:
    data = domain("q35", QUIET + BIG).replace(words[0].encode(), words[1].encode())
    assert codes(data) == []


@pytest.mark.parametrize("argument", ["-global", "-bios", "pc,max-ram-below-4g=1G"])
def test_what_moves_the_windows_is_not_known(argument: str) -> None:
    data = domain("q35", QUIET + BIG)
    assert codes(with_qemu(data, "-name", "other")) == [ID]
    assert codes(with_qemu(data, "-machine", argument)) == []


def test_unknown_is_unknown() -> None:
    hostdev = (
        "<hostdev mode='subsystem' type='pci'><source><address bus='6' slot='0'/></source></hostdev>"
        + QXL.format(1 << 18)
    )
    layout = steps(domain("q35", QUIET + hostdev)).layout
    tree = tree_of(layout)
    assert not tree.complete
    assert codes(domain("q35", QUIET + hostdev)) == []


def test_bars_of_the_host_count_once_they_are_known() -> None:
    data = domain(
        "q35", QUIET + "<hostdev mode='subsystem' type='pci'><source><address bus='6' slot='0'/></source></hostdev>"
    )
    guest = steps(data)
    problem, layout, question = guest.problem, guest.layout, guest.question
    rule = MemoryBelow()
    host = Address(0, 6, 0, 0)
    for bars, refused in [
        ((Bar(1 << 24, MEM32), Bar(1 << 34, MEM64, True, 1)), False),
        ((Bar(1 << 30, MEM32),), True),
        ((Bar(1 << 30, MEM64),), True),  # not prefetchable, and behind a port
    ]:
        problem.host_bars = {host: bars}
        assert tree_of(layout).complete
        assert any(not rule.check(layout, case) for case in rule.cases(question)) is refused


def test_bars_follow_the_attributes() -> None:
    devices = (
        "<video><model type='vga' vram='20000'/></video><shmem name='x'><model type='ivshmem-plain'/>"
        "<size unit='M'>3</size></shmem><video><model type='qxl' ram='131072' vram='8192' vram64='262144'/></video>"
    )
    problem = steps(domain("q35", QUIET + devices)).problem
    found = {part.kind + str(at): bars_of(problem, part) for at, part in enumerate(problem.parts)}
    sizes = {tuple((bar.number, bar.kind, bar.prefetchable, bar.size) for bar in bars or ()) for bars in found.values()}
    assert ((0, "mem32", True, 32 << 20), (2, "mem32", False, 4096)) in sizes
    assert ((0, "mem32", False, 256), (2, "mem64", True, 4 << 20)) in sizes
    assert (
        (0, "mem32", False, 128 << 20),
        (1, "mem32", False, 8 << 20),
        (2, "mem32", False, 8192),
        (4, "mem64", True, 256 << 20),
    ) in sizes


def test_memory_devices_are_not_there_at_first() -> None:
    dimm = "<memory model='dimm'><target><size unit='GiB'>2</size><node>0</node></target></memory>"
    data = domain("pc", QUIET + dimm).replace(b"<memory>65536<", b"<memory unit='GiB'>3<")
    assert ram_of(steps(data).problem) == 1 << 30


def test_a_guest_without_a_root_has_no_windows() -> None:
    root = "<controller type='pci' index='0' model='pcie-root-port'/>"
    assert codes(domain("q35", QUIET + root + BIG)) == []


SHMEM = "<shmem name='{}'><model type='ivshmem-plain'/><size unit='G'>{}</size></shmem>"
CPU = "<cpu mode='host-model'><maxphysaddr mode='emulate' bits='{}'/></cpu>"


def above(machine: str, devices: str, cpu: str = "", firmware: str = "") -> list[tuple[str, str]]:
    data = domain(machine, QUIET + devices).replace(b"<devices>", f"{cpu}<devices>".encode())
    if firmware:
        data = data.replace(b"<os>", f"<os firmware='{firmware}'>".encode())
    return [(one.code, one.message) for one in pcisolve.load(data).check().findings]


@pytest.mark.parametrize(
    ("firmware", "bits", "gib", "refused"),
    [
        ("", 0, 2048, False),  # nobody knows what the CPU can address
        ("", 42, 2048, False),
        ("", 41, 1024, False),
        ("", 41, 2048, True),
        ("efi", 0, 2048, False),
        ("efi", 40, 64, False),
        ("efi", 40, 256, True),
        ("efi", 46, 256, False),  # where it has huge pages, 8 TiB
        ("efi", 46, 16384, True),
    ],
)
def test_what_is_above_depends_on_the_cpu(firmware: str, bits: int, gib: int, refused: bool) -> None:
    found = above("q35", SHMEM.format("x", gib), CPU.format(bits) if bits else "", firmware)
    assert [code for code, _ in found] == (["memory-above-4g"] if refused else [])


def test_the_messages_above_add_up() -> None:
    [(_, words)] = above("q35", SHMEM.format("x", 2048), CPU.format(41))
    assert words == (
        "SeaBIOS will place PCI devices where the CPU reads no memory: they end at 4 TiB, and its 41 bits end at 2 TiB"
        "; PCI controller 1 (pcie-root-port, added by libvirt) takes 2 TiB, "
        "PCI controller 3 (pcie-root-port, added by libvirt) takes 2 MiB"
    )
    [(_, words)] = above("q35", SHMEM.format("x", 256), CPU.format(40), "efi")
    assert words == (
        "UEFI firmware will leave devices without memory: PCI devices need 257 GiB of memory above 4 GiB, and q35 has "
        "128 GiB there; PCI controller 1 (pcie-root-port, added by libvirt) takes 256 GiB, "
        "PCI controller 3 (pcie-root-port, added by libvirt) takes 512 MiB"
    )
    [(code, words)] = above("pseries", SHMEM.format("x", 1024) + SHMEM.format("y", 16))
    assert code == "memory-above-4g"
    assert words.startswith("SLOF will place devices beyond their window: PCI devices need ")


@pytest.mark.parametrize(("gib", "refused"), [(1, False), (2, True)])
def test_uefi_has_less_below_than_its_newest_version(gib: int, refused: bool) -> None:
    """A qxl of 1 GiB fits below 4 GiB with 2023.08 and not with 2022.11: nobody knows which it is."""
    found = above("q35", QXL.format(gib << 20), "", "efi")
    assert [code for code, _ in found] == (["memory-below-4g"] if refused else [])

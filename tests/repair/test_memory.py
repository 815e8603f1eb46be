"""Repairs of memory windows: the least that is given up, and the smallest window that holds."""

from __future__ import annotations

import pytest

import pcisolve
from pcisolve.problem.problem import Options
from tests.support import QUIET, domain

PORT = "<controller type='pci' index='{}' model='pcie-root-port'><target memReserve='{}'/></controller>"
SHMEM = "<shmem name='{}'><model type='ivshmem-plain'/><size unit='G'>{}</size></shmem>"
ROOT = "<controller type='pci' index='0' model='pcie-root'>{}</controller>"


def helps(data: bytes, options: Options | None = None) -> list[tuple[str, str]]:
    """The repairs of the only finding: how safe each is, and in words."""
    [finding] = pcisolve.load(data).check(options or Options()).findings
    assert finding.code.startswith("memory-")
    return [(one.safety, one.effect) for one in finding.repairs]


def test_a_reserve_becomes_the_largest_that_fits() -> None:
    data = domain("q35", QUIET + PORT.format(1, 2 << 20) + PORT.format(2, 128 << 10))
    [(safety, words), *_] = helps(data)
    assert safety == "unsafe"
    assert words == "change memReserve of PCI controller 1 (pcie-root-port) from 2097152 to 894976"
    fitting = domain("q35", QUIET + PORT.format(1, 894976) + PORT.format(2, 128 << 10))
    assert pcisolve.load(fitting).check().findings == ()
    beyond = domain("q35", QUIET + PORT.format(1, 894976 + 2048) + PORT.format(2, 128 << 10))
    assert pcisolve.load(beyond).check().findings != ()


def test_many_reserves_are_cut_alike() -> None:
    data = domain("q35", QUIET + "".join(PORT.format(at, 1 << 20) for at in (1, 2, 3)))
    [(_, words), *_] = helps(data)
    assert words.count("memReserve") == 3
    assert words.count("to 342016") == 3


@pytest.mark.parametrize(
    ("devices", "words"),
    [
        ("", "add a pcie-root with index 0 and <pcihole64 unit='GiB'>1024</pcihole64>"),
        (ROOT.format(""), "give PCI controller 0 (pcie-root) <pcihole64 unit='GiB'>1024</pcihole64>"),
        (
            ROOT.format("<pcihole64>536870912</pcihole64>"),
            "change <pcihole64> of PCI controller 0 (pcie-root) from 536870912 to 1073741824",
        ),
    ],
)
def test_the_window_of_virt_grows_to_the_next_power_of_two(devices: str, words: str) -> None:
    data = domain("virt", devices + SHMEM.format("x", 512) + SHMEM.format("y", 64))
    assert helps(data.replace(b"<os>", b"<os firmware='efi'>"))[0] == ("safe", words)


def test_libvirt_9_hands_no_window_on() -> None:
    data = domain("virt", SHMEM.format("x", 512) + SHMEM.format("y", 64)).replace(b"<os>", b"<os firmware='efi'>")
    assert not [words for _, words in helps(data, Options(libvirt=(9, 0, 0))) if "pcihole64" in words]

"""What every benchmark may use: guests of any size, made without reading a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

_HEAD = """<domain type='kvm'>
  <name>bench</name>
  <memory unit='GiB'>4</memory>
  <vcpu>2</vcpu>
  <os><type arch='{arch}' machine='{machine}'>hvm</type></os>
  <devices>
"""
_TAIL = "  </devices>\n</domain>\n"
_INTERFACE = """    <interface type='network'>
      <source network='default'/>
      <model type='virtio'/>
    </interface>
"""

GuestMaker = Callable[..., bytes]


def make_guest(devices: int, *, arch: str = "x86_64", machine: str = "q35") -> bytes:
    """Domain XML with this many virtio interfaces and no address at all."""
    return (_HEAD.format(arch=arch, machine=machine) + _INTERFACE * devices + _TAIL).encode()


@pytest.fixture(scope="session")
def guest() -> GuestMaker:
    """`guest(1000)`, `guest(60, arch="ppc64", machine="pseries")`: domain XML as bytes."""
    return make_guest


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of shipped examples."""
    return Path(__file__).resolve().parent.parent / "examples"

"""The host behind a libvirt connection: its node devices, as virsh tells them, read-only."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Final

from pcisolve.core.errors import InputError
from pcisolve.core.words import printable
from pcisolve.host.host import Host
from pcisolve.host.nodedev import read_nodedev

MAX_DEVICES: Final = 65_536
SECONDS: Final = 120  # for one question
_AT_ONCE: Final = 500  # devices of one question: a word of a command line has 128 KiB
_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
_CAPABILITIES: Final = ("pci", "net", "storage", "scsi", "scsi_host", "scsi_target")


def read_connection(uri: str) -> Host:
    """The host that a libvirt connection is to.

    Raises:
        InputError: virsh is not installed, or does not answer.
    """
    names = _ask(uri, f"nodedev-list --cap {','.join(_CAPABILITIES)}").decode("utf-8", "replace").split()
    names = [name for name in names if _NAME.fullmatch(name)][:MAX_DEVICES]
    pieces = [_ask(uri, "capabilities")]
    for at in range(0, len(names), _AT_ONCE):
        pieces.append(_ask(uri, "; ".join(f"nodedev-dumpxml {name}" for name in names[at : at + _AT_ONCE])))
    return read_nodedev(b"\n".join(pieces), printable(uri))


def _ask(uri: str, question: str) -> bytes:
    virsh = shutil.which("virsh")
    if virsh is None:
        raise InputError("virsh is not installed", expected="libvirt's client, or a file instead of --connect")
    words = [virsh, "--quiet", "--readonly", f"--connect={uri}", question]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise InputError(f"{printable(uri)}: no answer in {SECONDS} s", expected="a libvirt that answers") from None
    if done.returncode and not done.stdout:
        said = printable(" ".join(done.stderr.decode("utf-8", "replace").split()))[:300]
        raise InputError(f"{printable(uri)}: {said}", expected="a libvirt connection URI, such as qemu:///system")
    return done.stdout

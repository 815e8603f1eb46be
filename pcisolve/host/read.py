"""Reading a host, whatever describes it: the one place that knows the formats."""

from __future__ import annotations

import io
import os
import re
from pathlib import PurePath
from typing import IO, Final

from pcisolve.core.errors import InputError
from pcisolve.core.packed import packing_of, unpack
from pcisolve.host.host import Host

HEAD: Final = 64 << 10  # bytes that tell the format
MAX_BYTES: Final = 64 << 20  # of a file that is no archive
EXPECTED: Final = (
    "a sysfs root, a tar archive of one, a snapshot, hwloc XML, libvirt node devices, or what lspci -D -nn -vv says"
)
SYSFS, TAR, SNAPSHOT, HWLOC, LIBVIRT, LSPCI = "sysfs", "tar", "snapshot", "hwloc", "libvirt", "lspci"

_TAR_MAGIC: Final = (257, b"ustar")
_SNAPSHOT: Final = re.compile(rb'\s*\{\s*"format"\s*:\s*"pcisolve-host"')
_XML: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t\r\n]++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*>)*+<([a-z]+)", re.DOTALL
)
_ROOTS: Final = {b"topology": HWLOC, b"device": LIBVIRT, b"capabilities": LIBVIRT}
_LSPCI: Final = re.compile(
    rb"^(?:(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] \S|[-+|\\ ]*-\[[0-9a-f]{4})", re.MULTILINE
)
# What a sosreport has beside sysfs, or in place of it.
_OTHERS: Final = re.compile(r"(?:^|/)sos_commands/pci/lspci[^/]*$")


def format_of(head: bytes) -> str:
    """The format of a file by its beginning, unpacked; "" for what is none of them."""
    at, magic = _TAR_MAGIC
    if head[at : at + len(magic)] == magic:
        return TAR
    if _SNAPSHOT.match(head):
        return SNAPSHOT
    found = _XML.match(head)
    if found is not None:
        return _ROOTS.get(found[1], "")
    return LSPCI if _LSPCI.search(head) else ""


def head_of(path: str) -> bytes:
    """The beginning of a file, unpacked; b"" for what cannot be read."""
    try:
        with open(path, "rb") as stream:
            return _unpacked_head(stream.read(HEAD))
    except (OSError, ValueError):
        return b""


def is_host(path: str) -> bool:
    """Whether a path names something that describes a host: a folder, or a file of one of the formats."""
    return os.path.isdir(path) or (path != "-" and bool(format_of(head_of(path))))


def read(source: str | PurePath | bytes, name: str = "") -> Host:
    """The host that a folder, a file or its bytes describe.

    Args:
        name: of bytes, for messages.

    Raises:
        InputError: it cannot be read, or not as one host.
    """
    if isinstance(source, bytes):
        return read_stream(io.BytesIO(source), name or "the input")
    path = os.fspath(source)
    if os.path.isdir(path):
        return _of_folder(path)
    try:
        with open(path, "rb") as stream:
            return read_stream(stream, path)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        reason = getattr(error, "strerror", None) or "not a name that a file can have"
        raise InputError(f"{path}: {reason}", expected=EXPECTED) from None


def read_stream(stream: IO[bytes], name: str) -> Host:
    """The host that a stream describes, such as standard input.

    Raises:
        InputError: as read.
    """
    head = stream.read(HEAD)
    if format_of(_unpacked_head(head)) == TAR:
        from pcisolve.host.archive import Joined, read_archive

        return _of_files(read_archive(Joined(head, stream), name, _OTHERS), name)
    data = head + stream.read(MAX_BYTES + 1 - len(head))
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: larger than {MAX_BYTES >> 20} MiB", expected=EXPECTED)
    return _of_bytes(unpack(data, MAX_BYTES, name)[0], name)


def _of_bytes(data: bytes, name: str) -> Host:
    kind = format_of(data[:HEAD])
    if kind == SNAPSHOT:
        from pcisolve.host.snapshot import read_snapshot

        return read_snapshot(data, name)
    if kind == HWLOC:
        from pcisolve.host.hwloc import read_hwloc

        return read_hwloc(data, name)
    if kind == LIBVIRT:
        from pcisolve.host.nodedev import read_nodedev

        return read_nodedev(data, name)
    if kind == LSPCI:
        from pcisolve.host.lspci import read_lspci

        return read_lspci(data, name)
    raise InputError(f"{name}: this describes no host", expected=EXPECTED)


def _of_folder(path: str) -> Host:
    from pcisolve.host.sysfs import read_folder

    said = os.path.join(path, "sos_commands", "pci")
    if os.path.isdir(said) and not os.path.isdir(os.path.join(path, "sys", "bus", "pci", "devices")):
        for entry in sorted(os.listdir(said)):
            if entry.startswith("lspci") and format_of(head_of(os.path.join(said, entry))) == LSPCI:
                return read(os.path.join(said, entry))
    return read_folder(path)


def _of_files(files: object, name: str) -> Host:
    from pcisolve.host.archive import TarFiles
    from pcisolve.host.sysfs import read_files

    assert isinstance(files, TarFiles)
    if files.others and not files.names("sys/bus/pci/devices"):
        path, data = max(files.others.items(), key=lambda one: (len(one[1]), one[0]))
        return _of_bytes(data, f"{name}:{path}")
    return read_files(files, name)


def _unpacked_head(head: bytes) -> bytes:
    """The beginning of what is packed, as far as this much of it tells."""
    packing = packing_of(head)
    if not packing:
        return head
    from pcisolve.core.packed import Damaged, Unpacker

    unpacker = Unpacker(packing)
    unpacker.feed(head)
    try:
        return unpacker.read()[:HEAD]
    except Damaged:
        return b""

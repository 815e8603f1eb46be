"""sysfs: of the running host, of a folder, or of a tar archive, all by the code of the script (collect)."""

from __future__ import annotations

from typing import Any

from pcisolve.core.errors import InputError
from pcisolve.host.collect import Folder, Unusable, collect
from pcisolve.host.host import Host
from pcisolve.host.snapshot import host_of


def read_folder(path: str) -> Host:
    """The host whose file system, or copy of it, is below a folder.

    Raises:
        InputError: it has no sysfs, or not one host's.
    """
    return read_files(Folder(path), path)


def read_files(files: Any, name: str) -> Host:
    """The host that files are of: a Folder, or what answers as one does.

    Raises:
        InputError: as read_folder.
    """
    try:
        value = collect(files)
    except Unusable as error:
        raise InputError(f"{name}: {error.path}: {error.message}", expected=error.expected) from None
    return host_of(value, name)

"""The configuration of a folder: its own, or that of the next one above it that has one."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pcisolve.configuration.file import Configuration

_OWN: Final = "pcisolve.toml"
_SHARED: Final = "pyproject.toml"
_MAX_SHARED: Final = 1 << 20  # bytes of a pyproject.toml that are looked at
_TABLE: Final = re.compile(rb"\[[ \t]*tool[ \t]*\.[ \t]*[\"']?pcisolve[\"']?[ \t]*[\].]")


def find(folder: str, folders: tuple[str, ...] = ()) -> Configuration | None:
    """The configuration of a folder: its own, or that of the next one above that has one; None without.

    Args:
        folders: of rules of the user's own, whose ids it may name too.

    Raises:
        InputError: it cannot be used; with file and line.
    """
    here = os.path.abspath(folder)
    while True:
        for name in (_OWN, _SHARED):
            path = os.path.join(here, name)
            if os.path.isfile(path) and (name == _OWN or _may_be_ours(path)):
                from pcisolve.configuration.file import read  # with tomllib

                configuration = read(_shown(path), folders, found=True, optional=name == _SHARED)
                if configuration is not None:
                    return configuration
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above


def _may_be_ours(path: str) -> bool:
    """Whether a pyproject.toml has a table [tool.pcisolve...]; most do not, and need not even be TOML."""
    try:
        with open(path, "rb") as stream:
            return _TABLE.search(stream.read(_MAX_SHARED)) is not None
    except OSError:
        return False


def _shown(path: str) -> str:
    """As short as it can be said from here."""
    try:
        short = os.path.relpath(path)
    except (OSError, ValueError):  # the working directory is gone
        return path
    return path if short.startswith(os.path.join("..", "..")) else short

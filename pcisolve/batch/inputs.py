"""Which files a batch has: files, directories (recursive) and globs, each under a relative name."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from typing import NamedTuple

from pcisolve.core.errors import InputError

_SUFFIX = ".xml"


class Input(NamedTuple):
    """A file of a batch: the path to read, and the name it keeps below --write."""

    path: str
    name: str


def inputs(paths: list[str]) -> Iterator[Input]:
    """The files behind the arguments; directories are walked in name order.

    Raises:
        InputError: an argument names nothing.
    """
    for path in paths:
        if os.path.isdir(path):
            yield from _below(path)
        elif os.path.exists(path):
            yield Input(path, os.path.basename(path))
        else:
            matches = sorted(glob.glob(path, recursive=True))
            if not matches:
                raise InputError(f"{path}: no such file, directory or match", expected="a file, a directory or a glob")
            for match in matches:
                yield from _below(match) if os.path.isdir(match) else (Input(match, os.path.basename(match)),)


def _below(folder: str) -> Iterator[Input]:
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            if file.endswith(_SUFFIX):
                path = os.path.join(parent, file)
                yield Input(path, os.path.relpath(path, folder))

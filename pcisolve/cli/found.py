"""Which files the arguments of `check` are: files, folders and globs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import Final

_PLANS: Final = (".yaml", ".yml")
_HEAD: Final = 1 << 16  # bytes of a YAML file that are looked at
_DEVICES: Final = re.compile(rb"(?m)^devices[ \t]*:")  # the one key that each plan has


def files_of(arguments: Iterable[str]) -> Iterator[str]:
    """The files of the arguments, one after the other; of a folder in the order of names, files before folders.

    What names nothing is given as it is: who reads it says so.
    """
    arguments = tuple(arguments) or ("-",)
    for one in arguments:
        if one != "-" and os.path.isdir(one):
            yield from _or_itself(one)
        elif one != "-" and not os.path.lexists(one) and any(sign in one for sign in "*?["):
            yield from _matches(one)
        else:
            yield one


def _or_itself(folder: str) -> Iterator[str]:
    empty = True
    for file in _below(folder):
        empty = False
        yield file
    if empty:
        yield folder


def _matches(pattern: str) -> Iterator[str]:
    import glob

    found = sorted(one for one in glob.glob(pattern, recursive=True) if os.path.isfile(one))
    yield from found or (pattern,)


def _below(folder: str) -> Iterator[str]:
    """The guests and plans below a folder. Hidden folders and symbolic links to folders are left out."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:
            yield here  # who reads it says that it cannot be
            continue
        folders = []
        for entry in entries:
            path = entry.name if here == os.curdir else entry.path
            if entry.is_dir(follow_symlinks=False):
                folders += [] if entry.name.startswith(".") else [path]
            elif entry.is_file() and (entry.name.lower().endswith(".xml") or _is_plan(entry)):
                yield path
        waiting += reversed(folders)


def _is_plan(entry: os.DirEntry[str]) -> bool:
    """Whether a YAML file is a plan: most are for something else."""
    if not entry.name.lower().endswith(_PLANS):
        return False
    try:
        with open(entry.path, "rb") as stream:
            return _DEVICES.search(stream.read(_HEAD)) is not None
    except OSError:
        return False

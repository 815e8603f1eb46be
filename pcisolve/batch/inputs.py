"""The inputs of a batch: files, folders, globs, archives, JSON Lines and standard input, one after the other."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from typing import IO

from pcisolve.batch import archives
from pcisolve.batch.content import DAMAGED, JSON_LINES, TAR, is_guest_name, kind_of, solved_name, unpacked
from pcisolve.batch.input import Input
from pcisolve.core.errors import InputError
from pcisolve.libvirt.source import MAX_BYTES


def inputs(paths: Iterable[str], *, leave_out: str | None = None) -> Iterator[Input]:
    """The inputs behind the arguments, in their order; folders are walked in name order.

    Nothing is read before it is asked for. What is wrong with one input is its refusal.

    Args:
        leave_out: a folder that is not searched, because the batch itself writes there.

    Raises:
        InputError: an argument names nothing.
    """
    for path in _expanded(paths):
        if path == "-":
            yield from _stdin()
        elif os.path.isdir(path):
            yield from _below(path, "", leave_out and os.path.realpath(leave_out))
        else:
            yield from _file(path)


def _expanded(paths: Iterable[str]) -> Iterator[str]:
    """The arguments with globs expanded.

    Raises:
        InputError: an argument names nothing.
    """
    for path in paths:
        if path == "-" or os.path.lexists(path):
            yield path
            continue
        matches = sorted(glob.glob(path, recursive=True))
        if not matches:
            raise InputError(f"{path}: no such file, directory or match", expected="a file, a directory or a glob")
        yield from matches


def count(paths: Iterable[str]) -> int | None:
    """How many inputs there are, if that can be told without reading any; None otherwise.

    Raises:
        InputError: an argument names nothing.
    """
    total = 0
    for path in _expanded(paths):
        if not os.path.isdir(path):
            return None
        total += sum(1 for _ in _below(path, ""))
    return total


def refuse_same_names(paths: Iterable[str]) -> None:
    """Two files must not be written to one; what archives hold is not known yet.

    Raises:
        InputError: two files keep the same name below --write, or an argument names nothing.
    """
    seen: dict[str, str] = {}
    for path in _expanded(paths):
        found = _below(path, "") if os.path.isdir(path) else (Input(path, solved_name(os.path.basename(path))),)
        for one in found:
            other = seen.setdefault(one.name, one.label)
            if other is not one.label and one.name:
                message = f"{other} and {one.label} would both be written to {one.name}"
                raise InputError(message, expected="inputs of different names, or the directory that holds them")


def _below(folder: str, name: str, leave_out: str | None = None) -> Iterator[Input]:
    """The guests below a folder: its files first, then its folders; symbolic links to folders are not followed."""
    folders = []
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        yield Input(folder, name, refusal=InputError(f"{folder}: {error.strerror}", expected="a readable directory"))
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            folders.append(entry)
        elif is_guest_name(entry.name) and entry.is_file():
            yield Input(entry.path, solved_name(name + entry.name), entry.path)
    for entry in folders:
        if leave_out is None or os.path.realpath(entry.path) != leave_out:
            yield from _below(entry.path, f"{name}{entry.name}/", leave_out)


def _file(path: str) -> Iterator[Input]:
    """A file that was named itself: a guest, or many in one."""
    name = solved_name(os.path.basename(path))
    if not os.path.isfile(path):
        yield Input(path, name, path)  # a pipe is read by who solves it
        return
    try:
        with open(path, "rb") as stream:
            head, reader = unpacked(stream)
            kind = kind_of(head)
            if kind in (TAR, JSON_LINES):
                yield from _members(kind, reader, path)
                return
    except DAMAGED:
        pass  # who reads the file says what is wrong with it
    yield Input(path, name, path)


def _stdin() -> Iterator[Input]:
    stream = getattr(sys.stdin, "buffer", None)  # sys.stdin is None when the caller closed it
    if stream is None:
        raise InputError("standard input is closed", expected="inputs on standard input")
    try:
        head, reader = unpacked(stream)
        kind = kind_of(head)
        data = b"" if kind in (TAR, JSON_LINES) else reader.read(MAX_BYTES + 1)
    except DAMAGED as error:
        refusal = InputError(f"<stdin>: what is packed {error}", expected="a whole gzip, bzip2 or xz file")
        yield Input("<stdin>", "stdin.xml", refusal=refusal)
        return
    if kind in (TAR, JSON_LINES):
        yield from _members(kind, reader, "<stdin>")
    else:
        yield Input("<stdin>", "stdin.xml", data=data)


def _members(kind: str, reader: IO[bytes], label: str) -> Iterator[Input]:
    return archives.members(reader, label) if kind == TAR else archives.rows(reader, label)

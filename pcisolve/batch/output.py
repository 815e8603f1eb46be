"""Where a batch's lines and solved files go."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sys
from types import TracebackType
from typing import IO, Final, Self

from pcisolve.core.errors import InputError

_PART: Final = ".part"
_MAX_PATH: Final = 4000  # bytes; Linux allows 4,095
_MAX_PART: Final = 255
# What the name of one input does to itself; anything else is wrong with the folder or the disk, and so with all.
_OF_THE_NAME: Final = frozenset({errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EEXIST, errno.EINVAL})


class Lines:
    """The lines of output, in a file that is there under its name once it is complete, or on standard output.

    Until then they are in FILE.part, each of them whole, for who wants to watch.
    """

    def __init__(self, path: str | None) -> None:
        """
        Raises:
            OSError: the file cannot be written.
        """
        self._path = None if path in (None, "-") else path
        self._part: str | None = None
        if self._path is None:
            if sys.stdout is None:
                raise OSError("standard output is closed")
            self._stream: IO[str] = sys.stdout
        elif os.path.exists(self._path) and not os.path.isfile(self._path):
            self._stream = _opened(self._path)  # a pipe, or /dev/stdout
        else:
            self._part = os.path.realpath(self._path) + _PART
            self._stream = _only_ours(self._part)

    def write(self, line: str) -> None:
        """Add a line, given without its newline.

        Raises:
            OSError: the disk does not take it.
        """
        try:
            self._stream.write(line + "\n")
        except OSError as error:
            raise self._named(error) from None

    def _named(self, error: OSError) -> OSError:
        """The error with the name of the file, which a stream does not tell."""
        return OSError(error.errno, error.strerror, self._path or "standard output")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._path is None:
            if error is None:
                self._stream.flush()
            return
        if error is not None:
            with contextlib.suppress(OSError):  # the first error is the one to tell
                self._stream.close()
            return
        try:
            self._finish()
        except OSError as problem:
            raise self._named(problem) from None

    def _finish(self) -> None:
        self._stream.flush()
        if self._part is not None:
            os.fsync(self._stream.fileno())
        self._stream.close()
        if self._part is not None:
            os.replace(self._part, self._part.removesuffix(_PART))


def _only_ours(path: str) -> IO[str]:
    """The file, emptied, unless another batch is writing it.

    Raises:
        InputError: one is.
        OSError: it cannot be written.
    """
    while True:
        stream = open(path, "a", encoding="utf-8")  # noqa: SIM115  # whoever made it closes it
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:  # some file systems have no locks
            if error.errno == errno.EWOULDBLOCK:
                stream.close()
                message = f"another batch is writing {path.removesuffix(_PART)}"
                raise InputError(message, expected="an output of its own for each batch") from None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(stream.fileno()), os.stat(path)):
                break
        stream.close()  # the other one has just finished, and this is its output
    stream.truncate(0)
    return stream


def _opened(path: str) -> IO[str]:
    return open(path, "w", encoding="utf-8")


class Solved:
    """The folder of solved files, each under its input's relative path."""

    def __init__(self, folder: str) -> None:
        """
        Raises:
            OSError: the folder cannot be made.
        """
        os.makedirs(folder, exist_ok=True)
        self._folder = folder
        self._known_folders = {folder}
        self._written: set[int] = set()  # hashes, so that memory stays flat over a fleet

    def write(self, name: str, data: bytes) -> None:
        """Put a file there; one that is there already with this content stays.

        It is replaced in one step, so that a process that is killed leaves no half file.

        Raises:
            InputError: the name is not one that can be used below the folder, or was used before.
            OSError: the folder or the disk does not take it.
        """
        target = os.path.join(self._folder, _relative(name))
        if hash(target) in self._written:
            raise InputError(f"another input is written to {target} already", expected="inputs of different names")
        self._written.add(hash(target))
        try:
            self._make_folder(os.path.dirname(target))
            _replace(target, data)
        except OSError as error:
            if error.errno in _OF_THE_NAME:
                raise InputError(f"cannot be written to {target}: {error.strerror}") from None
            raise

    def _make_folder(self, folder: str) -> None:
        if folder not in self._known_folders:
            os.makedirs(folder, exist_ok=True)
            self._known_folders.add(folder)


def _relative(name: str) -> str:
    """The name as a path that stays below where it is put.

    Raises:
        InputError: it is absolute, goes up, or is none at all.
    """
    parts = name.split("/")
    raw = os.fsencode(name)
    too_long = len(raw) > _MAX_PATH or any(len(os.fsencode(part)) > _MAX_PART for part in parts)
    parts = [part for part in parts if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or not parts or "\0" in name or too_long:
        shown = name if len(name) < 80 else name[:80] + "..."
        raise InputError(f"{shown!r} is not a name for a file below --write", expected="a short relative path")
    return os.path.join(*parts)


def _replace(target: str, data: bytes) -> None:
    """Without the fsync of write_atomically, which ten thousand small files would wait for one by one."""
    with contextlib.suppress(OSError), open(target, "rb") as there:
        if there.read(len(data) + 1) == data:
            return
    temporary = os.path.join(os.path.dirname(target), f".pcisolve-{os.getpid()}.part")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise

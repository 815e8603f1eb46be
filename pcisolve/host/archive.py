"""The files of sysfs in a tar archive. It is read from front to back, and never unpacked onto the disk."""

from __future__ import annotations

import re
import tarfile
from typing import Any, Final, Protocol, Self

from pcisolve.core.errors import InputError
from pcisolve.core.packed import Damaged, UnpackedStream, packing_of
from pcisolve.host.collect import MAX_FILE, MAX_STEPS, Unusable, text_of

MAX_BYTES: Final = 2 << 30  # of an archive, unpacked
MAX_MEMBERS: Final = 500_000
MAX_KEPT: Final = 128 << 20  # bytes of files and names that are kept
MAX_LINKS: Final = 40  # that are followed for one name, as Linux does
MAX_NAME: Final = 4096  # PATH_MAX of Linux
EXPECTED: Final = "a tar archive of a host's sysfs"

_DAMAGED: Final = (tarfile.TarError, OSError, EOFError, Damaged, ValueError)
_ROOT: Final = re.compile(r"(?:^|/)(?=sys/(?:bus|devices|class|block)/)")
_FOLDERS: Final = re.compile(r"sys/(?:bus/pci/devices|devices|class/(?:net|infiniband)|block)/")
_FILES: Final = frozenset(
    [
        "uevent",
        "class",
        "vendor",
        "device",
        "subsystem_vendor",
        "subsystem_device",
        "numa_node",
        "local_cpus",
        "sriov_totalvfs",
        "resource",
        "current_link_speed",
        "current_link_width",
        "max_link_speed",
        "max_link_width",
        "secondary_bus_number",
        "subordinate_bus_number",
        "cpumap",
        "distance",
    ]
)
# Headers whose content tarfile reads into memory as a whole.
_LONG: Final = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE)
_MAX_LONG: Final = 64 << 10


class Readable(Protocol):
    """A stream that is read from front to back."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; b"" at the end."""


class TarFiles:
    """What sysfs in an archive says; answers as collect.Folder does.

    Attributes:
        others: other files that were asked for by name, such as what lspci said, by their path.
    """

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._links: dict[str, str] = {}
        self._folders: dict[str, set[str]] = {}
        self.others: dict[str, bytes] = {}

    def names(self, path: str) -> list[str]:
        """The entries of a folder, sorted."""
        return sorted(self._folders.get(path.strip("/"), ()))

    def read(self, path: str) -> str:
        """The text of a file."""
        return text_of(self._files.get(path, b""), path)

    def target(self, path: str) -> str:
        """What a symbolic link says."""
        return self._links.get(path, "")

    def real(self, path: str) -> str:
        """Where a folder is, links followed inside the archive: above its root is the root.

        Raises:
            Unusable: links lead in a circle.
        """
        waiting = path.split("/")[::-1]
        steps: list[str] = []
        followed = 0
        while waiting:
            step = waiting.pop()
            if step == "..":
                steps = steps[:-1]
            elif step not in ("", "."):
                steps.append(step)
            target = self._links.get("/".join(steps))
            if target is None or step in ("", ".", ".."):
                continue
            followed += 1
            if followed > MAX_LINKS or len(waiting) > MAX_LINKS * MAX_STEPS:
                raise Unusable(path, f"more than {MAX_LINKS} links one after the other", "links that lead to a folder")
            steps = [] if target.startswith("/") else steps[:-1]
            waiting += target.split("/")[::-1]
        return "/".join(steps)

    def add_link(self, path: str, target: str) -> None:
        """Add a symbolic link."""
        self._enter(path)
        self._links[path] = target

    def add_file(self, path: str, data: bytes) -> bool:
        """Add a file; False where there is one with other content."""
        self._enter(path)
        return self._files.setdefault(path, data) == data

    def _enter(self, path: str) -> None:
        folder, _, name = path.rpartition("/")
        while name not in self._folders.setdefault(folder, set()):
            self._folders[folder].add(name)
            if not folder:
                return
            folder, _, name = folder.rpartition("/")


class _Header(tarfile.TarInfo):
    """A member's header that says no to names which would fill the memory."""

    @classmethod
    def frombuf(cls, buf: Any, encoding: Any, errors: Any) -> Self:
        found = super().frombuf(buf, encoding, errors)
        if found.type in _LONG and found.size > _MAX_LONG:
            raise Damaged(f"a name or header of more than {_MAX_LONG >> 10} KiB")
        return found


class _Bounded:
    """A stream that ends with a refusal where it is too long, or goes on after its end."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._left = MAX_BYTES
        self._empty = 0

    def read(self, size: int) -> bytes:
        data: bytes = self._stream.read(size)
        self._left -= len(data)
        self._empty = 0 if data else self._empty + 1
        if self._left < 0:
            raise Damaged(f"unpacks to more than {MAX_BYTES >> 30} GiB")
        if self._empty > 8:
            raise EOFError("it ends in the middle of a file")
        return data


def read_archive(stream: Readable, name: str, others: re.Pattern[str]) -> TarFiles:
    """What an archive has of sysfs, and the files whose path matches `others`.

    Raises:
        InputError: it is damaged, beyond a bound, or holds the sysfs of two hosts.
    """
    head = stream.read(8)
    packing = packing_of(head)
    source: Any = Joined(head, stream)
    if packing:
        source = UnpackedStream(source, packing)
    reader = _Reader(name, others)
    try:
        with tarfile.open(fileobj=_Bounded(source), mode="r|", tarinfo=_Header) as archive:  # type: ignore[call-overload]
            for member in archive:
                archive.members = []  # tarfile remembers all it has seen; memory stays flat
                reader.take(archive, member)
    except _DAMAGED as error:
        message = f"{name}: the archive is damaged after {reader.last}: {error}"
        raise InputError(message, expected=EXPECTED) from None
    return reader.files


class Joined:
    """A stream whose beginning was read already."""

    def __init__(self, head: bytes, stream: Readable) -> None:
        self._head, self._stream = head, stream

    def read(self, size: int) -> bytes:
        if not self._head:
            return self._stream.read(size)
        piece, self._head = self._head[:size], self._head[size:]
        return piece


class _Reader:
    """Takes the members of an archive one after the other."""

    def __init__(self, name: str, others: re.Pattern[str]) -> None:
        self.files = TarFiles()
        self.last = "its beginning"
        self._name, self._others = name, others
        self._root: str | None = None
        self._members = self._kept = 0

    def take(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """Keep what is of sysfs; directories, devices and hard links are not."""
        self._members += 1
        path = member.name.removeprefix("./").strip("/")
        self.last = "".join(sign if sign.isprintable() else "?" for sign in path[:200])
        if self._members > MAX_MEMBERS:
            raise self._refusal(f"more than {MAX_MEMBERS:,} members")
        if len(path) > MAX_NAME or not (member.isreg() or member.issym()):
            return
        if member.isreg() and self._others.search(path) and member.size <= MAX_KEPT:
            self._keep(member.size)
            self.files.others[path] = self._content(archive, member)
            return
        begin = _ROOT.search(path)
        if begin is not None and ".." not in path.split("/"):
            self._take_inside(archive, member, path[: begin.end()], path[begin.end() :])

    def _take_inside(self, archive: tarfile.TarFile, member: tarfile.TarInfo, root: str, inside: str) -> None:
        if _FOLDERS.match(inside) is None or inside.count("/") > MAX_STEPS:
            return
        if member.isreg() and inside.rsplit("/", 1)[-1] not in _FILES:
            return
        if self._root is None:
            self._root = root
        if root != self._root:
            raise self._refusal(f"{root or './'}sys is a second sysfs; the first is {self._root or './'}sys")
        self._keep(len(inside))
        if member.issym():
            self._keep(len(member.linkname))
            if len(member.linkname) <= MAX_NAME:
                self.files.add_link(inside, member.linkname)
            return
        if member.size > MAX_FILE:
            raise self._refusal(f"{self.last} is larger than {MAX_FILE:,} bytes")
        self._keep(member.size)
        if not self.files.add_file(inside, self._content(archive, member)):
            raise self._refusal(f"{self.last} is there twice, with other content")

    def _content(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
        file = archive.extractfile(member)
        data = b"" if file is None else file.read()
        if len(data) < member.size:
            raise EOFError("it ends in the middle of a file")
        return data

    def _keep(self, size: int) -> None:
        self._kept += size
        if self._kept > MAX_KEPT:
            raise self._refusal(f"more than {MAX_KEPT >> 20} MiB of sysfs")

    def _refusal(self, message: str) -> InputError:
        return InputError(f"{self._name}: {message}", expected=f"{EXPECTED}, of one host")

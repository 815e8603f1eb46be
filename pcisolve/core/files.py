"""Files that are either written whole or not at all, and keep what they are beside their content.

A file with one name is replaced in one step by a new one, with the same owner, group, mode and extended attributes
(access lists and SELinux labels are such). Where it has several names (hard links), or a new file may not have its
owner or group, the content is written into the old one instead, so that all that stays: the new content is on the disk
beside it before the first byte is touched, room is taken first, and a failure puts the old content back. Only who looks
on while that happens, or a machine that stops then, sees half of it; the whole new content is then in the file
.pcisolve-* beside it. Extended attributes that the system does not let this user set are left out.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat

_CHANGED = "somebody has changed the file since it was read; it is left as it is"
_NOT_PERMITTED = (errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENOSYS)

_NOT_COPIED = (*_NOT_PERMITTED, errno.ENODATA)  # ENODATA: taken away meanwhile


def write_atomically(path: str, data: bytes, *, expected: bytes | None = None, even_read_only: bool = False) -> None:
    """Replace the content of a file; on any failure the old file stays as it was.

    A file with one name is replaced in one step. A symbolic link stays, and its target is replaced. What is no file,
    such as /dev/stdout or a pipe, is written to. What happens to hard links, owners and attributes: the module's text.

    Args:
        expected: what the file is to hold now, looked at as late as can be; None for whatever it holds.
        even_read_only: replace a file that its owner has made read-only, too; it is read-only afterwards.

    Raises:
        PermissionError: its owner may not write to it, for root too, unless even_read_only; or this user may not.
        OSError: with ESTALE, it holds something else than expected, or is gone; else the folder or the disk does not
            take it. Where the disk has failed twice, `filename2` is the file that has the whole new content.
    """
    path = os.path.realpath(path)
    there = _status(path)
    if there is not None and not stat.S_ISREG(there.st_mode):
        with open(path, "wb") as stream:
            stream.write(data)
        return
    if there is not None:
        _refuse_read_only(path, there, even_read_only)
    elif expected is not None:
        raise OSError(errno.ESTALE, _CHANGED, path)
    _replace(path, there, data, expected)


def _replace(path: str, there: os.stat_result | None, data: bytes, expected: bytes | None) -> None:
    """Put the new content on the disk beside the file, and then in its place."""
    temporary = _written_beside(path, data)
    try:
        if there is None:
            os.chmod(temporary, 0o666 & ~_umask())
        elif there.st_nlink > 1 or not _made_alike(temporary, path, there):
            _write_into(path, data, expected, temporary)
            os.unlink(temporary)
            return
        if expected is not None:
            _refuse_changed(path, expected)
        os.replace(temporary, path)
    except BaseException as error:
        if getattr(error, "filename2", None) != temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise
    _sync_folder(path)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def is_read_only(path: str) -> bool:
    """Whether the owner of a file may not write to it; False for what is not there."""
    there = _status(os.path.realpath(path))
    return there is not None and stat.S_ISREG(there.st_mode) and not there.st_mode & stat.S_IWUSR


def _refuse_read_only(path: str, there: os.stat_result, even_read_only: bool) -> None:
    """Whoever took the right to write away meant it, though root, and who owns the folder, could replace the file."""
    if not there.st_mode & stat.S_IWUSR:
        if even_read_only and (os.geteuid() in (0, there.st_uid)):
            return
        raise PermissionError(errno.EACCES, "the file is read-only", path)
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "no permission to write to the file", path)


def _refuse_changed(path: str, expected: bytes) -> None:
    try:
        with open(path, "rb") as file:
            same = file.read(len(expected) + 1) == expected
    except FileNotFoundError:
        same = False
    if not same:
        raise OSError(errno.ESTALE, _CHANGED, path)


def _written_beside(path: str, data: bytes) -> str:
    """A new file in the same folder with this content, on the disk."""
    import tempfile  # 6 ms that a check never pays

    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path) or ".", prefix=".pcisolve-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    return temporary


def _made_alike(temporary: str, path: str, there: os.stat_result) -> bool:
    """Give a new file owner, group, mode and extended attributes of the old one; whether owner and group are its."""
    new = os.stat(temporary)
    if (new.st_uid, new.st_gid) != (there.st_uid, there.st_gid):
        try:
            os.chown(temporary, there.st_uid, there.st_gid)
        except OSError as error:
            if error.errno not in _NOT_PERMITTED:
                raise
            return False
    os.chmod(temporary, stat.S_IMODE(there.st_mode))  # after chown, which takes set-user-ID away
    _copy_attributes(path, temporary)
    return True


def _copy_attributes(path: str, temporary: str) -> None:
    if not hasattr(os, "listxattr"):
        return  # only Linux has them
    try:
        names = os.listxattr(path)
    except OSError as error:
        if error.errno not in _NOT_PERMITTED:
            raise
        return
    for name in names:
        try:
            os.setxattr(temporary, name, os.getxattr(path, name))
        except OSError as error:
            if error.errno not in _NOT_COPIED:
                raise


def _write_into(path: str, data: bytes, expected: bytes | None, temporary: str) -> None:
    """Put other content into a file as it is; `temporary` holds it already."""
    with open(path, "r+b", buffering=0) as file:
        old = file.read()
        if expected is not None and old != expected:
            raise OSError(errno.ESTALE, _CHANGED, path)
        try:
            if len(data) > len(old):
                _take_room(file.fileno(), len(data))
            _put(file.fileno(), data)
        except BaseException:
            try:
                _put(file.fileno(), old)
            except OSError as error:
                said = f"only partly written ({error.strerror}), the whole content is in {temporary}"
                raise OSError(error.errno, said, path, None, temporary) from None
            raise


def _take_room(handle: int, size: int) -> None:
    """So that a full disk is met before a byte has changed, where the system can do that."""
    try:
        os.posix_fallocate(handle, 0, size)
    except (AttributeError, OSError) as error:
        if getattr(error, "errno", errno.ENOSYS) not in (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS):
            raise


def _put(handle: int, data: bytes) -> None:
    at = 0
    while at < len(data):
        at += os.pwrite(handle, data[at : at + (1 << 20)], at)
    os.ftruncate(handle, len(data))
    os.fsync(handle)


def _sync_folder(path: str) -> None:
    """The new name is on the disk too; some file systems cannot be asked for that."""
    with contextlib.suppress(OSError):
        handle = os.open(os.path.dirname(path) or ".", os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
